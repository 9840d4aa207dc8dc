/**
 * Entry of an engine thread: obeys the control thread's commands (port.ts) and keeps the engine turning.
 * Invariant: every command is answered by state, never by silence; a failed preparation is reported.
 */
import { extname } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../shared/assert.ts";
import { OnrushError } from "../../shared/errors.ts";
import { createLog } from "../../shared/log.ts";
import type { AllowList } from "../../shared/net/target-policy.ts";
import { TargetText } from "../../shared/scenario/mask/target-text.ts";
import { monotonicUs, skewWallClock } from "../../shared/time/clock.ts";
import { standStill } from "../../shared/time/stand-still.ts";
import type { PlanDocument } from "../../shared/wire/plan.ts";
import { HookThread } from "../hooks/hook-thread.ts";
import { prepareLogins } from "../login/login-step.ts";
import { type ResolvedTarget, resolveTargets } from "../reach/resolve.ts";
import { probeTarget } from "../reach/tcp-probe.ts";
import { RawLog } from "../record/raw-log.ts";
import { Sentinel, startThread } from "../sentinel/sentinel.ts";
import { Engine } from "./engine.ts";
import type { EngineCommand, EngineData, EngineReport } from "./port.ts";
import { systemTurnTimers, Turns } from "./turn/turns.ts";

const LEAST_STATUS_GAP_US = 200_000;
const MAX_PROBLEM_CHARS = 2000;

type Preparation = EngineCommand & { type: "prepare" };

assert(parentPort, "an engine runs in a worker thread");
const port = parentPort;
const { rawLogDirectory, allowTargets, allowHooks, worker } = workerData as EngineData;
let engine: Engine | null = null;
let turns: Turns | null = null;
let rawLog: RawLog | null = null;
let sentinel: Sentinel | null = null;
let reportedOpen = 0;
let reportedUs = 0;

function report(message: EngineReport): void {
  if (message.type !== "frame") {
    if (message.type === "handedOver") sentinel?.letGo(message.slice);
    port.postMessage(message);
    return;
  }
  // Before the frame goes: nothing is merged that the raw log lacks.
  if (message.final) {
    rawLog?.close();
    sentinel?.terminate();
  } else rawLog?.flush();
  port.postMessage(message, [message.body.buffer as ArrayBuffer]);
}

function openRawLog(directory: string, { plan, epoch, engine: number }: Preparation): RawLog {
  const log = createLog(`worker ${process.pid} engine ${number}`, "warn");
  const onProblem = (problem: string) => log.warn(problem);
  return new RawLog({ directory, run: plan.run, epoch, engine: number, onProblem });
}

/** @throws OnrushError ONRUSH_HOOKS_FORBIDDEN, ONRUSH_HOOKS_FAILED */
async function startHooks({ scenario }: PlanDocument): Promise<HookThread | null> {
  if (scenario.hooks !== null && !allowHooks) {
    throw new OnrushError({
      code: "ONRUSH_HOOKS_FORBIDDEN",
      message: "The scenario has hooks, and this worker runs none",
      remedy:
        "if it may run code of whoever submits scenarios, start it with `onrush worker --allow-hooks`",
    });
  }
  const entry = new URL(`../hooks/sandbox/main${extname(import.meta.url)}`, import.meta.url);
  return HookThread.start(scenario, entry);
}

/** null: nothing is observed beside the load, or not by this engine. */
function makeSentinel({ plan, engine: number }: Preparation): Sentinel | null {
  const { observe, secrets } = plan.scenario;
  const probes = number === 0 && observe !== undefined && observe.ladder !== null;
  const pages = (observe?.metrics ?? []).length > 0;
  if (!probes && !pages) return null;
  const entry = new URL(`../sentinel/main${extname(import.meta.url)}`, import.meta.url);
  const log = createLog(`worker ${process.pid} engine ${number}`, "warn");
  const text = new TargetText(secrets);
  const start = startThread(entry, { scenario: plan.scenario, lists: listsOf(plan) });
  return new Sentinel(start, { probes, pages }, (problem) =>
    log.warn(text.clean(problem, MAX_PROBLEM_CHARS)),
  );
}

/** The plan's list widens nothing that this worker does not allow by itself. */
function listsOf(plan: PlanDocument): AllowList[] {
  return [
    { of: "this worker", allowed: allowTargets },
    { of: "the run", allowed: plan.allowTargets },
  ];
}

async function prepare(command: Preparation): Promise<void> {
  try {
    const { plan } = command;
    const hooks = await startHooks(plan);
    const resolved = await resolveTargets(plan.scenario, listsOf(plan), monotonicUs);
    const logins = await prepareLogins(plan.scenario, listsOf(plan));
    const targets = await listening(resolved, command);
    const log = rawLogDirectory === null ? null : openRawLog(rawLogDirectory, command);
    rawLog = log;
    sentinel = makeSentinel(command);
    const made = new Engine({
      ...{ plan, engine: command.engine, worker, targets, logins, hooks, monotonicUs, report },
      afterReading: setImmediate,
      onWoken: () => turns?.wake(),
      sentinel,
      ...(log && { makeHistogram: (metric, phase, name) => log.histogram(metric, phase, name) }),
    });
    engine = made;
    turns = new Turns(made, systemTurnTimers, () => reportStatus(made));
    turns.begin();
    report({ type: "prepared" });
  } catch (error) {
    if (!(error instanceof OnrushError)) throw error;
    const text = new TargetText(command.plan.scenario.secrets);
    const message = text.clean(`${error.message}: ${error.remedy}`, MAX_PROBLEM_CHARS);
    report({ type: "failed", code: error.code, message });
  }
}

/**
 * One engine of a worker looks whether a target accepts. Where a name has several addresses each does, because it
 * uses first those that do.
 */
async function listening(targets: readonly ResolvedTarget[], command: Preparation) {
  const timeoutMs = command.plan.scenario.connect.timeoutUs / 1000;
  const isFirst = command.engine === 0;
  return Promise.all(
    targets.map(async (target) => {
      const looks = isFirst || target.addresses.length > 1;
      return looks ? probeTarget(target, timeoutMs) : target;
    }),
  );
}

/** At most every 200 ms, and only what is new. */
function reportStatus({ openConnections: open }: Engine): void {
  if (open === reportedOpen || monotonicUs() - reportedUs < LEAST_STATUS_GAP_US) return;
  reportedOpen = open;
  reportedUs = monotonicUs();
  report({ type: "status", open });
}

type EngineOrder = Exclude<EngineCommand, { type: "prepare" | "standStill" | "skew" }>;

function obey(obeying: Engine, command: EngineOrder): void {
  switch (command.type) {
    case "slices":
      obeying.addSlices(command.slices);
      sentinel?.hold(command.slices);
      return;
    case "cut":
      obeying.cutSlice(command.slice, command.toUs);
      sentinel?.letGo(command.slice);
      return;
    case "handOver":
      obeying.handOver(command);
      return;
    case "start":
      obeying.start(command.startUs);
      sentinel?.start(command.startUs);
      return;
    case "steer":
      obeying.steer(command.decided);
      return;
    case "lease":
      obeying.setLease(command.deadlineUs);
      return;
    case "end":
      obeying.end(command.mode);
  }
}

port.on("message", (command: EngineCommand) => {
  if (command.type === "prepare") {
    void prepare(command);
    return;
  }
  if (command.type === "standStill") return standStill(command.untilUs);
  if (command.type === "skew") return skewWallClock(command.byMs);
  assert(engine, `engine: ${command.type} before prepared`);
  obey(engine, command);
  turns?.wake();
});
