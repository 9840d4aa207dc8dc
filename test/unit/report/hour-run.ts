/**
 * A run of one hour as a journal holds it: five phases, two targets, two messages, a bad quarter
 * of an hour at the target and a bad minute at the generator. Its ledger balances; every number is a function of
 * the second.
 */

import { mkdir } from "node:fs/promises";
import { phaseSpans } from "../../../coordinator/merge/facts.ts";
import type { EventBody, RunEvent } from "../../../coordinator/store/event.ts";
import { openJournal, PENDING_BYTES_BOUND } from "../../../coordinator/store/journal.ts";
import type { JournalRecord } from "../../../coordinator/store/journal-record.ts";
import { runPath } from "../../../coordinator/store/run-directory.ts";
import { ONE_REPLY } from "../../../shared/scenario/defaults.ts";
import {
  type Metric,
  TARGET_COUNTERS,
  type TargetCounter,
} from "../../../shared/stats/counters.ts";
import type { FailureKind } from "../../../shared/stats/failure-kind.ts";
import type { FailureGroup } from "../../../shared/wire/frame/frame.ts";
import { facts, joined, SyntheticEngine, threshold } from "../merge/synthetic-run.ts";

const SECOND_US = 1_000_000;
const phase = (name: string, seconds: number, exclude = false) => ({
  phase: name,
  durationUs: seconds * SECOND_US,
  exclude,
  messageFactor: 1,
});
const reply = { match: "echo", withinUs: 2_000_000, ...ONE_REPLY } as const;
const send = { kind: "binary", sizes: [256], fill: "random" } as const;

export const hourFacts = facts({
  name: "checkout-push-hour",
  seed: 42,
  targets: [
    { url: "wss://push-a.example/ws", weight: 1, label: "eu-west" },
    { url: "wss://push-b.example/ws?token=***", weight: 1, label: "" },
  ],
  phases: [
    { ...phase("warmup", 300, true), ramp: "linear", to: 4000 },
    { ...phase("steady", 1500), ramp: "hold" },
    { ...phase("storm", 600), ramp: "burst", to: 9000 },
    { ...phase("shape", 900), ramp: "step", to: 6000, steps: 3 },
    { ...phase("down", 300), ramp: "linear", to: 0 },
  ],
  messages: {
    rate: { kind: "perConnection", perSec: 0.05 },
    arrival: "poisson",
    inFlight: 16,
    mix: [
      { name: "say", weight: 3, sequence: null, send, reply },
      { name: "typing", weight: 1, sequence: null, send, reply },
    ],
  },
  thresholds: [
    threshold({ rule: "p50 < 50ms", statistic: "p50", limit: 50_000 }),
    threshold({ rule: "p99 < 250ms", limit: 250_000 }),
    threshold({
      metric: "latency{phase=steady}",
      rule: "p95 < 100ms",
      statistic: "p95",
      limit: 100_000,
      selector: { phase: "steady", name: null },
    }),
    threshold({
      metric: "connect",
      rule: "failed < 1%",
      measure: "connect",
      statistic: "failed",
      limit: 0.01,
      unit: "share",
    }),
    threshold({
      metric: "delivery",
      rule: "lost == 0",
      measure: "delivery",
      statistic: "lost",
      operator: "==",
      limit: 0,
      unit: "count",
    }),
  ],
});

const DURATION = hourFacts.durationUs / SECOND_US;
const spans = phaseSpans(hourFacts.scenario);
const phaseOf = (second: number) =>
  Math.min(4, spans.filter(({ toUs }) => toUs <= second * SECOND_US).length);
const isBad = (second: number) => second >= 1805 && second < 2100;

/** Always the same noise: a low-discrepancy sequence in place of chance. */
const noise = (n: number) => (n * 0.618_033_988_75) % 1;

function latencies(second: number, worker: number, name: number, replies: number): number[] {
  const base = (name === 0 ? 9000 : 3500) * (isBad(second) ? 4 : 1 + 0.4 * Math.sin(second / 190));
  const values = Array.from({ length: replies }, (_, at) => {
    const u = noise(second * 31 + worker * 7 + name * 3 + at);
    return base * (0.6 + u + (u > 0.96 ? 8 * u : 0));
  });
  // A pause of the target once a minute, and retransmissions.
  if (second % 60 === 30) values.push(220_000, 410_000);
  if (second % 17 === 0) values.push(203_000);
  return values;
}

function failuresOf(second: number, worker: number): FailureGroup[] {
  const group = (kind: FailureKind, signature: string, count: number): FailureGroup => ({
    kind,
    signature,
    phase: phaseOf(second),
    target: kind === "close-code" ? 1 : worker,
    count,
    sample: {
      connection: second % 9000,
      attempt: 0,
      atUs: second * SECOND_US + 1000,
      ageUs: kind === "upgrade-status" ? 0 : 65_000_000,
      detail: `${signature} from the gateway`,
    },
  });
  const groups: FailureGroup[] = [];
  if (isBad(second)) groups.push(group("upgrade-status", "503", 6));
  if (isBad(second) && second % 3 === 0) groups.push(group("reply-timeout", "within 2 s", 2));
  if (second % 97 === 0) groups.push(group("close-code", "1013 try again later", 1));
  return groups;
}

/** A value for every connection opened: lag of the generator, DNS once in a while, TCP, TLS, upgrade. */
function stageValues(opened: number, phase: number, second: number) {
  if (opened === 0) return [];
  const scale = { openLag: 0.2, tcp: 0.5, tls: 2, upgrade: 1, connect: 3.7 } as const;
  const values = (Object.keys(scale) as (keyof typeof scale)[]).map((metric) => ({
    metric: metric as Metric,
    phase,
    us: Array.from({ length: opened }, (_, at) => {
      const u = noise(second * 13 + at);
      return 1400 * scale[metric] * (0.6 + u + (u > 0.97 ? 6 : 0));
    }),
  }));
  return second % 30 === 0 ? [...values, { metric: "dns" as Metric, phase, us: [2100] }] : values;
}

function lifetimes(closed: number, second: number): number[] {
  return Array.from({ length: closed }, (_, at) => (second - 300 * noise(at)) * SECOND_US);
}

interface Turn {
  readonly worker: number;
  readonly second: number;
  readonly size: HourSize;
}

function frameOf(engine: SyntheticEngine, { worker, second, size }: Turn): Uint8Array {
  const planned = (at: number) =>
    Math.floor(((hourFacts.plannedOpen[at] ?? 0) + worker) / size.workers);
  const before = second === 0 ? 0 : planned(second - 1);
  const open = second >= DURATION ? 0 : planned(second);
  const opened = Math.max(0, open - before);
  const closed = Math.max(0, before - open);
  const failures = failuresOf(second, worker);
  const failed = isBad(second) ? 6 : 0;
  const timeouts = failures.find(({ kind }) => kind === "reply-timeout")?.count ?? 0;
  const at = phaseOf(second);
  const late = worker === 1 && second >= 3000 && second < 3060;
  const us = [0, 1].map((name) => (open > 0 ? latencies(second, worker, name, size.replies) : []));
  const matched = us.reduce((sum, values) => sum + values.length, 0);
  const sent = matched + (us[0]?.length ? timeouts : 0);
  const lagUs = late ? 90_000 : 300 + 500 * noise(second);
  const ofTarget: Partial<Record<TargetCounter, number>> = {
    ...{ attempted: opened + failed, established: opened, failed, reconnects: failed },
    ...{ sent, expected: sent, matched, timedOut: sent - matched },
  };
  return engine.frame({
    second,
    final: second === DURATION,
    targets: [
      { phase: at, target: 0, counters: TARGET_COUNTERS.map((name) => ofTarget[name] ?? 0) },
    ],
    phases: {
      [at]: {
        attempted: opened + failed,
        established: opened,
        failed,
        reconnects: failed,
        closed,
        ...{ planned: sent, sent, expected: sent, matched, timedOut: sent - matched },
        ...{ received: matched, bytesSent: sent * 256, bytesReceived: matched * 256 },
      },
    },
    shards: { [worker]: { attempted: opened + failed, established: opened, failed, closed, open } },
    names: us.flatMap((values, name) =>
      values.length === 0
        ? []
        : [
            {
              phase: at,
              name,
              counters: {
                sent: values.length + (name === 0 ? sent - matched : 0),
                expected: values.length + (name === 0 ? sent - matched : 0),
                matched: values.length,
                timedOut: name === 0 ? sent - matched : 0,
              },
            },
          ],
    ),
    values: [
      ...us.flatMap((values, name) =>
        values.length === 0
          ? []
          : [
              { metric: "latency" as const, phase: at, name, us: values.map((v) => v + lagUs) },
              { metric: "service" as const, phase: at, name, us: values },
            ],
      ),
      { metric: "sendLag", phase: at, us: Array(20).fill(lagUs) },
      { metric: "loopLag", phase: at, us: [80, 200, lagUs] },
      ...stageValues(opened, at, second),
      ...(closed > 0
        ? [{ metric: "lifetime" as const, phase: 0, us: lifetimes(closed, second) }]
        : []),
    ],
    ticks: {
      open: Array.from({ length: 10 }, () => open),
      ...{
        opened: [opened],
        closed: [closed],
        failed: [failed],
        sent: [sent],
        received: [matched],
      },
    },
    failures,
    closes: closed > 0 ? [{ cause: "plan", count: closed }] : [],
    health: { utilisation: late ? 0.99 : 0.3 + 0.1 * noise(second), loopLagMaxUs: lagUs * 2 },
  });
}

export interface HourSize {
  readonly workers: number;
  /** Of each message, a second and worker, at least. */
  readonly replies: number;
}

const SMALL: HourSize = { workers: 2, replies: 24 };

/** The journal, record by record. */
export function* hourRecords(size: HourSize = SMALL): Generator<JournalRecord> {
  const event = (body: EventBody): JournalRecord => ({
    type: "event",
    event: { ...body, wallMs: 1_700_000_000_000, elapsedUs: DURATION * SECOND_US } as RunEvent,
  });
  const epochs = Array.from({ length: size.workers }, (_, worker) => worker + 1);
  yield { type: "header", header: hourFacts };
  for (const epoch of epochs) {
    yield event({ ...joined(epoch), id: `load-${epoch}`, host: "load.example" } as EventBody);
  }
  yield event({ type: "start", startAtUs: 1, startWallMs: 1_700_000_000_500 });
  yield event({ type: "state", from: "ready", to: "running" });
  const engines = epochs.map(() => new SyntheticEngine());
  for (let second = 0; second <= DURATION; second++) {
    for (const [worker, engine] of engines.entries()) {
      const body = frameOf(engine, { worker, second, size });
      yield { type: "frame", epoch: worker + 1, seq: second, body, late: false };
    }
  }
  for (const epoch of epochs) yield event({ type: "worker-finished", epoch, lastSeq: DURATION });
  yield event({ type: "state", from: "running", to: "merging" });
  yield event({ type: "state", from: "merging", to: "done" });
}

/** A run directory with that journal. */
export async function writeHour(directory: string, size?: HourSize): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { journal } = await openJournal(runPath.journal(directory));
  for (const record of hourRecords(size)) {
    journal.append(record);
    if (journal.pendingBytes > PENDING_BYTES_BOUND) await journal.sync();
  }
  await journal.close();
}
