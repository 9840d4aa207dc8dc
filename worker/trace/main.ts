/**
 * Entry of the process of `onrush probe`: takes one request from its parent, has an engine run its one connection, reports
 * what happens and ends. Started by path by the coordinator; imported by nobody.
 * Invariant: "over" is the last thing it says; it ends with its parent.
 */
import { extname } from "node:path";
import { OnrushError } from "../../shared/errors.ts";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { TargetText } from "../../shared/scenario/mask/target-text.ts";
import { monotonicUs } from "../../shared/time/clock.ts";
import type { PlanDocument } from "../../shared/wire/plan.ts";
import { WIRE_VERSION } from "../../shared/wire/plan.ts";
import { wholeShard } from "../../shared/wire/slice.ts";
import type { TraceEvent, TraceRequest } from "../../shared/wire/trace.ts";
import { Engine } from "../engine/engine.ts";
import { driverOf } from "../engine/socket-opener.ts";
import { systemTurnTimers, Turns } from "../engine/turn/turns.ts";
import { HookThread } from "../hooks/hook-thread.ts";
import { prepareLogins } from "../login/login-step.ts";
import { resolveTargets } from "../reach/resolve.ts";
import { buildFrame, nextMask, Opcode } from "../socket/lean/frame-builder.ts";
import { Expectations } from "./expectations.ts";
import { TracedDriver } from "./traced-driver.ts";
import { TracedHooks } from "./traced-hooks.ts";
import { TracedRecorder } from "./traced-recorder.ts";
import { Tracer } from "./tracer.ts";

const MAX_PROBLEM = 2000;
/** A start a little later than now: what is due at once is then not late. */
const LEAD_US = 5000;
/** Between the texts that are to be said. */
const SAY_GAP_MS = 200;
const SAY_FIRST_MS = 50;
const DRAIN_US = 10_000_000;

const report = (event: TraceEvent): void => {
  process.send?.(event);
};

let stop = (): void => process.exit();
process.on("disconnect", () => process.exit());
process.on("message", (message: TraceRequest | "stop") => {
  if (message === "stop") stop();
  else void trace(message);
});

async function trace(request: TraceRequest): Promise<void> {
  const { scenario } = request;
  try {
    await follow(request);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const problem = error instanceof OnrushError ? `${text}: ${error.remedy}` : text;
    over(
      { opened: false, failures: 0 },
      new TargetText(scenario.secrets).clean(problem, MAX_PROBLEM),
    );
  }
}

async function follow(request: TraceRequest): Promise<void> {
  const { scenario, allowTargets, most } = request;
  const tracer = new Tracer(scenario.secrets, monotonicUs, report);
  const lists = [{ of: "the run", allowed: allowTargets }] as const;
  const targets = await resolveTargets(scenario, lists, monotonicUs);
  const logins = await prepareLogins(scenario, lists);
  const entry = new URL(`../hooks/sandbox/main${extname(import.meta.url)}`, import.meta.url);
  const hooks = await HookThread.start(scenario, entry);
  if (hooks !== null) hooks.watcher = new TracedHooks(tracer);
  for (const { addresses, dnsUs } of targets) {
    if (dnsUs === null) continue;
    const detail = `${addresses.join(", ")} (${(dnsUs / 1000).toFixed(1)} ms)`;
    tracer.happened({ type: "stage", stage: "dns", detail });
  }
  const plan = planOf(request);
  const expectations = new Expectations(scenario, tracer);
  const driver = new TracedDriver(driverOf(scenario, undefined), tracer, {
    opened: () => sayAll(request, driver),
    ended: () => {
      if (scenario.connect.reconnect.attempts === 0) stop();
    },
  });
  let turns: Turns | null = null;
  const engine = new Engine({
    ...{ plan, engine: 0, targets, logins, hooks, monotonicUs, driver },
    afterReading: setImmediate,
    recorder: new TracedRecorder(plan, tracer, expectations),
    observers: [expectations.maker],
    onWoken: () => turns?.wake(),
    report: (said) => {
      if (said.type === "frame" && said.final) over(tracer, "");
    },
  });
  stop = () => {
    engine.end("stop");
    turns?.wake();
  };
  engine.addSlices([wholeShard(0)]);
  engine.start(monotonicUs() + LEAD_US);
  turns = new Turns(engine, systemTurnTimers, () => {
    tracer.flush();
    if (tracer.received >= most) engine.end("stop");
  });
  turns.begin();
}

function planOf({ scenario, allowTargets }: TraceRequest): PlanDocument {
  const { connections, profile } = buildPopulation(scenario);
  return {
    ...{ version: WIRE_VERSION, run: "probe", hash: "", scenario, shards: 1, connections },
    ...{ durationUs: profile.durationUs, allowTargets, drainUs: DRAIN_US },
    ...{ recoverWithinUs: 0, onBusLoss: "fence" },
  };
}

/** What the command line wants said, on the socket itself: the engine expects nothing of it. */
function sayAll({ say }: TraceRequest, { latest: socket, framing }: TracedDriver): void {
  say.forEach((text, at) => {
    setTimeout(
      () => {
        const bytes = Buffer.from(text, "utf8");
        const isFramed = framing === "frame";
        socket?.send(isFramed ? buildFrame(Opcode.text, bytes, nextMask()) : bytes, false);
      },
      SAY_FIRST_MS + at * SAY_GAP_MS,
    ).unref();
  });
}

function over(
  { opened, failures }: { readonly opened: boolean; readonly failures: number },
  problem: string,
): void {
  const last: TraceEvent = { atUs: 0, type: "over", opened, failures, problem };
  process.send?.(last, () => process.exit());
}
