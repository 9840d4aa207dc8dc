/**
 * A rate with room for a burst. Called by the upgrade limiter; the limiter per connection keeps the same
 * two numbers in the peer itself. Invariant: over any stretch of t seconds at most rate x t + burst pass.
 */

/** Tokens after `elapsedUs` at `perSec`, at most `burst`. */
export function refilled(tokens: number, elapsedUs: number, perSec: number, burst: number): number {
  return Math.min(burst, tokens + (Math.max(0, elapsedUs) * perSec) / 1_000_000);
}

export class TokenBucket {
  private readonly perSec: number;
  private readonly burst: number;
  private tokens: number;
  private atUs = Number.NEGATIVE_INFINITY;

  /** Starts full; `burst` is at least one. */
  constructor(perSec: number, burst: number) {
    this.perSec = perSec;
    this.burst = Math.max(1, burst);
    this.tokens = this.burst;
  }

  /** Takes one token; false when there is none. */
  take(nowUs: number): boolean {
    this.tokens = refilled(this.tokens, nowUs - this.atUs, this.perSec, this.burst);
    this.atUs = nowUs;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
