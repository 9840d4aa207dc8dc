/** The work both generators do in a benchmark, and the scenario that says it to an engine. */
import { NO_AUDIT, NO_CONVERSATION, ONE_REPLY } from "../../shared/scenario/defaults.ts";
import type { StrictMessage, StrictScenario } from "../../shared/scenario/strict.ts";
import type { StrictFlow, StrictStep } from "../../shared/scenario/strict-conversation.ts";
import type { StrictFault } from "../../shared/scenario/strict-fault.ts";

const SECOND_US = 1_000_000;

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
  /** Binary of `bytes` bytes by default; `json` has an id of its own, and its reply is told by it. */
  readonly message?: "json";
  /** What acts while messages are exchanged, on so many connections. */
  readonly fault?: { readonly act: StrictFault["act"]; readonly count: number };
  /** Connections take five steps first, and then wait in a loop beside their messages. */
  readonly steps?: true;
}

/** A small message that comes back. */
function exchange(name: string): StrictStep {
  const reply = { match: "next", ...ONE_REPLY, withinUs: 10 * SECOND_US } as const;
  return { kind: "send", name, send: { kind: "text", text: "hello" }, reply, onFail: "close" };
}

const wait = (meanUs: number): StrictStep => ({ kind: "wait", wait: { kind: "fixed", meanUs } });

const FLOW: StrictFlow = {
  before: [],
  open: [
    exchange("hello"),
    wait(SECOND_US / 10),
    { kind: "ping", name: "ping", withinUs: 10 * SECOND_US, onFail: "close" },
    exchange("again"),
    { kind: "mark", name: "in" },
  ],
  loops: [{ name: "loop", steps: [wait(3600 * SECOND_US)] }],
  close: [],
};

/** About what a message of a chat or a game looks like: 129 bytes. */
export const JSON_MESSAGE = {
  type: "move",
  id: "{{uuid}}",
  room: "lobby-17",
  text: "the quick brown fox jumps over the lazy dog",
} as const;

/** More than any target answers: with one message in flight the next is always due. */
const SATURATING_PER_CONNECTION = 200;
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
    ...NO_CONVERSATION,
    flow: work.steps === true ? FLOW : null,
    faults: faultsOf(work),
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
      mix: [work.message === "json" ? jsonMessage() : binaryMessage(work)],
    },
    integrity: { ...NO_AUDIT, stamp: work.stamp },
    thresholds: [],
    outputs: [],
  };
}

/** From the first message to the last. */
function faultsOf({ fault, warmUpSeconds, measureSeconds }: Work): readonly StrictFault[] {
  if (fault === undefined) return [];
  const { act, count } = fault;
  return [
    {
      ...{ name: act.kind, phase: 2, offsetUs: 0, act, recovered: null },
      forUs: (warmUpSeconds + measureSeconds) * SECOND_US,
      ...{ everyUs: 0, times: 1, endedUs: null },
      victims: { share: 1, count, role: null, target: null, worker: null },
    },
  ];
}

function binaryMessage({ bytes, match }: Work): StrictMessage {
  return {
    name: "echo",
    weight: 1,
    sequence: null,
    send: { kind: "binary", sizes: [bytes], fill: "random" },
    reply:
      match === "echo"
        ? { match: "echo", withinUs: 10 * SECOND_US, ...ONE_REPLY }
        : { match: "none" },
  };
}

function jsonMessage(): StrictMessage {
  return {
    name: "move",
    weight: 1,
    sequence: null,
    send: { kind: "json", value: JSON_MESSAGE },
    reply: { match: "where", where: "m.id == sent.id", withinUs: 10 * SECOND_US, ...ONE_REPLY },
  };
}
