/**
 * Goal: a whole run, from scenario to run directory, against the real memory bus, with workers that speak the
 * bus for real and cut real frames from a script. What the summary says must be what the scripts did.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunOutcome, RunRequest } from "../../../coordinator/active-run/request.ts";
import { Fleet } from "../../../coordinator/fleet/fleet.ts";
import type { LiveView } from "../../../coordinator/live/view.ts";
import { reportHtml } from "../../../coordinator/report/html/page.ts";
import { rebuildRun } from "../../../coordinator/report/rebuild.ts";
import { summarySchema } from "../../../coordinator/report/summary-schema.ts";
import { executeRun } from "../../../coordinator/run/run.ts";
import type { RunEvent } from "../../../coordinator/store/event.ts";
import { MemoryStore } from "../../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../../shared/bus/memory-bus.ts";
import { createLog } from "../../../shared/log.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import { scenario, threshold } from "../merge/synthetic-run.ts";
import { type Script, ScriptedWorker } from "./scripted-worker.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "onrush-run-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface Trial {
  readonly outcome: RunOutcome;
  readonly views: LiveView[];
  readonly events: RunEvent[];
  readonly workers: ScriptedWorker[];
  readonly bus: MemoryBus;
}

interface Settings {
  readonly scripts: readonly Script[];
  readonly change?: Partial<StrictScenario>;
  readonly control?: Partial<RunRequest["control"]>;
  readonly onEvent?: (event: RunEvent) => void;
  /** A directory of its own when missing. */
  readonly runDirectory?: string;
}

async function execute(settings: Settings): Promise<Trial> {
  const { scripts, change, control, onEvent } = settings;
  const runDirectory = settings.runDirectory ?? join(await mkdtemp(join(root, "t-")), "run");
  const store = new MemoryStore({ clock: systemClock, timers: systemTimers });
  const bus = new MemoryBus(store);
  const workers = scripts.map(
    (script) =>
      new ScriptedWorker(
        { bus: new MemoryBus(store), clock: systemClock, timers: systemTimers },
        script,
      ),
  );
  const log = createLog("coordinator", "error");
  const fleet = new Fleet({ bus, clock: systemClock, timers: systemTimers, log });
  await fleet.start();
  const views: LiveView[] = [];
  const events: RunEvent[] = [];
  const outcome = await executeRun({
    scenario: brief(change),
    source: { fileName: "s.yaml", text: "name: brief\n" },
    runId: "20260101-000000-brief-abcd",
    runDirectory,
    bus,
    fleet,
    policies: { onWorkerLoss: "recover", onBusLoss: "fence" },
    workersExpected: scripts.length,
    allowTargets: [],
    clock: systemClock,
    control: {
      stop: new AbortController().signal,
      abort: new AbortController().signal,
      ...control,
    },
    onView: (view) => views.push(view),
    onEvent: (event) => {
      events.push(event);
      onEvent?.(event);
    },
  });
  for (const worker of workers) worker.kill();
  await fleet.close();
  await Promise.all(workers.map(({ over }) => over));
  return { outcome, views, events, workers, bus };
}

function brief(change: Partial<StrictScenario> = {}): StrictScenario {
  return scenario({
    name: "brief",
    phases: [
      {
        phase: "hold",
        ramp: "burst",
        to: 20,
        durationUs: 2_000_000,
        exclude: false,
        messageFactor: 1,
      },
    ],
    ...change,
  });
}

describe.concurrent("two workers", () => {
  test("a run that goes well: directory, summary and rebuilt summary agree", async () => {
    const { outcome, views, events, workers, bus } = await execute({
      scripts: [{ id: "a" }, { id: "b", repeats: true }],
      change: {
        vars: { token: "hunter2" },
        secrets: ["hunter2"],
        thresholds: [threshold({})],
      },
    });
    const { summary } = outcome;
    expect(summary.validity.reasons).toEqual([]);
    expect(outcome).toMatchObject({ exitCode: 0, problem: null });
    expect(summary).toMatchObject({
      verdict: "pass",
      connections: {
        planned: 20,
        attempted: 20,
        established: 20,
        closedByCause: { plan: 20 },
        peak: 20,
      },
      messages: { sent: 40, matched: 40, latencyMs: { count: 40 } },
      validity: { framesMissing: 0, ledger: { balanced: true } },
    });
    expect(workers.map(({ appended }) => appended)).toEqual([3, 3]);
    expect(events.flatMap((event) => (event.type === "state" ? [event.to] : []))).toEqual([
      "offered",
      "ready",
      "running",
      "draining",
      "merging",
      "done",
    ]);
    expect(views.at(-1)).toMatchObject({ name: "brief", workers: 2 });

    const run = outcome.runDirectory;
    const written = JSON.parse(await readFile(join(run, "summary.json"), "utf8"));
    expect(summarySchema.parse(written)).toEqual(summary);
    const rebuilt = await rebuildRun(run);
    expect(rebuilt.summary).toEqual(summary);
    expect(rebuilt).toMatchObject({ incomplete: false, notes: [] });
    // Not a byte of the report depends on having been there.
    expect(reportHtml(rebuilt.model)).toBe(await readFile(join(run, "report.html"), "utf8"));
    expect((await readdir(run)).sort()).toEqual([
      "histograms",
      "journal",
      "report.html",
      "run.json",
      "scenario.yaml",
      "summary.json",
      "timeline.csv",
    ]);
    expect(JSON.parse(await readFile(join(run, "run.json"), "utf8"))).toMatchObject({
      state: "done",
      connections: 20,
    });
    expect((await readFile(join(run, "journal"))).includes("hunter2")).toBe(false);
    // The bus has forgotten the run, its secrets included.
    expect(await bus.getDocument(`plan.${summary.run}`)).toBeNull();
    expect(await bus.readFrames(summary.run, "", 10)).toEqual([]);
  });

  test("a worker that miscounts is found out", async () => {
    const { outcome } = await execute({
      scripts: [
        { id: "a" },
        { id: "b", alter: (content) => ({ ...content, auditError: content.final ? 1 : 0 }) },
      ],
    });
    expect(outcome.exitCode).toBe(97);
    expect(outcome.summary.validity.ledger.differences).toEqual({
      "attempted: merged = reported by engine 0 (b)": -1,
    });
  });
});

describe.concurrent("runs that do not start", () => {
  test("the code a worker names decides the exit code", async () => {
    const { outcome } = await execute({
      scripts: [
        { id: "a", problem: "engine 0 could not prepare: ONRUSH_TARGET_UNREACHABLE no such host" },
      ],
    });
    expect(outcome).toMatchObject({
      exitCode: 98,
      problem: { code: "ONRUSH_TARGET_UNREACHABLE" },
      summary: { verdict: "invalid", startedAt: null },
    });
    expect(outcome.summary.validity.reasons[0]).toBe("no such host (worker a on test)");
    expect((await rebuildRun(outcome.runDirectory)).summary).toEqual(outcome.summary);
  });

  test("a directory that holds a run is refused before anything happens", async () => {
    const first = await execute({ scripts: [{ id: "a", problem: "x" }] });
    const { runDirectory } = first.outcome;
    const before = await readdir(runDirectory);
    await expect(execute({ scripts: [], runDirectory })).rejects.toMatchObject({
      code: "ONRUSH_RUN_DIRECTORY",
      exitCode: 98,
    });
    expect(await readdir(runDirectory)).toEqual(before);
  });
});

describe.concurrent("ends before the plan's", () => {
  const long = {
    phases: [
      {
        phase: "hold",
        ramp: "burst",
        to: 20,
        durationUs: 60e6,
        exclude: false,
        messageFactor: 1,
      } as const,
    ],
  };

  test.each([
    ["interrupted", 105, "interrupted"],
    ["stopped", 103, "stopped"],
  ])("control.stop with reason %s drains and exits %i", async (reason, exitCode, verdict) => {
    const stop = new AbortController();
    const { outcome } = await execute({
      scripts: [{ id: "a" }],
      change: long,
      control: { stop: stop.signal },
      onEvent: (event) => {
        if (event.type === "start") setTimeout(() => stop.abort(reason), 700);
      },
    });
    expect(outcome).toMatchObject({ exitCode, summary: { verdict } });
    expect(outcome.summary.validity).toMatchObject({ valid: true, framesMissing: 0 });
    expect(outcome.summary.connections.openAtEnd).toBe(0);
  });

  test("a threshold that aborts ends the run and fails it", async () => {
    const { outcome, events } = await execute({
      scripts: [{ id: "a" }],
      change: {
        ...long,
        thresholds: [threshold({ rule: "p99 < 1us", limit: 1, abort: true, afterUs: 500_000 })],
      },
    });
    expect(outcome).toMatchObject({ exitCode: 99, summary: { verdict: "fail" } });
    expect(outcome.summary.durationSeconds).toBeLessThan(20);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "end-requested", mode: "stop", by: "threshold" }),
    );
  });

  test("control.abort writes what there is, also when workers do not answer", async () => {
    const abort = new AbortController();
    const { outcome } = await execute({
      scripts: [{ id: "a", mute: true }],
      change: long,
      control: { abort: abort.signal },
      onEvent: (event) => {
        if (event.type === "start") setTimeout(() => abort.abort("interrupted"), 700);
      },
    });
    expect(outcome).toMatchObject({ exitCode: 130, summary: { verdict: "interrupted" } });
    expect((await rebuildRun(outcome.runDirectory)).summary).toEqual(outcome.summary);
  });

  test("before the start: nothing is offered any more", async () => {
    const stop = new AbortController();
    stop.abort("interrupted");
    const { outcome } = await execute({ scripts: [], control: { stop: stop.signal } });
    expect(outcome).toMatchObject({ exitCode: 105, summary: { startedAt: null } });
  });
});
