/** A summary, a live view and a scenario as the real ones look, for tests of what is shown. */

import type { LiveView } from "../../../coordinator/live/view.ts";
import {
  type Quantiles,
  type Summary,
  summarySchema,
} from "../../../coordinator/report/summary-schema.ts";

export function quantiles(ms: number): Quantiles {
  return {
    count: 1000,
    min: ms / 2,
    mean: ms,
    p50: ms,
    p75: ms * 1.2,
    p90: ms * 1.5,
    p95: ms * 1.7,
    p99: ms * 2,
    p999: ms * 3,
    p9999: ms * 4,
    max: ms * 5,
  };
}

const messages = {
  planned: 8000,
  sent: 7990,
  discarded: 0,
  skipped: 10,
  skippedBy: { notOpen: 10, behind: 0, backpressure: 0 },
  received: 7990,
  expected: 7990,
  matched: 7985,
  rejected: null,
  timedOut: 5,
  unanswered: 0,
  late: 5,
  ambiguous: 0,
  unsolicited: 0,
  recognised: 0,
  parts: null,
  lost: 0,
  duplicated: 0,
  reordered: 0,
  corrupt: 0,
  leaked: 0,
  bytesSent: 4_200_000,
  bytesReceived: 4_100_000,
  latencyMs: quantiles(10),
  serviceMs: quantiles(8),
};

/** A passed run; `changes` are laid over it. Checked against the published schema. */
export function sampleSummary(changes: Partial<Summary> = {}): Summary {
  const summary: Summary = {
    schema: 1,
    run: "20261120-224501-echo-x7f2",
    name: "echo",
    verdict: "pass",
    exitCode: 0,
    reason: null,
    started: true,
    warnings: [],
    startedAt: "2026-11-20T22:45:01.000Z",
    durationSeconds: 28.2,
    validity: {
      valid: true,
      reasons: [],
      notes: [],
      notJudged: [],
      disturbedSeconds: 0,
      sendLagMs: quantiles(1),
      deliveredShare: 0.99875,
      maskedSeconds: 0,
      ledger: { balanced: true, differences: {} },
      framesMissing: 0,
    },
    connections: {
      planned: 10_000,
      attempted: 10_000,
      established: 9_990,
      failed: 10,
      failedByKind: { "tcp-refused": 8, "upgrade-status": 2 },
      closedByCause: { plan: 9_989, peer: 1 },
      dropped: 1,
      failedByStatus: { 503: 2 },
      closedByCode: { 1001: 1 },
      agreed: [{ protocol: "", extensions: "", count: 9_990 }],
      lostWithWorker: 0,
      openAtEnd: 0,
      peak: 9_990,
      reconnects: 0,
      connectMs: quantiles(4),
      openLagMs: quantiles(1),
      lifetimeMs: quantiles(60_000),
      stages: { dnsMs: null, tcpMs: quantiles(1), tlsMs: null, upgradeMs: quantiles(3) },
    },
    messages: {
      ...messages,
      byName: {
        say: {
          ...{
            sent: 7990,
            expected: 7990,
            matched: 7985,
            rejected: null,
            timedOut: 5,
            unanswered: 0,
          },
          ...{ corruptReplies: 0, late: 5, latencyMs: quantiles(10) },
        },
      },
    },
    push: {},
    sequences: {},
    availability: null,
    phases: [
      {
        phase: "steady",
        excluded: false,
        from: 0,
        to: 28_000,
        connections: {
          attempted: 10_000,
          established: 9_990,
          failed: 10,
          closed: 9_990,
          dropped: 1,
          reconnects: 0,
          connectMs: quantiles(4),
        },
        messages: { ...messages, sendLagMs: quantiles(1) },
      },
    ],
    faults: [],
    failures: [],
    findings: [],
    capacity: null,
    thresholds: [
      {
        metric: "latency",
        rule: "p99 < 200ms",
        observed: 20,
        limit: 200,
        passed: true,
        reason: null,
      },
    ],
    workers: [
      {
        id: "worker-1",
        epoch: 1,
        end: "finished",
        startSkewMs: 1,
        clockErrorMs: 0.1,
        lateFrames: 0,
        host: "here",
        engines: 1,
        peakConnections: 9_990,
        cpu: 0.4,
        loopLagMs: quantiles(1),
        saturatedSeconds: 0,
      },
    ],
    lostWorkers: [],
    overrun: { frames: 0, attempted: 0, established: 0, closed: 0, sent: 0, received: 0 },
    baseline: null,
    ...changes,
  };
  return summarySchema.parse(summary);
}

export function sampleView(changes: Partial<LiveView> = {}): LiveView {
  return {
    run: "20261120-224501-echo-x7f2",
    name: "echo",
    state: "running",
    elapsedUs: 12_000_000,
    durationUs: 28_000_000,
    phase: { name: "steady", index: 1, count: 3 },
    workers: 2,
    plannedOpen: 10_000,
    open: 9_998,
    connections: { attempted: 10_000, established: 9_998, failed: 2 },
    messages: { sent: 50_000, matched: 49_900, timedOut: 3, received: 49_900, skipped: 0 },
    rates: { opensPerSec: 0, sentPerSec: 8012, receivedPerSec: 8001 },
    latencyUs: { p50: 1200, p90: 3100, p99: 12_300, max: 40_000 },
    push: [],
    failures: [],
    generator: {
      ...{ sendLagP99Us: 1100, loopLagMaxUs: 4000, utilisation: 0.34, saturated: false },
      reasons: [],
    },
    thresholds: [{ metric: "latency", rule: "p99 < 200ms", observed: 12.3, passed: true }],
    ...changes,
  };
}
