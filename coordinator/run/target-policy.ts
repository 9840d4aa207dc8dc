/**
 * Who may be put under load: loopback always, any other host only when a person named it. Called before a
 * run starts anything. Invariant: this is the first of two gates; names that pass here are checked again by
 * each worker after they were resolved.
 */
import { isIP } from "node:net";
import { OnrushError } from "../../shared/errors.ts";
import type { StrictTarget } from "../../shared/scenario/strict.ts";

/** Where the allow-list is that was consulted: on the command line of the reader, or of a coordinator somewhere. */
export type AllowedBy = "run" | "coordinator";

/**
 * @param allowed hosts or host:port, as in --allow-target
 * @throws OnrushError ONRUSH_TARGET_FORBIDDEN
 */
export function checkTargets(
  targets: readonly StrictTarget[],
  allowed: readonly string[],
  by: AllowedBy = "run",
): void {
  const permitted = new Set(allowed.map((host) => host.toLowerCase()));
  for (const { url } of targets) {
    const { hostname, port, protocol } = new URL(url);
    const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
    const fullPort = port === "" ? (protocol === "wss:" ? "443" : "80") : port;
    if (isLoopbackHost(host) || permitted.has(host) || permitted.has(`${host}:${fullPort}`))
      continue;
    throw new OnrushError({
      code: "ONRUSH_TARGET_FORBIDDEN",
      message: `the target ${host} is not this machine, and nobody has allowed it to be put under load`,
      remedy: remedyOf(host, by),
    });
  }
}

function remedyOf(host: string, by: AllowedBy): string {
  return by === "run"
    ? `if it is yours to load: --allow-target ${host} (or ONRUSH_ALLOW_TARGETS=${host})`
    : `if it is yours to load, have it allowed where the coordinator is started: \`onrush coordinator --allow-target ${host}\` (or ONRUSH_ALLOW_TARGETS=${host} there)`;
}

/** By name or address alone, without resolving anything. */
export function isLoopbackHost(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  if (isIP(host) === 4) return host.startsWith("127.");
  return host === "::1" || /^::ffff:(127\.|7f[0-9a-f]{2}:)/.test(host);
}
