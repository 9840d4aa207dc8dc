/**
 * Goes on while the bus does not answer. Called by every stage of a run. Everything a stage does is done again from the
 * state of things, so a step that failed half-way is simply repeated.
 * Invariant: an outage of the bus never fails a run by itself; it is said once when it begins and once when it ends.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { ActiveRun } from "./active-run.ts";

const POLL_MS = 150;
/** A shorter outage is not worth a word. */
const WORTH_SAYING_US = 3_000_000;

/** The bus does not answer now, and may later. */
export function isTrouble(error: unknown): error is OnrushError {
  return error instanceof OnrushError && error.code === "ONRUSH_BUS_UNREACHABLE";
}

/** Another coordinator has the lead: this one may not even say that the run is over. */
export function isTaken(error: unknown): boolean {
  return error instanceof OnrushError && error.code === "ONRUSH_COORDINATOR_TAKEN";
}

/**
 * Repeats a step until it returns something.
 * @param step null: not yet
 * @param patienceMs an outage may last so long; for ever when the step has a bound of its own
 * @throws OnrushError what the step throws, the outage's first error beyond patienceMs
 */
export async function repeat<T>(
  run: ActiveRun,
  step: () => Promise<T | null>,
  patienceMs = Number.POSITIVE_INFINITY,
): Promise<T> {
  let sinceUs: number | null = null;
  let said = false;
  for (;;) {
    try {
      const result = await step();
      if (sinceUs !== null && said) {
        run.note(`The bus answers again after ${seconds(run.nowUs() - sinceUs)} s.`);
      }
      sinceUs = null;
      said = false;
      if (result !== null) return result;
    } catch (error) {
      if (!isTrouble(error)) throw error;
      sinceUs ??= run.nowUs();
      const goneUs = run.nowUs() - sinceUs;
      if (!said && goneUs > WORTH_SAYING_US) {
        run.note(`The bus does not answer: ${error.message}`);
        said = true;
      }
      if (goneUs > patienceMs * 1000) throw error;
    }
    await run.pause(POLL_MS);
  }
}

function seconds(us: number): number {
  return Math.round(us / 100_000) / 10;
}
