/**
 * Opens a bus that may not be there yet: a program that serves until it is asked to end waits for its broker, as long as it
 * takes, and says so, instead of ending to be started again. Called by workers and coordinators.
 * Invariant: the same trouble is said at most twice a minute; a broker that is there and unfit is not waited for.
 */
import { OnrushError } from "../errors.ts";
import type { Log } from "../log.ts";
import { monotonicUs } from "../time/clock.ts";
import { sleep, type Timers } from "../time/timer.ts";

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 2000;
const SAY_AGAIN_US = 30_000_000;

export interface Patience {
  readonly timers: Timers;
  readonly log: Log;
  /** Gives up when it aborts. */
  readonly signal?: AbortSignal;
  /** Told why it is not there yet. */
  readonly onTrouble?: (why: string) => void;
}

/**
 * @returns null when the signal aborted first
 * @throws what `open` throws, other than ONRUSH_BUS_UNREACHABLE
 */
export async function openPatiently<T>(
  open: () => Promise<T>,
  { timers, log, signal, onTrouble }: Patience,
): Promise<T | null> {
  let said = "";
  let saidUs = 0;
  for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(2 * retryMs, LAST_RETRY_MS)) {
    if (signal?.aborted === true) return null;
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof OnrushError) || error.code !== "ONRUSH_BUS_UNREACHABLE") throw error;
      const { message } = error;
      onTrouble?.(message);
      if (message !== said || monotonicUs() - saidUs > SAY_AGAIN_US) {
        log.warn(`${message} Trying again.`);
        said = message;
        saidUs = monotonicUs();
      }
      await sleep(timers, retryMs, signal);
    }
  }
}
