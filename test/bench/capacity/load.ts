/**
 * The run that the capacity benchmark has a coordinator carry: the scenario, and frames as its workers would send them, made
 * by the production recorder and encoder. Used by synthetic-workers.ts and by both programs of the benchmark.
 * Invariant: frames obey every law of the ledger and the plan to the last connection, so the run has to end balanced.
 */
import { NO_AUDIT, NO_CONVERSATION, ONE_REPLY } from "../../../shared/scenario/defaults.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import { PHASE_COUNTERS, SHARD_FIELDS } from "../../../shared/stats/counters.ts";
import { draw32, Stream } from "../../../shared/time/random.ts";
import type { Frame } from "../../../shared/wire/frame/frame.ts";
import { COUNT, METRIC, Recorder } from "../../../worker/record/recorder.ts";

/** Of each shard; the plan has 4096 shards for so many connections. */
export const SHARD_CONNECTIONS = 250;
export const SHARDS = 4096;
const MESSAGES_PER_CONNECTION = 0.2;
const SECOND_US = 1_000_000;
const CUMULATIVE_EVERY = 10;
/** Templates a frame is drawn from; every frame of a second is another one, and so is a worker's next. */
const VARIANTS = 48;
const SEED = 9;

export interface Spans {
  readonly rampSeconds: number;
  readonly steadySeconds: number;
  readonly downSeconds: number;
}

const MIX = [
  { name: "small", weight: 6, bytes: 100 },
  { name: "medium", weight: 3, bytes: 1024 },
  { name: "large", weight: 1, bytes: 4096 },
];
const WEIGHTS = MIX.reduce((sum, { weight }) => sum + weight, 0);

export function capacityScenario({
  rampSeconds,
  steadySeconds,
  downSeconds,
}: Spans): StrictScenario {
  const phase = (name: string, seconds: number) => ({
    ...{ phase: name, exclude: false, durationUs: seconds * SECOND_US, messageFactor: 1 },
  });
  const rule = (
    metric: "connect" | "latency",
    text: string,
    limit: number,
    inPhase: string | null,
  ) => ({
    ...{ metric, rule: text, measure: metric, statistic: "p99", operator: "<" as const, limit },
    ...{ selector: { phase: inPhase, name: null }, unit: "us" as const, abort: true, afterUs: 0 },
  });
  return {
    ...NO_CONVERSATION,
    ...{ version: 1, name: "capacity", seed: SEED, vars: {}, env: {}, secrets: [], data: {} },
    ...NO_CONVERSATION,
    targets: [{ url: "ws://127.0.0.1:9/", weight: 1, label: "target" }],
    connect: {
      ...{ headers: [], subprotocols: [], timeoutUs: 10 * SECOND_US, compression: false },
      tls: { ca: null, cert: null, key: null, servername: null, rejectUnauthorized: true },
      ...{ driver: "lean", heartbeat: null, localAddresses: "auto", maxMessageBytes: 1 << 20 },
      reconnect: { policy: "none", minUs: 0, maxUs: 0, attempts: 0 },
    },
    phases: [
      { ...phase("ramp", rampSeconds), ramp: "linear", to: SHARDS * SHARD_CONNECTIONS },
      { ...phase("steady", steadySeconds), ramp: "hold" },
      { ...phase("down", downSeconds), ramp: "linear", to: 0 },
    ],
    messages: {
      rate: { kind: "perConnection", perSec: MESSAGES_PER_CONNECTION },
      ...{ arrival: "poisson", inFlight: 64 },
      mix: MIX.map(({ name, weight, bytes }) => ({
        ...{
          name,
          weight,
          sequence: null,
          send: { kind: "binary", sizes: [bytes], fill: "random" } as const,
        },
        reply: { match: "echo", withinUs: 2 * SECOND_US, ...ONE_REPLY } as const,
      })),
    },
    integrity: { ...NO_AUDIT, stamp: true },
    thresholds: [
      rule("connect", "p99 < 1s", SECOND_US, null),
      rule("latency", "p99 < 500ms", SECOND_US / 2, "steady"),
    ],
    outputs: [],
  };
}

interface Template {
  readonly frame: Frame;
  readonly counters: readonly number[];
  readonly values: number;
}

/** What one worker has said so far. */
export interface WorkerCounts {
  readonly counters: Float64Array;
  values: number;
  frames: number;
}

export function newCounts(): WorkerCounts {
  return { counters: new Float64Array(PHASE_COUNTERS.length), values: 0, frames: 0 };
}

export class FrameMaker {
  readonly #spans: Spans;
  readonly #templates = new Map<string, readonly Template[]>();
  #drawn = 0;

  constructor(spans: Spans) {
    this.#spans = spans;
  }

  get seconds(): number {
    const { rampSeconds, steadySeconds, downSeconds } = this.#spans;
    return rampSeconds + steadySeconds + downSeconds;
  }

  /** The frame of one second of a worker; the last one, after all seconds, is final. */
  frame(shards: readonly number[], second: number, counts: WorkerCounts): Frame {
    const final = second === this.seconds;
    const { opened, closed, open } = this.#connections(second);
    const template = this.#template(second, shards.length, { opened, open, closed });
    counts.frames++;
    template.counters.forEach((value, at) => {
      counts.counters[at] = (counts.counters[at] as number) + value;
    });
    counts.values += template.values;
    const row = [opened, opened, 0, closed, open];
    const changed = opened + closed > 0 || final;
    return {
      ...template.frame,
      ...{ second, final },
      shards: changed ? shards.map((shard) => ({ shard, counters: row })) : [],
      cumulative:
        final || counts.frames % CUMULATIVE_EVERY === 0
          ? { counters: Array.from(counts.counters), histogramValues: counts.values }
          : null,
    };
  }

  /** Of one shard in one second; the plan's ramps have no remainder. */
  #connections(second: number): { opened: number; closed: number; open: number } {
    const { rampSeconds, steadySeconds, downSeconds } = this.#spans;
    const perSecond = SHARD_CONNECTIONS / rampSeconds;
    const perSecondDown = SHARD_CONNECTIONS / downSeconds;
    if (second < rampSeconds) {
      return { opened: perSecond, closed: 0, open: perSecond * (second + 1) };
    }
    const down = second - rampSeconds - steadySeconds;
    if (down < 0) return { opened: 0, closed: 0, open: SHARD_CONNECTIONS };
    if (second === this.seconds) return { opened: 0, closed: 0, open: 0 };
    const open = SHARD_CONNECTIONS - perSecondDown * (down + 1);
    return { opened: 0, closed: perSecondDown, open };
  }

  #template(
    second: number,
    shards: number,
    { opened, open, closed }: { opened: number; open: number; closed: number },
  ): Template {
    const { rampSeconds, steadySeconds } = this.#spans;
    const phase = second < rampSeconds ? 0 : second < rampSeconds + steadySeconds ? 1 : 2;
    const key = `${phase}|${shards}|${open}`;
    let variants = this.#templates.get(key);
    if (!variants) {
      const sizes = {
        phase,
        opened: opened * shards,
        open: open * shards,
        closed: closed * shards,
      };
      // While connections come and go each second has templates of its own; few of each are enough.
      const count = phase === 1 ? VARIANTS : VARIANTS / 8;
      variants = Array.from({ length: count }, (_, variant) => makeTemplate(sizes, variant));
      if (phase !== 1) this.#templates.clear();
      this.#templates.set(key, variants);
    }
    const at = draw32(SEED, Stream.behaviour, 1, this.#drawn++) % variants.length;
    return variants[at] as Template;
  }
}

interface Sizes {
  readonly phase: number;
  readonly opened: number;
  readonly open: number;
  readonly closed: number;
}

let draws = 0;
function unit(): number {
  return (draw32(SEED, Stream.behaviour, 2, draws++) + 0.5) / 2 ** 32;
}

/** Log-normal around a median (Box, Muller). */
function around(medianUs: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(unit())) * Math.cos(2 * Math.PI * unit());
  return medianUs * Math.exp(sigma * normal);
}

function makeTemplate(sizes: Sizes, variant: number): Template {
  const { phase, opened, open, closed } = sizes;
  const recorder = new Recorder({ phases: 3, names: MIX.length, shards: 1 });
  recorder.begin(0);
  const messages = Math.round(open * MESSAGES_PER_CONNECTION * (0.9 + 0.2 * unit()));
  const medianUs = 600 + 40 * variant;
  recorder.count(phase, COUNT.planned, messages);
  recorder.count(phase, COUNT.expected, messages);
  for (let message = 0; message < messages; message++) {
    const name = nameOf(unit() * WEIGHTS);
    const bytes = MIX[name]?.bytes ?? 0;
    const [lagUs, serviceUs] = [around(500, 0.4), around(medianUs, 0.6)];
    recorder.value(METRIC.sendLag, phase, lagUs);
    recorder.sent(phase, name, bytes);
    recorder.received(phase, 0, bytes);
    recorder.matched(phase, name, lagUs + serviceUs, serviceUs);
  }
  for (const counter of [COUNT.attempted, COUNT.established]) recorder.count(0, counter, opened);
  recorder.count(0, COUNT.closed, closed);
  for (let connection = 0; connection < opened; connection++) {
    const [lagUs, tcpUs, upgradeUs] = [around(300, 0.5), around(200, 0.4), around(900, 0.5)];
    recorder.value(METRIC.openLag, 0, lagUs);
    recorder.value(METRIC.tcp, 0, tcpUs);
    recorder.value(METRIC.upgrade, 0, upgradeUs);
    recorder.value(METRIC.connect, 0, lagUs + tcpUs + upgradeUs);
  }
  for (let turn = 0; turn < 1000; turn++) recorder.value(METRIC.loopLag, phase, around(90, 0.7));
  for (let pause = 0; pause < 3; pause++) recorder.value(METRIC.gcPause, phase, around(700, 0.5));
  return templateOf(recorder.cut(0, HEALTH, false), { ...sizes, messages });
}

const HEALTH: Frame["health"] = {
  ...{ utilisation: 0.4, processCpu: 0.42, rssBytes: 1.4e8, heapUsedBytes: 3e7 },
  ...{ heapLimitBytes: 4e9, sockets: 2000, openFiles: 2040, ports: 2000, bufferedBytes: 0 },
  ...{ gcCount: 3, loopLagMaxUs: 2500, throttled: 0, processorWait: 0 },
};

function templateOf(frame: Frame, sizes: Sizes & { readonly messages: number }): Template {
  const spread = (count: number) =>
    Array.from(
      { length: 10 },
      (_, tick) => Math.floor((count * (tick + 1)) / 10) - Math.floor((count * tick) / 10),
    );
  const { opened, open, closed, messages } = sizes;
  const before = open - opened + closed;
  const gauge = spread(open - before).map((_, tick, deltas) =>
    deltas.slice(0, tick + 1).reduce((sum, delta) => sum + delta, before),
  );
  const counters = PHASE_COUNTERS.map((_, at) =>
    frame.phases.reduce((sum, phase) => sum + (phase.counters[at] ?? 0), 0),
  );
  const values = 3 * messages + 4 * opened + 1003;
  const none = spread(0);
  return {
    ...{ counters, values },
    frame: {
      ...frame,
      ticks: [gauge, spread(opened), spread(closed), none, spread(messages), spread(messages)],
      closes: closed > 0 ? [{ cause: "plan", count: closed }] : [],
    },
  };
}

function nameOf(weight: number): number {
  let left = weight;
  for (const [name, message] of MIX.entries()) {
    left -= message.weight;
    if (left < 0) return name;
  }
  return MIX.length - 1;
}

/** The order of the row in frame(). */
if (SHARD_FIELDS.join() !== "attempted,established,failed,closed,open") {
  throw new Error("the benchmark's shard rows do not fit SHARD_FIELDS");
}
