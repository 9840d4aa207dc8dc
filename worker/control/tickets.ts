/**
 * Takes tickets while there is room for another shard. Called by control.ts, once per session.
 * Invariant: a ticket is done only after its shard was claimed by somebody or its run is over; what this
 * worker cannot use comes back by itself and goes to another.
 */
import type { WorkerBus } from "../../shared/bus/bus.ts";
import { isBusClosed } from "../../shared/bus/bus-closed.ts";
import type { Log } from "../../shared/log.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import type { Ticket } from "../../shared/wire/ticket.ts";
import type { ControlTimings } from "./timings.ts";

export interface TicketTakerOptions {
  readonly bus: Pick<WorkerBus, "takeTicket">;
  readonly timers: Timers;
  readonly timings: ControlTimings;
  readonly log: Log;
  readonly hasRoom: () => boolean;
  /** "settled": the ticket is of no more use to anybody. "left": not for this worker. */
  readonly handle: (ticket: Ticket) => Promise<"settled" | "left">;
}

/** Resolves when the signal aborts or the bus is closed. */
export async function takeTickets(options: TicketTakerOptions, signal: AbortSignal): Promise<void> {
  const { bus, timers, timings, log, hasRoom, handle } = options;
  while (!signal.aborted) {
    if (!hasRoom()) {
      await sleep(timers, timings.pauseMs, signal);
      continue;
    }
    try {
      const taken = await bus.takeTicket(timings.takeTicketMs);
      if (taken === null || signal.aborted) continue;
      if ((await handle(taken.ticket)) === "settled") await taken.done();
      // Each ticket it cannot use is kept from the others for a while, so it must not go through them all.
      else await sleep(timers, timings.takeTicketMs, signal);
    } catch (error) {
      if (isBusClosed(error)) return;
      log.warn(`taking a ticket failed: ${error instanceof Error ? error.message : "unknown"}`);
      await sleep(timers, timings.pauseMs, signal);
    }
  }
}
