/**
 * A log for errors that somebody outside can cause as often as they like. Used by server.ts. Invariant: so many lines a
 * minute at most; the others are counted, and the count is written with the next one.
 */
import type { Log } from "../../shared/log.ts";
import { type Clock, systemClock } from "../../shared/time/clock.ts";

const MOST_ERRORS = 20;
const MINUTE_US = 60_000_000;

/** The same log, for errors that somebody outside can cause as often as they like. */
export function sparingly(log: Log, clock: Clock = systemClock): Log {
  let sinceUs = Number.NEGATIVE_INFINITY;
  let written = 0;
  let left = 0;
  const error = (text: string) => {
    const nowUs = clock.monotonicUs();
    if (nowUs - sinceUs > MINUTE_US) {
      if (left > 0) log.error(`${left} more errors in the minute before were not written`);
      sinceUs = nowUs;
      written = 0;
      left = 0;
    }
    if (written < MOST_ERRORS) log.error(text);
    else left++;
    written++;
  };
  return { ...log, error };
}
