/**
 * Connections to a NATS server: how they are made, kept and judged, and what their errors become. Used by nats-bus.ts.
 * Invariants: a connection that breaks is made again for ever; no error message holds a password or token.
 */
import { readFileSync } from "node:fs";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import {
  type ConnectionOptions,
  connect as connectToServer,
  credsAuthenticator,
  type NatsConnection,
} from "@nats-io/transport-node";
import { OnrushError } from "../../errors.ts";
import type { Timers } from "../../time/timer.ts";
import { within } from "../bounded-calls.ts";

const CONNECT_MS = 10_000;
const LEAST_VERSION = [2, 9] as const;

/** @throws OnrushError ONRUSH_USAGE for what is no nats:// or tls:// URL. */
export function parseNatsUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === "nats:" || url.protocol === "tls:")) return url;
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: "The address of the bus is not a nats:// or tls:// URL.",
    remedy: "Write it like nats://user:password@host:4222.",
  });
}

/** @throws OnrushError ONRUSH_BUS_UNREACHABLE when there is no connection within ten seconds, naming host and port. */
export async function connect(url: URL, timers: Timers): Promise<NatsConnection> {
  // Refused connections are tried again, so that a broker may come up together with its clients.
  const attempt = connectToServer({ ...optionsOf(url), waitOnFirstConnect: true });
  try {
    const error = () => unreachable(url, new Error("no connection"));
    return await within(attempt, { timers, ms: CONNECT_MS, error });
  } catch (error) {
    attempt.then((late) => late.close()).catch(() => {});
    throw error instanceof OnrushError ? error : unreachable(url, error);
  }
}

/** @throws OnrushError ONRUSH_BUS_UNSUITABLE for a server that is too old or keeps nothing. */
export async function checkServer(connection: NatsConnection, url: URL): Promise<JetStreamManager> {
  const version = (connection.info?.version ?? "0").slice(0, 20);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1])) {
    throw new OnrushError({
      code: "ONRUSH_BUS_UNSUITABLE",
      message: `The server at ${nameOf(url)} has version ${version}; the bus needs NATS 2.9 at least.`,
      remedy: "Use a newer server.",
    });
  }
  try {
    return await jetstreamManager(connection);
  } catch (cause) {
    throw new OnrushError({
      code: "ONRUSH_BUS_UNSUITABLE",
      message: `The server at ${nameOf(url)} has no JetStream: it would keep no results.`,
      remedy: "Start it with `nats-server -js -sd <folder>`, or enable JetStream for this account.",
      cause,
    });
  }
}

export function unreachable(url: URL, cause: unknown): OnrushError {
  const why =
    cause instanceof Error && cause.message !== "" ? `: ${cause.message.slice(0, 200)}` : "";
  return new OnrushError({
    code: "ONRUSH_BUS_UNREACHABLE",
    message: `NATS at ${nameOf(url)} does not answer${why}.`,
    remedy: "Check the address, the credentials, and that the server is up.",
    cause,
  });
}

function nameOf(url: URL): string {
  return `${url.hostname}:${url.port || "4222"}`;
}

function optionsOf(url: URL): ConnectionOptions {
  const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const creds = url.searchParams.get("creds");
  return {
    servers: `${url.hostname}:${url.port || "4222"}`,
    ...(url.protocol === "tls:" ? { tls: {} } : {}),
    ...(creds === null ? {} : { authenticator: credsAuthenticator(readFileSync(creds)) }),
    ...(user !== "" && pass !== "" ? { user, pass } : {}),
    // The way NATS itself reads nats://token@host.
    ...(user !== "" && pass === "" ? { token: user } : {}),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 5000,
    maxPingOut: 2,
    timeout: 5000,
    ignoreAuthErrorAbort: false,
  };
}
