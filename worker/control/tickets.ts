/**
 * Takes tickets while this worker holds fewer slices than its quota. Called by worker-session.ts, once per session.
 * Invariant: a ticket is done only after its slice was claimed by somebody or its run is over; what this worker cannot use
 * goes back at once.
 */
import type { TakenTicket, WorkerBus } from "../../shared/bus/bus.ts";
import { isBusClosed } from "../../shared/bus/bus-closed.ts";
import type { Log } from "../../shared/log.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import type { Ticket } from "../../shared/wire/ticket.ts";
import type { ControlTimings } from "../execution/timings.ts";

export interface TicketTakerOptions {
  readonly bus: Pick<WorkerBus, "takeTicket">;
  readonly timers: Timers;
  readonly timings: ControlTimings;
  readonly log: Log;
  /** The run there is room for another slice of; null for none. */
  readonly wanted: () => string | null;
  /** Aborted when wanted() may have changed. */
  readonly changed: () => AbortSignal;
  /** "settled": the ticket is of no more use to anybody. "left": not for this worker. */
  readonly handle: (ticket: Ticket) => Promise<"settled" | "left">;
}

/** Resolves when the signal aborts or the bus is closed. */
export async function takeTickets(options: TicketTakerOptions, signal: AbortSignal): Promise<void> {
  const { timers, timings, log, wanted, changed } = options;
  while (!signal.aborted) {
    const run = wanted();
    try {
      if (run === null) await sleep(timers, timings.pauseMs, changed());
      else if ((await takeOne(run, options, signal)) === "left") {
        // The same ticket may come again at once.
        await sleep(timers, timings.pauseMs, signal);
      }
    } catch (error) {
      if (isBusClosed(error)) return;
      log.warn(`taking a ticket failed: ${error instanceof Error ? error.message : "unknown"}`);
      await sleep(timers, timings.pauseMs, signal);
    }
  }
}

async function takeOne(
  run: string,
  { bus, timings, wanted, handle }: TicketTakerOptions,
  signal: AbortSignal,
): Promise<"settled" | "left" | "none"> {
  const taken = await bus.takeTicket(run, timings.takeTicketMs);
  if (taken === null) return "none";
  // Room may have gone while it waited.
  const how = signal.aborted || wanted() !== run ? "left" : await tried(taken, handle);
  if (how === "settled") await taken.done();
  else await taken.back();
  return how;
}

/** What could not be handled because of trouble is left to others, or to a later try. */
async function tried(
  taken: TakenTicket,
  handle: TicketTakerOptions["handle"],
): Promise<"settled" | "left"> {
  try {
    return await handle(taken.ticket);
  } catch (error) {
    if (!isBusClosed(error)) await taken.back().catch(() => {});
    throw error;
  }
}
