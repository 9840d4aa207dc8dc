/** Strict scenarios for tests that start below the parser: all defaults, and what a test wants different. */
import { NO_AUDIT, NO_CONVERSATION, ONE_REPLY } from "../../shared/scenario/defaults.ts";
import type {
  StrictConnect,
  StrictMessage,
  StrictMessages,
  StrictScenario,
} from "../../shared/scenario/strict.ts";

const connect: StrictConnect = {
  headers: [],
  subprotocols: [],
  timeoutUs: 5_000_000,
  tls: { ca: null, cert: null, key: null, servername: null, rejectUnauthorized: true },
  compression: false,
  driver: "lean",
  heartbeat: null,
  reconnect: { policy: "none", minUs: 0, maxUs: 0, attempts: 0 },
  localAddresses: "auto",
  maxMessageBytes: 16 << 20,
};

export function echoMessage(over: Partial<StrictMessage> = {}): StrictMessage {
  return {
    name: "echo",
    weight: 1,
    sequence: null,
    send: { kind: "binary", sizes: [64], fill: "random" },
    reply: { match: "echo", withinUs: 1_000_000, ...ONE_REPLY },
    ...over,
  };
}

export function messages(over: Partial<StrictMessages> = {}): StrictMessages {
  return {
    rate: { kind: "perConnection", perSec: 10 },
    arrival: "uniform",
    inFlight: 64,
    mix: [echoMessage()],
    ...over,
  };
}

export function scenario(
  url: string,
  over: Partial<Omit<StrictScenario, "connect">> & { connect?: Partial<StrictConnect> } = {},
): StrictScenario {
  return {
    version: 1,
    name: "test",
    seed: 1,
    vars: {},
    env: {},
    secrets: [],
    data: {},
    ...NO_CONVERSATION,
    targets: [{ url, weight: 1, label: "target" }],
    phases: [
      {
        phase: "ramp",
        exclude: false,
        durationUs: 500_000,
        messageFactor: 1,
        ramp: "linear",
        to: 20,
      },
      { phase: "hold", exclude: false, durationUs: 1_000_000, messageFactor: 1, ramp: "hold" },
    ],
    messages: messages(),
    integrity: { ...NO_AUDIT, stamp: true },
    thresholds: [],
    outputs: [],
    ...over,
    connect: { ...connect, ...over.connect },
  };
}
