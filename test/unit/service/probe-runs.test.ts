/**
 * Goal: a probe run waits for workers as long as it may and no longer, ends when its run is stopped, is made by one coordinator alone, and
 * whatever came of it is said. Method: a run whose first cause is not certain, a probe run that waits in line until it is ended, and a clock
 * that moves while somebody sleeps. Probe runs that come to their end: test/integration/coordinator-auto-probe.test.ts.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
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
  type SavedProbe,
  type ServiceFile,
} from "../../../coordinator/service/service-file.ts";
import {
  createRunDirectory,
  runPath,
  writeRunFile,
} from "../../../coordinator/store/run-directory.ts";
import { createLog } from "../../../shared/log.ts";
import type { Timers } from "../../../shared/time/timer.ts";
import type { RunState } from "../../../shared/wire/command.ts";
import { scratch } from "../../support/programs.ts";
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

const RUN = "20261201-090000-first-abcdef";
const PROBE_RUN = `${RUN}-slower-ramp`;
const FILE: ServiceFile = {
  ...{ schema: 1, key: null, content: null, commands: NO_COMMANDS, probe: null },
};

function entryOf(folder: string, id: string, probe: SavedProbe | null): RunEntry {
  const facts = { id, directory: join(folder, id), feedName: "f", state: "done" as RunState };
  return new RunEntry({ ...facts, file: { ...FILE, probe } });
}

/** As it lies there when it is in line, and this process writes it. */
async function inLine(folder: string, id: string): Promise<void> {
  await createRunDirectory(join(folder, id));
  writeFileSync(runPath.journal(join(folder, id)), "");
  const none = { startedAt: null, endedAt: null, connections: 1, shards: 1, durationSeconds: 1 };
  await writeRunFile(join(folder, id), {
    ...{ schema: 1, id, name: "x", state: "created", createdAt: new Date(0).toISOString() },
    ...{ ...none, planHash: "", workers: 1, versions: { onrush: "", node: "", wire: 1 } },
  });
}

/**
 * A run that is over, with a probe run asked for, in a service whose probe run waits in line.
 * @param isWaiting time passes
 */
function stage(folder: string, probe: SavedProbe = PROBE_WANTED, isWaiting = false) {
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
  const first = entryOf(folder, RUN, probe);
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
    rendering: new Rendering({ execute: async () => "", close: () => {}, timers }),
    waiting: () => [...waiting],
    entry: (id) => entries.get(id) ?? null,
    start: async (id, what) => {
      started.push(what);
      await inLine(folder, id);
      const entry = entryOf(folder, id, null);
      entry.opened("created");
      entries.set(id, entry);
      waiting.add(id);
      const ended = new Promise<RunOutcome>((resolve) => {
        const end = () => {
          waiting.delete(id);
          resolve({ ...outcome, exitCode: 103 });
        };
        for (const asked of [entry.commands.stop, entry.commands.abort])
          asked.addEventListener("abort", end);
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
    ...{ first, outcome, what, probeRuns, started, entries },
    leave: () => {
      isLeaving = true;
    },
    nowUs: () => nowUs,
    saved: (id: string): ServiceFile =>
      JSON.parse(readFileSync(join(folder, id, "service.json"), "utf8")),
  };
}

describe("a probe run in line", () => {
  it("is given up after 2 minutes, and that is said", async () => {
    using folder = scratch();
    const staged = stage(folder.path, PROBE_WANTED, true);
    const { first, outcome, what, probeRuns, started, nowUs, saved } = staged;
    expect(await probeRuns.after(first, outcome, what)).toBe(outcome);
    expect(nowUs()).toBeGreaterThan(120e6);
    expect(nowUs()).toBeLessThan(125e6);
    const said = "no probe run: within 2 minutes no workers were free for it";
    expect(saved(RUN).probe).toEqual({ kind: "slower-ramp", run: PROBE_RUN, outcome: said });
    expect(saved(PROBE_RUN).commands.end).toBe("abort");
    expect(started).toMatchObject([{ source: { text: expect.stringMatching(/^# A probe run/) } }]);
    // Once is enough: what is settled is left alone.
    await probeRuns.after(first, outcome, what);
    expect(started).toHaveLength(1);
  });

  it("ends as its run is asked to", async () => {
    using folder = scratch();
    const { first, outcome, what, probeRuns, entries, saved } = stage(folder.path);
    const settled = probeRuns.after(first, outcome, what);
    await expect.poll(() => entries.get(PROBE_RUN)?.isOpened).toBe(true);
    await first.end("stop");
    await settled;
    expect(saved(PROBE_RUN).commands.end).toBe("stop");
    expect(saved(RUN).probe?.outcome).toContain("did not come to its end");
  });

  it("is left to the next coordinator by one that ends", async () => {
    using folder = scratch();
    const { first, outcome, what, probeRuns, entries, leave, saved } = stage(folder.path);
    const settled = probeRuns.after(first, outcome, what);
    const refused = expect(settled).rejects.toMatchObject({ code: "ONRUSH_COORDINATOR_TAKEN" });
    await expect.poll(() => entries.get(PROBE_RUN)?.isOpened).toBe(true);
    leave();
    await refused;
    const probe = { kind: "slower-ramp", run: PROBE_RUN, outcome: null };
    expect(saved(RUN).probe).toEqual(probe);
    expect(entries.get(PROBE_RUN)?.ending).toBeNull();
  });
});

describe("after a restart", () => {
  const again = "no probe run: the coordinator was started again before it began";

  it("one that was named and never began is not made", async () => {
    using folder = scratch();
    const named = { kind: "slower-ramp", run: PROBE_RUN, outcome: null };
    const { first, outcome, what, probeRuns, started, saved } = stage(folder.path, named);
    probeRuns.learn(RUN, { ...FILE, probe: named });
    expect(probeRuns.isPending(RUN)).toBe(true);
    await probeRuns.after(first, outcome, what);
    expect(saved(RUN).probe).toEqual({ ...named, outcome: again });
    expect(started).toEqual([]);
    expect(probeRuns.isPending(RUN)).toBe(false);
  });

  it("none is made of a scenario without its secrets", async () => {
    using folder = scratch();
    const { first, outcome, what, probeRuns, started, saved } = stage(folder.path);
    await probeRuns.after(first, outcome, { ...what, redacted: true });
    expect(saved(RUN).probe).toEqual({ ...PROBE_WANTED, outcome: again });
    expect(started).toEqual([]);
  });
});

it("a run that was broken off has none, and one that nobody asked for is left alone", async () => {
  using folder = scratch();
  const { first, outcome, what, probeRuns, started, saved } = stage(folder.path);
  await probeRuns.after(first, { ...outcome, exitCode: 103 }, what);
  expect(saved(RUN).probe?.outcome).toBe("no probe run: the run did not come to its end");
  const other = entryOf(folder.path, "other", null);
  expect(await probeRuns.after(other, outcome, what)).toBe(outcome);
  expect(started).toEqual([]);
});
