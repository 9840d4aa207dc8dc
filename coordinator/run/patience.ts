/**
 * Writing that is tried again for want of open files or of space: others give them back. Used by write-results.ts and
 * service/probe-runs.ts. Invariant: what keeps it from the disk is reported meanwhile; it ends at a bound.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** Others may give back what is missing. */
const PASSING = new Set(["EMFILE", "ENFILE", "ENOSPC", "EDQUOT", "EFBIG", "EAGAIN", "ENOMEM"]);

export interface Patience {
  readonly clock: Clock;
  readonly timers: Timers;
  /** It is tried again for so long; 0: not at all. */
  readonly patienceMs: number;
  /** What keeps it from the disk; null: nothing any more. */
  readonly onDelayed: (why: string | null) => void;
}

/** @param write may be called again after it failed. @throws what it throws, at once or in the end */
export async function patiently<T>(
  write: () => Promise<T>,
  { clock, timers, patienceMs, onDelayed }: Patience,
): Promise<T> {
  const giveUpUs = clock.monotonicUs() + patienceMs * 1000;
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    try {
      const written = await write();
      onDelayed(null);
      return written;
    } catch (error) {
      if (!isPassing(error) || clock.monotonicUs() + pauseMs * 1000 > giveUpUs) throw error;
      onDelayed(`the results cannot be written yet: ${error.message}; it is tried again`);
    }
    await sleep(timers, pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

function isPassing(error: unknown): error is OnrushError {
  if (!(error instanceof OnrushError)) return false;
  const { code } = (error.cause ?? {}) as { readonly code?: unknown };
  return typeof code === "string" && PASSING.has(code);
}
