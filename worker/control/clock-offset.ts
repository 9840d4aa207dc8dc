/**
 * How far the bus clock is from this host's monotonic clock. Called by the control thread, which maps the
 * start of the run with it.
 * Of several probes the one with the shortest round trip counts; the true offset is within half of that
 * trip (F. Cristian, "Probabilistic clock synchronization", 1989).
 */
import type { WorkerBus } from "../../shared/bus/bus.ts";
import type { Clock } from "../../shared/time/clock.ts";

const PROBES = 8;

export interface ClockOffset {
  /** Bus clock minus monotonic clock, microseconds. */
  readonly offsetUs: number;
  /** Half the shortest round trip: the offset's error is below it. */
  readonly errorUs: number;
}

/** @throws whatever the bus rejects with. */
export async function measureClockOffset(
  bus: Pick<WorkerBus, "time">,
  clock: Clock,
): Promise<ClockOffset> {
  let best: ClockOffset = { offsetUs: 0, errorUs: Number.POSITIVE_INFINITY };
  for (let probe = 0; probe < PROBES; probe += 1) {
    const sentUs = clock.monotonicUs();
    const busUs = await bus.time();
    const answeredUs = clock.monotonicUs();
    const errorUs = (answeredUs - sentUs) / 2;
    if (errorUs < best.errorUs) best = { offsetUs: busUs - (sentUs + answeredUs) / 2, errorUs };
  }
  return best;
}
