/**
 * A run as the API shows it. Used by runs.ts and stream.ts. Invariant: the same keys for a run that goes on, one that is
 * over, and one of an earlier process; what is not known is null.
 */
import type { RunState } from "../../shared/wire/command.ts";
import type { LiveView } from "../run/view.ts";
import type { RunEntry } from "../service/run-entry.ts";
import type { Service } from "../service/service.ts";
import type { RunFile } from "../store/run-directory.ts";

export interface RunInfo {
  readonly id: string;
  readonly name: string;
  readonly state: RunState;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly connections: number | null;
  readonly durationSeconds: number | null;
  /** Place in line, from 1; null when it does not wait. */
  readonly waiting: number | null;
  readonly workers: number;
  readonly verdict: string | null;
  readonly exitCode: number | null;
  /** Why it could not be done; null when it could. */
  readonly problem: string | null;
  readonly view: LiveView | null;
}

export async function runInfo(service: Service, id: string): Promise<RunInfo | null> {
  const file = await service.archive.get(id);
  return infoOf(service, service.entry(id), file);
}

export async function runInfos(service: Service): Promise<readonly RunInfo[]> {
  const files = await service.archive.list();
  return files.flatMap((file) => infoOf(service, service.entry(file.id), file) ?? []);
}

function infoOf(service: Service, entry: RunEntry | null, file: RunFile | null): RunInfo | null {
  if (file === null) return null;
  const { id, name, createdAt, startedAt, endedAt, connections, durationSeconds } = file;
  const waiting = service.fleet.waiting.indexOf(id);
  const summary = entry?.outcome?.summary ?? null;
  return {
    ...{ id, name, createdAt, startedAt, endedAt, connections, durationSeconds },
    state: entry?.isOver === false ? entry.state : file.state,
    waiting: waiting < 0 ? null : waiting + 1,
    workers: service.fleet.sessions.filter(({ epoch }) => service.fleet.runOf(epoch) === id).length,
    verdict: summary?.verdict ?? null,
    exitCode: entry?.exitCode ?? null,
    problem: entry?.outcome?.problem?.message ?? entry?.failure ?? null,
    view: entry?.isOver === false ? entry.feed.view : null,
  };
}
