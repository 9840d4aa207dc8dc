/**
 * Entry of an engine thread: obeys the control thread's commands (port.ts) and keeps the engine turning.
 * Invariant: every command is answered by state, never by silence; a failed preparation is reported.
 */
import { parentPort } from "node:worker_threads";
import { assert } from "../../shared/assert.ts";
import { OnrushError } from "../../shared/errors.ts";
import { monotonicUs } from "../../shared/time/clock.ts";
import { probeTargets } from "../probe/tcp-probe.ts";
import { Engine } from "./engine.ts";
import type { EngineCommand, EngineReport } from "./port.ts";
import { resolveTargets } from "./resolve.ts";

const TURN_MS = 1;
const STATUS_EVERY_TURNS = 200;

assert(parentPort, "an engine runs in a worker thread");
const port = parentPort;
let engine: Engine | null = null;
let turns = 0;

function report(message: EngineReport): void {
  if (message.type === "frame") port.postMessage(message, [message.body.buffer as ArrayBuffer]);
  else port.postMessage(message);
}

async function prepare(command: EngineCommand & { type: "prepare" }): Promise<void> {
  try {
    const { plan } = command;
    const targets = await resolveTargets(plan.scenario, plan.allowTargets, monotonicUs);
    await probeTargets(targets, plan.scenario.connect.timeoutUs / 1000);
    engine = new Engine({ plan, engine: command.engine, targets, monotonicUs, report });
    report({ type: "prepared" });
  } catch (error) {
    if (!(error instanceof OnrushError)) throw error;
    report({ type: "failed", code: error.code, message: `${error.message}: ${error.remedy}` });
  }
}

function turn(): void {
  if (!engine || engine.finished) return;
  engine.turn();
  if (++turns % STATUS_EVERY_TURNS === 0) report({ type: "status", open: engine.openConnections });
}

function obey(obeying: Engine, command: Exclude<EngineCommand, { type: "prepare" }>): void {
  switch (command.type) {
    case "lanes":
      obeying.addLanes(command.lanes);
      return;
    case "cut":
      obeying.cutLane(command.lane, command.toUs);
      return;
    case "handOver":
      obeying.handOver(command);
      return;
    case "start":
      obeying.start(command.startUs);
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
  assert(engine, `engine: ${command.type} before prepared`);
  obey(engine, command);
});

setInterval(turn, TURN_MS);
