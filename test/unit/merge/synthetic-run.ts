/**
 * Synthetic runs for tests of merge, analysis and report: a strict scenario with every default, and frames
 * as engines cut them. SyntheticEngine keeps its own cumulative totals, so its frames pass the audit.
 */

import type { RunFacts } from "../../../coordinator/merge/facts.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { makeFacts, makePlan } from "../../../coordinator/plan/plan.ts";
import type { EventBody, RunEvent } from "../../../coordinator/store/event.ts";
import { NO_AUDIT, NO_CONVERSATION, ONE_REPLY } from "../../../shared/scenario/defaults.ts";
import type { StrictScenario, StrictThreshold } from "../../../shared/scenario/strict.ts";
import {
  METRICS,
  type Metric,
  NAME_COUNTERS,
  type NameCounter,
  PHASE_COUNTERS,
  type PhaseCounter,
  SHARD_FIELDS,
  type ShardField,
  TICK_SERIES,
  type TickSeries,
} from "../../../shared/stats/counters.ts";
import { HotHistogram } from "../../../shared/stats/histogram.ts";
import type { EngineHealth, Frame } from "../../../shared/wire/frame/frame.ts";
import { encodeFrame } from "../../../shared/wire/frame/frame-codec.ts";

export function scenario(change: Partial<StrictScenario> = {}): StrictScenario {
  return {
    version: 1,
    name: "synthetic",
    seed: 1,
    vars: {},
    env: {},
    secrets: [],
    data: {},
    ...NO_CONVERSATION,
    targets: [{ url: "ws://127.0.0.1:9/", weight: 1, label: "" }],
    connect: {
      headers: [],
      subprotocols: [],
      timeoutUs: 10_000_000,
      tls: { ca: null, cert: null, key: null, servername: null, rejectUnauthorized: true },
      compression: false,
      driver: "lean",
      heartbeat: null,
      reconnect: { policy: "none", minUs: 0, maxUs: 0, attempts: 0 },
      localAddresses: "auto",
      maxMessageBytes: 1 << 20,
    },
    phases: [
      {
        phase: "warmup",
        ramp: "linear",
        to: 4,
        durationUs: 2_000_000,
        exclude: true,
        messageFactor: 1,
      },
      { phase: "steady", ramp: "hold", durationUs: 4_000_000, exclude: false, messageFactor: 1 },
    ],
    messages: {
      rate: { kind: "perConnection", perSec: 1 },
      arrival: "uniform",
      inFlight: 16,
      mix: [
        {
          name: "say",
          weight: 1,
          sequence: null,
          send: { kind: "binary", sizes: [64], fill: "random" },
          reply: { match: "echo", withinUs: 1_000_000, ...ONE_REPLY },
        },
        {
          name: "ask",
          weight: 1,
          sequence: null,
          send: { kind: "binary", sizes: [64], fill: "random" },
          reply: { match: "echo", withinUs: 1_000_000, ...ONE_REPLY },
        },
      ],
    },
    integrity: { ...NO_AUDIT, stamp: true },
    thresholds: [],
    outputs: [],
    ...change,
  };
}

export function threshold(change: Partial<StrictThreshold>): StrictThreshold {
  return {
    metric: "latency",
    rule: "p99 < 200ms",
    measure: "latency",
    selector: { phase: null, name: null },
    statistic: "p99",
    operator: "<",
    limit: 200_000,
    unit: "us",
    abort: false,
    afterUs: 0,
    ...change,
  };
}

export function facts(change: Partial<StrictScenario> = {}): RunFacts {
  const plan = makePlan({ run: "r1", scenario: scenario(change), allowTargets: [] });
  return makeFacts(plan, { createdWallMs: 1_700_000_000_000, busKind: "ipc" });
}

export const healthy: EngineHealth = {
  utilisation: 0.2,
  processCpu: 0.25,
  rssBytes: 1,
  heapUsedBytes: 1,
  heapLimitBytes: 1,
  sockets: 1,
  openFiles: 30,
  ports: 1,
  bufferedBytes: 0,
  gcCount: 0,
  loopLagMaxUs: 3000,
  throttled: 0,
  processorWait: 0,
};

export interface FrameContent {
  second?: number;
  spanSeconds?: number;
  final?: boolean;
  phases?: Record<number, Partial<Record<PhaseCounter, number>>>;
  names?: { phase: number; name: number; counters: Partial<Record<NameCounter, number>> }[];
  shards?: Record<number, Partial<Record<ShardField, number>>>;
  values?: { metric: Metric; phase: number; name?: number; us: readonly number[] }[];
  ticks?: Partial<Record<TickSeries, readonly number[]>>;
  failures?: Frame["failures"];
  closes?: Frame["closes"];
  targets?: Frame["targets"];
  roles?: Frame["roles"];
  agreed?: Frame["agreed"];
  codes?: Frame["codes"];
  scopes?: Frame["scopes"];
  reaches?: Frame["reaches"];
  events?: Frame["events"];
  controls?: Frame["controls"];
  kernel?: Frame["kernel"];
  sentinel?: Frame["sentinel"];
  health?: Partial<EngineHealth>;
  /** Lies in the cumulative totals by this much. */
  auditError?: number;
}

export class SyntheticEngine {
  readonly #engine: number;
  readonly #totals = PHASE_COUNTERS.map(() => 0);
  #values = 0;

  constructor(engine = 0) {
    this.#engine = engine;
  }

  /** The encoded body of a frame. */
  frame(content: FrameContent): Uint8Array {
    return encodeFrame(this.build(content));
  }

  build(content: FrameContent): Frame {
    const spanSeconds = content.spanSeconds ?? 1;
    const phases = Object.entries(content.phases ?? {}).map(([phase, counters]) => ({
      phase: Number(phase),
      counters: ordered(PHASE_COUNTERS, counters),
    }));
    for (const { counters } of phases) {
      for (const [at, value] of counters.entries()) this.#totals[at]! += value;
    }
    const histograms = (content.values ?? []).map(({ metric, phase, name, us }) => {
      const histogram = new HotHistogram();
      for (const value of us) histogram.record(value);
      this.#values += us.length;
      return {
        metric: METRICS.indexOf(metric),
        phase,
        name: name ?? -1,
        bytes: histogram.encode(),
      };
    });
    const counters = [...this.#totals];
    counters[0]! += content.auditError ?? 0;
    return {
      engine: this.#engine,
      second: content.second ?? 0,
      spanSeconds,
      final: content.final ?? false,
      shards: Object.entries(content.shards ?? {}).map(([shard, fields]) => ({
        shard: Number(shard),
        counters: ordered(SHARD_FIELDS, fields),
      })),
      phases,
      names: (content.names ?? []).map(({ phase, name, counters: named }) => ({
        phase,
        name,
        counters: ordered(NAME_COUNTERS, { expected: settledOf(named), ...named }),
      })),
      histograms,
      ticks: TICK_SERIES.map((series) => {
        const given = content.ticks?.[series] ?? [];
        return Array.from({ length: spanSeconds * 10 }, (_, at) => given[at] ?? 0);
      }),
      failures: content.failures ?? [],
      closes: content.closes ?? [],
      targets: content.targets ?? [],
      roles: content.roles ?? [],
      agreed: content.agreed ?? [],
      codes: content.codes ?? [],
      scopes: content.scopes ?? [],
      reaches: content.reaches ?? [],
      events: content.events ?? [],
      controls: content.controls ?? [],
      ...(content.kernel !== undefined && { kernel: content.kernel }),
      ...(content.sentinel !== undefined && { sentinel: content.sentinel }),
      health: { ...healthy, ...content.health },
      cumulative: { counters, histogramValues: this.#values },
    };
  }
}

/** What expected a reply, when a frame only says what became of it. */
function settledOf(named: Partial<Record<NameCounter, number>>): number {
  const { matched = 0, timedOut = 0, unanswered = 0, corruptReplies = 0 } = named;
  return matched + timedOut + unanswered + corruptReplies;
}

export function ordered<T extends string>(
  names: readonly T[],
  values: Partial<Record<T, number>>,
): number[] {
  return names.map((name) => values[name] ?? 0);
}

/** Applies events with made-up times. */
export function tell(fold: RunFold, ...events: EventBody[]): void {
  tellAt(fold, 6_100_000, ...events);
}

/** Applies events of one moment: run time, microseconds. */
export function tellAt(fold: RunFold, elapsedUs: number, ...events: EventBody[]): void {
  for (const body of events) {
    const event = { ...body, wallMs: 1_700_000_000_000, elapsedUs } as RunEvent;
    fold.apply({ type: "event", event });
  }
}

export function merge(fold: RunFold, epoch: number, bodies: readonly Uint8Array[]): void {
  for (const [seq, body] of bodies.entries()) {
    fold.apply({ type: "frame", epoch, seq, body, late: false });
  }
}

export function joined(epoch: number, engines = 1): EventBody {
  const size = { engines, capacity: 1000, fenceAfterMs: 20_000 };
  return { type: "worker-joined", epoch, id: `w${epoch}`, host: "h", ...size, generation: "g" };
}

/** The worker is lost, without slices unless told. */
export function lost(epoch: number, reason: string, slices: readonly number[] = []): EventBody {
  const unseen = { reportedUs: null, open: 0, opensAtMost: 0, messagesAtMost: 0 };
  return { type: "worker-lost", epoch, id: `w${epoch}`, reason, slices, ...unseen };
}

/** The events around a run of one worker that went well; frames go between the two halves. */
export function begun(fold: RunFold, ...epochs: number[]): void {
  tell(
    fold,
    ...(epochs.length > 0 ? epochs : [1]).map((epoch) => joined(epoch)),
    { type: "start", startAtUs: 1, startWallMs: 1_700_000_000_500 },
    { type: "state", from: "ready", to: "running" },
  );
}

export function ended(fold: RunFold, lastSeqs: Record<number, number>): void {
  tell(
    fold,
    ...Object.entries(lastSeqs).map(
      ([epoch, lastSeq]): EventBody => ({
        type: "worker-finished",
        epoch: Number(epoch),
        lastSeq,
      }),
    ),
    { type: "state", from: "running", to: "merging" },
    { type: "state", from: "merging", to: "done" },
  );
}

/**
 * Frames of one engine that plays the default scenario by the book: 4 connections on shards 0..3, opened in
 * second 0, 2 messages a second for each, closed in second 6.
 */
export function goodFrames(engine = new SyntheticEngine()): Uint8Array[] {
  const shards = (fields: Partial<Record<ShardField, number>>) => ({
    0: fields,
    1: fields,
    2: fields,
    3: fields,
    4: {},
    5: {},
    6: {},
    7: {},
  });
  const bodies = [
    engine.frame({
      second: 0,
      phases: { 0: { attempted: 4, established: 4 } },
      shards: shards({ attempted: 1, established: 1, open: 1 }),
      values: [{ metric: "connect", phase: 0, us: [900, 1000, 1100, 1200] }],
      ticks: { open: [1, 2, 3, 4, 4, 4, 4, 4, 4, 4], opened: [1, 1, 1, 1] },
    }),
  ];
  for (let second = 1; second < 6; second++) {
    const phase = second < 2 ? 0 : 1;
    const us = [500, 1000, 1500, 20_000];
    bodies.push(
      engine.frame({
        second,
        phases: { [phase]: traffic(8) },
        names: [0, 1].map((name) => ({
          phase,
          name,
          counters: { sent: 4, expected: 4, matched: 4 },
        })),
        values: [
          { metric: "latency", phase, name: 0, us },
          { metric: "latency", phase, name: 1, us },
          { metric: "service", phase, name: 0, us },
          { metric: "service", phase, name: 1, us },
          { metric: "sendLag", phase, us: us.map((value) => value / 10) },
          { metric: "loopLag", phase, us: [10, 20, 30] },
        ],
        ticks: { open: Array(10).fill(4), sent: [8], received: [0, 8] },
      }),
    );
  }
  bodies.push(
    engine.frame({
      second: 6,
      final: true,
      phases: { 0: { closed: 4 } },
      shards: shards({ closed: 1, open: 0 }),
      ticks: { closed: [4] },
      closes: [{ cause: "plan", count: 4 }],
    }),
  );
  return bodies;
}

function traffic(count: number): Partial<Record<PhaseCounter, number>> {
  return {
    planned: count,
    sent: count,
    expected: count,
    matched: count,
    received: count,
    bytesSent: count * 64,
    bytesReceived: count * 64,
  };
}

/** A finished run of the default scenario in which all went well. */
export function goodRun(change: Partial<StrictScenario> = {}): RunFold {
  const fold = new RunFold(facts(change));
  const bodies = goodFrames();
  begun(fold);
  merge(fold, 1, bodies);
  ended(fold, { 1: bodies.length - 1 });
  return fold;
}
