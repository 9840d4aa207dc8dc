/**
 * The two generators the benchmark compares, each run in a process of its own and pinned to one core:
 * `onrush`, a whole engine with pacing, stamps, correlation and statistics switched on, and `bare-ws`, a loop
 * over the ws package that measures nothing at all. Both hold the same connections and exchange the same
 * echoes with the same target. Prints one JSON object. Started by bench.ts, not by people.
 */

import WebSocket from "ws";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { shardCount } from "../../shared/load/split.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { METRICS, type Metric, PHASE_COUNTERS } from "../../shared/stats/counters.ts";
import { MergedHistogram } from "../../shared/stats/histogram.ts";
import { monotonicUs } from "../../shared/time/clock.ts";
import { draw32, Stream } from "../../shared/time/random.ts";
import { decodeFrame } from "../../shared/wire/frame/frame-codec.ts";
import { WIRE_VERSION } from "../../shared/wire/plan.ts";
import { wholeShard } from "../../shared/wire/slice.ts";
import { Engine } from "../../worker/engine/engine.ts";
import { systemTurnTimers, Turns } from "../../worker/engine/turn/turns.ts";
import { resolveTargets } from "../../worker/reach/resolve.ts";
import { benchScenario, type Work } from "./work.ts";

export interface Measured {
  /** CPU seconds, user and system, of this process. */
  readonly connectCpuSeconds: number;
  readonly connects: number;
  readonly idleRssBytesPerConnection: number;
  /** Heap and array buffers after the echoes; pages that the runtime keeps for later are not in it. Only of onrush. */
  readonly usedBytesPerConnection: number | null;
  readonly echoCpuSeconds: number;
  readonly echoWallSeconds: number;
  readonly echoes: number;
  /** Only of onrush. */
  readonly sendLagMs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
  readonly timedOut: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Phase {
  cpu: number;
  wallUs: number;
}

function sample(): Phase {
  const { user, system } = process.cpuUsage();
  return { cpu: (user + system) / 1e6, wallUs: monotonicUs() };
}

interface Memory {
  readonly resident: number;
  readonly used: number;
}

function memory(): Memory {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss, used: heapUsed + external };
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** @throws Error when some connections are not open within half a minute: none connects a second time. */
async function allOpen(engine: Engine, { connections }: Work): Promise<void> {
  const untilUs = monotonicUs() + 30e6;
  while (engine.openConnections < connections) {
    if (monotonicUs() > untilUs)
      throw new Error(`${engine.openConnections} of ${connections} connections are open`);
    await sleep(10);
  }
}

async function onrush(work: Work): Promise<Measured> {
  const scenario: StrictScenario = benchScenario(work);
  const { connections, profile } = buildPopulation(scenario);
  const shards = shardCount(connections);
  const bodies: Uint8Array[] = [];
  const targets = await resolveTargets(scenario, [], monotonicUs);
  const plan = {
    version: WIRE_VERSION as typeof WIRE_VERSION,
    run: "bench",
    hash: "",
    scenario,
    shards,
    connections,
    durationUs: profile.durationUs,
    allowTargets: [],
    drainUs: 5_000_000,
    recoverWithinUs: 3_000_000,
    onBusLoss: "fence" as const,
  };
  const before = memory();
  const engine: Engine = new Engine({
    plan,
    engine: 0,
    targets,
    monotonicUs,
    afterReading: setImmediate,
    onWoken: () => turns.wake(),
    report: (report) => {
      if (report.type === "frame") bodies.push(report.body);
    },
  });
  engine.addSlices([...Array(shards).keys()].map(wholeShard));
  const turns: Turns = new Turns(engine, systemTurnTimers, () => {});
  turns.begin();
  const start = sample();
  engine.start(start.wallUs);
  turns.wake();
  await allOpen(engine, work);
  const opened = sample();
  await sleep(work.idleSeconds * 500);
  const idle = memory();
  // The message phase begins at a planned second of run time; two more are warm-up.
  const fromUs = start.wallUs + (work.rampSeconds + work.idleSeconds + work.warmUpSeconds) * 1e6;
  while (monotonicUs() < fromUs) await sleep(1);
  const echoFrom = sample();
  await sleep(work.measureSeconds * 1000);
  const echoTo = sample();
  // The frame of the last second measured is cut in the first turn after it.
  await sleep(200);
  const busy = memory();
  engine.end("abort");
  turns.end();
  const firstSecond = Math.round(work.rampSeconds + work.idleSeconds + work.warmUpSeconds);
  return {
    connectCpuSeconds: opened.cpu - start.cpu,
    connects: work.connections,
    idleRssBytesPerConnection: (idle.resident - before.resident) / work.connections,
    usedBytesPerConnection: (busy.used - before.used) / work.connections,
    echoCpuSeconds: echoTo.cpu - echoFrom.cpu,
    echoWallSeconds: (echoTo.wallUs - echoFrom.wallUs) / 1e6,
    ...folded(bodies, firstSecond, firstSecond + work.measureSeconds),
  };
}

/** Sums of the frames of seconds [from, to). */
function folded(bodies: readonly Uint8Array[], from: number, to: number) {
  const lag = new MergedHistogram();
  const latency = new MergedHistogram();
  const sums: Record<string, number> = {};
  for (const body of bodies) {
    const frame = decodeFrame(body);
    if (frame.second < from || frame.second >= to) continue;
    for (const { counters } of frame.phases) {
      PHASE_COUNTERS.forEach((name, at) => {
        sums[name] = (sums[name] ?? 0) + (counters[at] ?? 0);
      });
    }
    for (const { metric, bytes } of frame.histograms) {
      if (METRICS[metric] === ("sendLag" satisfies Metric)) lag.add(bytes);
      if (METRICS[metric] === ("latency" satisfies Metric)) latency.add(bytes);
    }
  }
  const ms = (histogram: MergedHistogram, p: number) => histogram.quantile(p) / 1000;
  return {
    echoes: sums["matched"] ?? 0,
    timedOut: sums["timedOut"] ?? 0,
    failed: sums["failed"] ?? 0,
    skipped: (sums["planned"] ?? 0) - (sums["sent"] ?? 0),
    sendLagMs:
      lag.count > 0 ? { p50: ms(lag, 0.5), p99: ms(lag, 0.99), max: lag.max / 1000 } : null,
    latencyMs: latency.count > 0 ? { p50: ms(latency, 0.5), p99: ms(latency, 0.99) } : null,
  };
}

/** How many handshakes the bare loop has under way at once; about what an engine's turns amount to. */
const HANDSHAKES = 256;

async function bareWs(work: Work): Promise<Measured> {
  const sockets: WebSocket[] = [];
  let echoes = 0;
  const before = memory();
  const start = sample();
  await openAll(work, sockets);
  const opened = sample();
  await sleep(work.idleSeconds * 500);
  const idle = memory();
  const pace = startBare(work, sockets, () => {
    echoes++;
  });
  await sleep(work.warmUpSeconds * 1000);
  const echoFrom = sample();
  const echoesFrom = echoes;
  await sleep(work.measureSeconds * 1000);
  const echoTo = sample();
  const measured = echoes - echoesFrom;
  clearInterval(pace);
  for (const socket of sockets) socket.terminate();
  return {
    connectCpuSeconds: opened.cpu - start.cpu,
    connects: work.connections,
    idleRssBytesPerConnection: (idle.resident - before.resident) / work.connections,
    usedBytesPerConnection: null,
    echoCpuSeconds: echoTo.cpu - echoFrom.cpu,
    echoWallSeconds: (echoTo.wallUs - echoFrom.wallUs) / 1e6,
    echoes: measured,
    sendLagMs: null,
    latencyMs: null,
    timedOut: 0,
    failed: work.connections - sockets.length,
    skipped: 0,
  };
}

/**
 * The least a loop over ws can do. Closed loop: each socket sends again once it was answered. Open loop: a timer
 * sends to one socket after another what the rate asks for by now. Sockets in random order, as users are.
 */
function startBare(work: Work, sockets: WebSocket[], onEcho: () => void): NodeJS.Timeout {
  const payload = Buffer.alloc(work.bytes, 7);
  const order = shuffled(sockets);
  const closedLoop = work.perSec === null;
  function onMessage(this: WebSocket): void {
    onEcho();
    if (closedLoop) this.send(payload);
  }
  for (const socket of order) {
    socket.on("message", onMessage);
    if (closedLoop) socket.send(payload);
  }
  const fromUs = monotonicUs();
  let sent = 0;
  return setInterval(() => {
    const due = ((monotonicUs() - fromUs) / 1e6) * (work.perSec ?? 0);
    for (; sent < due; sent++) order[sent % order.length]?.send(payload);
  }, 1);
}

function shuffled<T>(values: readonly T[]): T[] {
  const order = [...values];
  for (let at = order.length - 1; at > 0; at--) {
    const other = draw32(1, Stream.behaviour, 0, at) % (at + 1);
    [order[at], order[other]] = [order[other] as T, order[at] as T];
  }
  return order;
}

function openAll(work: Work, sockets: WebSocket[]): Promise<void> {
  let started = 0;
  return new Promise((resolve, reject) => {
    const next = () => {
      if (started >= work.connections) return;
      started++;
      const socket = new WebSocket(work.url, {
        perMessageDeflate: false,
        skipUTF8Validation: true,
      });
      socket.once("error", reject);
      socket.once("open", () => {
        sockets.push(socket);
        if (sockets.length === work.connections) resolve();
        else next();
      });
    };
    for (let at = 0; at < HANDSHAKES; at++) next();
  });
}

const kind = process.argv[2];
const work = JSON.parse(process.argv[3] ?? "{}") as Work;
const measured = kind === "bare-ws" ? await bareWs(work) : await onrush(work);
process.stdout.write(`${JSON.stringify(measured)}\n`);
process.exit(0);
