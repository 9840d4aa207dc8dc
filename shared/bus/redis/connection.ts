/**
 * Connections to a Redis or Valkey server: how they are made, kept and judged, and what their errors become. Used by
 * redis-bus.ts. Invariants: a connection that breaks is made again for ever; a call that gets no answer in time
 * rejects, and may still be carried out later; no error message holds a password.
 */
import { Redis } from "ioredis";
import { OnrushError } from "../../errors.ts";
import type { Timers } from "../../time/timer.ts";
import { within } from "../bounded-calls.ts";

const CONNECT_MS = 10_000;
const MOST_RETRY_MS = 1000;
const LEAST_VERSION = [6, 2] as const;

/** @throws OnrushError ONRUSH_USAGE for what is no redis:// or rediss:// URL. */
export function parseRedisUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === "redis:" || url.protocol === "rediss:")) return url;
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: "The address of the bus is not a redis:// or rediss:// URL.",
    remedy: "Write it like redis://user:password@host:6379/0.",
  });
}

/** Host and port, for people; never the password. */
export function nameOf(url: URL): string {
  return `${url.hostname}:${url.port || "6379"}`;
}

function redisOptions() {
  return {
    lazyConnect: true,
    // Commands wait for the next connection; whoever asked stops waiting by its own deadline.
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_MS,
    retryStrategy: (attempt: number) => Math.min(MOST_RETRY_MS, 25 * 2 ** Math.min(attempt, 10)),
    // No delay for small writes, and a half-open connection is noticed by the deadlines of calls.
    noDelay: true,
  };
}

/** @throws OnrushError ONRUSH_BUS_UNREACHABLE when there is no answer within ten seconds, naming host and port. */
export async function connect(url: URL, timers: Timers): Promise<Redis> {
  const client = new Redis(url.href, redisOptions());
  let last: unknown = null;
  client.on("error", (error: unknown) => {
    last = error;
  });
  const refused = new Promise<never>((_, reject) => {
    client.on("error", (error: Error) => {
      if (isFinal(error)) reject(unreachable(url, error));
    });
  });
  refused.catch(() => {});
  try {
    await within(Promise.race([client.ping(), refused]), {
      timers,
      ms: CONNECT_MS,
      error: () => unreachable(url, last),
    });
    return client;
  } catch (error) {
    client.disconnect();
    throw error instanceof OnrushError ? error : unreachable(url, error);
  }
}

/** @throws OnrushError ONRUSH_BUS_UNSUITABLE for a server that is too old or may forget what it holds. */
export async function checkServer(client: Redis, url: URL): Promise<void> {
  const info = new Map<string, string>();
  for (const line of `${await client.info("server")}\n${await client.info("memory")}`.split("\n")) {
    const [key, value] = line.trim().split(":");
    if (key !== undefined && value !== undefined) info.set(key, value);
  }
  const version = (info.get("valkey_version") ?? info.get("redis_version") ?? "0").slice(0, 20);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1])) {
    throw new OnrushError({
      code: "ONRUSH_BUS_UNSUITABLE",
      message: `The server at ${nameOf(url)} has version ${version}; the bus needs Redis 6.2 or Valkey 7.2 at least.`,
      remedy: "Use a newer server.",
    });
  }
  const policy = (info.get("maxmemory_policy") ?? "noeviction").slice(0, 40);
  if (policy !== "noeviction") {
    throw new OnrushError({
      code: "ONRUSH_BUS_UNSUITABLE",
      message: `The server at ${nameOf(url)} may drop results when memory is short: its maxmemory-policy is ${policy}.`,
      remedy:
        "Run `redis-cli config set maxmemory-policy noeviction`, and write it to the server's configuration.",
    });
  }
}

export function unreachable(url: URL, cause: unknown): OnrushError {
  const why =
    cause instanceof Error && cause.message !== "" ? `: ${cause.message.slice(0, 200)}` : "";
  return new OnrushError({
    code: "ONRUSH_BUS_UNREACHABLE",
    message: `Redis at ${nameOf(url)} does not answer${why}.`,
    remedy: "Check the address, the password, and that the server is up.",
    cause,
  });
}

/** Waiting longer does not mend these. */
function isFinal(error: Error): boolean {
  return /WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password|certificate|ENOTFOUND|wrong version number/i.test(
    `${error.message} ${(error as { code?: string }).code ?? ""}`,
  );
}
