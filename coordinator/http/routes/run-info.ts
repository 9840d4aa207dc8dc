/**
 * A run as the API shows it. Used by runs.ts and stream.ts. Invariant: the same keys for a run that goes on, one that is
 * over, and one of an earlier process; what is not known is null.
 */
import { isFinal, type RunState } from "../../../shared/wire/command.ts";
import type { LiveView } from "../../live/view.ts";
import type { Service } from "../../service/service.ts";
import type { SavedProbe } from "../../service/service-file.ts";
import type { RunFile } from "../../store/run-directory.ts";

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
  /** This coordinator carries it out, or has; false for one that is not over and that nobody serves, or not yet. */
  readonly served: boolean;
  readonly verdict: string | null;
  readonly exitCode: number | null;
  /** Why it could not be done, is not served, or has no results yet; null when nothing is wrong. */
  readonly problem: string | null;
  /** The probe run that was asked for with it; the run is not over before that is. null: none was asked for, or nobody knows any more. */
  readonly probe: SavedProbe | null;
  readonly view: LiveView | null;
}

export async function runInfo(service: Service, id: string): Promise<RunInfo | null> {
  const file = await service.archive.get(id);
  return file && infoOf(service, file);
}

export async function runInfos(service: Service): Promise<readonly RunInfo[]> {
  const files = await service.archive.list();
  // One after another: each may read files of its run.
  const infos: RunInfo[] = [];
  for (const file of files) infos.push(await infoOf(service, file));
  return infos;
}

async function infoOf(service: Service, file: RunFile): Promise<RunInfo> {
  const { id, name, createdAt, startedAt, endedAt, connections, durationSeconds } = file;
  const { fleet } = service;
  const entry = service.entry(id);
  const waiting = fleet.waiting.indexOf(id);
  const isOver = entry ? entry.isOver : service.isOver(file);
  const stored = entry === null && isOver ? await service.archive.resultOf(file) : null;
  const result = entry?.result ?? stored;
  const served = entry?.isOpened === true || isOver;
  return {
    ...{ id, name, createdAt, startedAt, connections, durationSeconds },
    state: entry ? entry.state : isOver || !isFinal(file.state) ? file.state : "merging",
    endedAt: isOver ? endedAt : null,
    waiting: waiting < 0 ? null : waiting + 1,
    workers: fleet.sessions.filter(({ epoch }) => fleet.runOf(epoch) === id).length,
    served,
    verdict: result?.verdict ?? null,
    exitCode: result?.exitCode ?? null,
    problem: result?.problem ?? problemOf(service, id, served),
    probe: entry ? entry.probe : await service.archive.probeOf(id),
    view: entry?.isOver === false ? entry.feed.view : null,
  };
}

function problemOf(service: Service, id: string, served: boolean): string | null {
  return served
    ? (service.entry(id)?.delay ?? null)
    : `it is not served: ${service.takeUp.why(id)}`;
}
