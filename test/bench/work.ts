/** The work both generators do in a benchmark, and the scenario that says it to an engine. */
import type { StrictScenario } from "../../shared/scenario/strict.ts";

export interface Work {
  readonly url: string;
  readonly connections: number;
  readonly bytes: number;
  readonly driver: "lean" | "ws";
  readonly rampSeconds: number;
  readonly idleSeconds: number;
  readonly warmUpSeconds: number;
  readonly measureSeconds: number;
  /** Messages per second over all connections; null: each connection sends again once it was answered. */
  readonly perSec: number | null;
  /** Verify payloads, and look for loss, duplicates and reordering. */
  readonly stamp: boolean;
  readonly match: "echo" | "none";
}

/** More than any target answers: with one message in flight the next is always due. */
const SATURATING_PER_CONNECTION = 200;
const SECOND_US = 1_000_000;

/** Ramp faster than one core opens connections, then hold without messages, then with them. */
export function benchScenario(work: Work): StrictScenario {
  const phase = (name: string, seconds: number, messageFactor: number) => ({
    phase: name,
    exclude: false,
    durationUs: seconds * SECOND_US,
    messageFactor,
  });
  const closedLoop = work.perSec === null;
  return {
    version: 1,
    name: "bench",
    seed: 1,
    vars: {},
    env: {},
    secrets: [],
    data: {},
    targets: [{ url: work.url, weight: 1, label: "target" }],
    connect: {
      headers: [],
      subprotocols: [],
      timeoutUs: 30 * SECOND_US,
      tls: { ca: null, cert: null, key: null, servername: null, rejectUnauthorized: true },
      compression: false,
      driver: work.driver,
      heartbeat: null,
      reconnect: { policy: "none", minUs: 0, maxUs: 0, attempts: 0 },
      localAddresses: "auto",
      maxMessageBytes: 1 << 20,
    },
    phases: [
      { ...phase("ramp", work.rampSeconds, 0), ramp: "linear", to: work.connections },
      { ...phase("idle", work.idleSeconds, 0), ramp: "hold" },
      { ...phase("echo", work.warmUpSeconds + work.measureSeconds + 5, 1), ramp: "hold" },
    ],
    messages: {
      rate: {
        kind: "perConnection",
        perSec: closedLoop ? SATURATING_PER_CONNECTION : (work.perSec ?? 0) / work.connections,
      },
      arrival: "poisson",
      inFlight: closedLoop ? 1 : 64,
      mix: [
        {
          name: "echo",
          weight: 1,
          send: { kind: "binary", sizes: [work.bytes], fill: "random" },
          reply:
            work.match === "echo" ? { match: "echo", withinUs: 10 * SECOND_US } : { match: "none" },
        },
      ],
    },
    integrity: { stamp: work.stamp },
    thresholds: [],
    outputs: [],
  };
}
