/** Waits for what takes its time on a cluster. Used by everything here. Invariant: every wait has a bound, and says what never came. */
import { setTimeout as delay } from "node:timers/promises";

const EVERY_MS = 250;

/**
 * Asks again and again; an error counts as "not yet".
 * @returns what it was, once it is neither null nor false
 * @throws Error naming what was waited for, and the last error
 */
export async function until<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T | null | false>,
): Promise<T> {
  const giveUpAt = performance.now() + withinMs;
  let last: unknown = null;
  while (true) {
    try {
      const found = await ask();
      if (found !== null && found !== false) return found;
      last = null;
    } catch (error) {
      last = error;
    }
    if (performance.now() > giveUpAt) {
      const why = last instanceof Error ? `: ${last.message}` : "";
      throw new Error(`not within ${Math.round(withinMs / 1000)} s: ${what}${why}`);
    }
    await delay(EVERY_MS);
  }
}
