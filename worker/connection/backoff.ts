/**
 * How long to wait before a reconnect. Full jitter is uniform in [0, ceiling] with an exponentially growing
 * ceiling (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015); `min` is its base.
 */
import type { StrictReconnect } from "../../shared/scenario/strict.ts";

/**
 * @param retry 0 for the first reconnect
 * @param unit uniform in [0, 1)
 * @returns microseconds; 0 for policy none
 */
export function backoffUs(reconnect: StrictReconnect, retry: number, unit: number): number {
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
      return unit * ceilingUs;
  }
}
