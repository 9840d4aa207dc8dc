/**
 * Opens the bus an address names. Called by every program that is told where its bus is. The transports are loaded when
 * they are needed, so that a run on one machine loads none.
 */
import { OnrushError } from "../errors.ts";
import type { Log } from "../log.ts";
import { systemClock } from "../time/clock.ts";
import type { Timers } from "../time/timer.ts";
import type { ClusterKeys } from "../trust/cluster-key.ts";
import type { Bus } from "./bus.ts";

export interface OpenBusOptions {
  readonly timers: Timers;
  /** What this side writes is signed with them, and what it acts on. */
  readonly keys: ClusterKeys;
  /** Says what was refused; null: it is counted only. */
  readonly log: Log | null;
}

/**
 * @param url redis:// or rediss://, nats:// or tls://
 * @throws OnrushError ONRUSH_USAGE for another scheme, ONRUSH_BUS_UNREACHABLE or ONRUSH_BUS_UNSUITABLE for the server
 */
export async function openBus(
  url: string,
  role: "coordinator" | "worker",
  { timers, keys, log }: OpenBusOptions,
): Promise<Bus> {
  const signing = { keys, clock: systemClock, log };
  const scheme = /^([a-z]+):\/\//.exec(url)?.[1] ?? "";
  if (scheme === "redis" || scheme === "rediss") {
    const { openRedisBus } = await import("./redis/redis-bus.ts");
    return openRedisBus({ url, timers, signing });
  }
  if (scheme === "nats" || scheme === "tls") {
    const { openNatsBus } = await import("./nats/nats-bus.ts");
    return openNatsBus({ url, role, clock: systemClock, timers, signing });
  }
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: `The bus has the scheme "${scheme.slice(0, 20)}"; there are redis, rediss, nats and tls.`,
    remedy: "Write it like redis://localhost:6379 or nats://localhost:4222.",
  });
}
