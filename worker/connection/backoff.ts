/**
 * How long to wait before a reconnect. Full jitter is uniform in [0, ceiling] with an exponentially growing ceiling, decorrelated jitter
 * uniform in [min, 3 times the wait before], at most max (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015);
 * `min` is their base. Called by loss.ts.
 */
import type { StrictReconnect } from "../../shared/scenario/strict.ts";

/** Decorrelated waits forget where they began: earlier ones than this are not gone through. */
const REMEMBERED = 64;

/**
 * @param retry 0 for the first reconnect
 * @param unitOf uniform in [0, 1), for each retry up to this one
 * @param hintUs what the service asked for; null: nothing
 * @returns microseconds; 0 for policy none
 */
export function backoffUs(
  reconnect: StrictReconnect,
  retry: number,
  unitOf: (retry: number) => number,
  hintUs: number | null = null,
): number {
  const { policy, minUs, maxUs } = reconnect;
  const ceilingUs = Math.min(maxUs, minUs * 2 ** Math.min(retry, 52));
  switch (policy) {
    case "none":
      return 0;
    case "fixed":
      return minUs;
    case "exponential":
      return ceilingUs;
    case "full-jitter":
      return unitOf(retry) * ceilingUs;
    case "decorrelated-jitter":
      return decorrelatedUs(reconnect, retry, unitOf);
    case "server-hint":
      return hintUs === null ? unitOf(retry) * ceilingUs : Math.min(maxUs, hintUs);
  }
}

function decorrelatedUs(
  { minUs, maxUs }: StrictReconnect,
  retry: number,
  unitOf: (retry: number) => number,
): number {
  let waitUs = minUs;
  for (let at = Math.max(0, retry - REMEMBERED); at <= retry; at++) {
    waitUs = Math.min(maxUs, minUs + unitOf(at) * (3 * waitUs - minUs));
  }
  return waitUs;
}
