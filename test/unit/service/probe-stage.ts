/**
 * A run that is over and is to have a probe run, in a service that has no workers: for the tests of probe runs. Its clock moves while somebody
 * sleeps.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunOutcome } from "../../../coordinator/active-run/request.ts";
import { LiveResults } from "../../../coordinator/live/live-results.ts";
import { DEFAULT_POLICIES } from "../../../coordinator/plan/policies.ts";
import { buildSummary } from "../../../coordinator/report/summary.ts";
import { type CarriedOut, ProbeRuns } from "../../../coordinator/service/probe-runs.ts";
import { Rendering } from "../../../coordinator/service/rendering.ts";
import { RunArchive } from "../../../coordinator/service/run-archive.ts";
import { RunEntry } from "../../../coordinator/service/run-entry.ts";
import {
  NO_COMMANDS,
  PROBE_WANTED,
  type SavedCommands,
  type SavedProbe,
  type ServiceFile,
} from "../../../coordinator/service/service-file.ts";
import {
  createRunDirectory,
  type RunFile,
  runPath,
  writeRunFile,
} from "../../../coordinator/store/run-directory.ts";
import { createLog } from "../../../shared/log.ts";
import type { Timers } from "../../../shared/time/timer.ts";
import type { RunState } from "../../../shared/wire/command.ts";
import { foldOf, type Told } from "../analysis/diagnosis/story.ts";

/** 100 connections at once, of which 40 get in: a limit of connections, or of attempts a second. */
function refusedAtOnce() {
  const refused = { kind: "upgrade-status", signature: "429", count: 60 } as const;
  const seconds: Told[] = Array.from({ length: 12 }, (_, second) =>
    second === 0
      ? { open: 40, opened: 40, failed: 60, failures: [refused] }
      : { open: 40, sent: [10], received: [10], latencyUs: [1000, 1100, 1200] },
  );
  return foldOf(seconds, { connections: 100 });
}

export const RUN = "20261201-090000-first-abcdef";
export const PROBE_RUN = `${RUN}-slower-ramp`;
export const FILE: ServiceFile = {
  ...{ schema: 1, key: null, content: null, commands: NO_COMMANDS, probe: null },
};

export function entryOf(
  folder: string,
  id: string,
  probe: SavedProbe | null,
  end: SavedCommands["end"] = null,
): RunEntry {
  const facts = { id, directory: join(folder, id), feedName: "f", state: "done" as RunState };
  return new RunEntry({ ...facts, file: { ...FILE, commands: { ...NO_COMMANDS, end }, probe } });
}

/** As it lies there when it is in line, and this process writes it; or when it has come further. */
export async function lay(
  folder: string,
  id: string,
  change: Partial<RunFile> = {},
): Promise<void> {
  await createRunDirectory(join(folder, id));
  writeFileSync(runPath.journal(join(folder, id)), "");
  const none = { startedAt: null, endedAt: null, connections: 1, shards: 1, durationSeconds: 1 };
  await writeRunFile(join(folder, id), {
    ...{ schema: 1, id, name: "x", state: "created", createdAt: new Date(0).toISOString() },
    ...{ ...none, planHash: "", workers: 1, versions: { onrush: "", node: "", wire: 1 } },
    ...change,
  });
}

interface Staging {
  readonly probe?: SavedProbe;
  /** Of the run: how it is to be ended. */
  readonly end?: SavedCommands["end"];
  /** Time passes. */
  readonly isWaiting?: boolean;
  /** The probe run waits in line; else it goes on. */
  readonly isInLine?: boolean;
  /** Writes the results again. */
  readonly write?: () => Promise<void>;
}

/** A run that is over, with a probe run asked for; what is begun ends when it is ended. */
export function stage(folder: string, staging: Staging = {}) {
  const { probe = PROBE_WANTED, end = null, isWaiting = false, isInLine = true } = staging;
  const { write = async () => {} } = staging;
  let nowUs = 0;
  const clock = { monotonicUs: () => nowUs, wallMs: () => 0 };
  const timers: Timers = {
    after: (delayMs, callback) => {
      const timer = setImmediate(() => {
        if (isWaiting) nowUs += delayMs * 1000;
        callback();
      });
      return () => clearImmediate(timer);
    },
  };
  const fold = refusedAtOnce();
  const first = entryOf(folder, RUN, probe, end);
  mkdirSync(first.directory);
  writeFileSync(runPath.journal(first.directory), "");
  first.opened("done");
  first.results = new LiveResults(fold, clock);
  const summary = { ...buildSummary(fold), startedAt: new Date(0).toISOString(), exitCode: 0 };
  const outcome: RunOutcome = {
    ...{ summary, exitCode: 0, runDirectory: first.directory, problem: null },
  };
  const waiting = new Set<string>();
  const entries = new Map([[RUN, first]]);
  let isLeaving = false;
  const started: CarriedOut[] = [];
  const probeRuns = new ProbeRuns({
    ...{ archive: new RunArchive(folder), clock, timers, log: createLog("x", "error", () => {}) },
    rendering: new Rendering({ execute: () => write().then(() => ""), close: () => {}, timers }),
    waiting: () => [...waiting],
    entry: (id) => entries.get(id) ?? null,
    start: async (id, what) => {
      started.push(what);
      await lay(folder, id);
      const entry = entryOf(folder, id, null);
      entry.opened("created");
      entries.set(id, entry);
      if (isInLine) waiting.add(id);
      const ended = new Promise<RunOutcome>((resolve) => {
        const over = () => {
          waiting.delete(id);
          resolve({ ...outcome, exitCode: 103 });
        };
        for (const asked of [entry.commands.stop, entry.commands.abort])
          asked.addEventListener("abort", over);
      });
      entry.follow(
        ended,
        () => {},
        () => {},
      );
    },
    lead: () => ({ epoch: 1, bus: "b" }),
    isLeaving: () => isLeaving,
  });
  const { scenario } = fold.facts;
  const source = { fileName: "s.yaml", text: "version: 1" };
  const what: CarriedOut = { scenario, source, workers: 1, policies: DEFAULT_POLICIES };
  return {
    ...{ fold, first, outcome, what, probeRuns, started, entries },
    leave: () => {
      isLeaving = true;
    },
    nowUs: () => nowUs,
    saved: (id: string): ServiceFile =>
      JSON.parse(readFileSync(join(folder, id, "service.json"), "utf8")),
  };
}
