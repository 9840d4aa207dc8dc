/**
 * Claims the slice of a ticket, until the bus has said whose it is; and gets the rows of data that go with it. Used by
 * worker-session.ts.
 * Invariant: a claim that may have counted is never given up: nobody else would ever run its slice.
 */
import type { WorkerBus } from "../../shared/bus/bus.ts";
import { isBusClosed } from "../../shared/bus/bus-closed.ts";
import { readRows, readRun } from "../../shared/bus/read-document.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import type { PlanDocument } from "../../shared/wire/plan.ts";
import { hasRowsByShard, type RowPart } from "../../shared/wire/row-part.ts";
import type { Ticket } from "../../shared/wire/ticket.ts";
import type { ControlTimings } from "../execution/timings.ts";

export interface ClaimOptions {
  readonly bus: Pick<WorkerBus, "claimSlice" | "getDocument">;
  readonly epoch: number;
  readonly timers: Timers;
  readonly timings: Pick<ControlTimings, "pauseMs">;
  /** How often the bus was found to have forgotten everything. */
  readonly forgotten: () => number;
  /** The session is over; so is trying. */
  readonly isOver: () => boolean;
}

/**
 * @returns where the slice ends by now (its ticket may be an old one), or that somebody else has it
 * @throws what the bus throws, once the session is over
 */
export async function claimTicket(
  options: ClaimOptions,
  { run, slice }: Ticket,
): Promise<{ readonly toUs: number | null } | "taken"> {
  const { bus, epoch, forgotten } = options;
  for (;;) {
    const before = forgotten();
    const claim = await persist(options, () => bus.claimSlice(run, slice.id, epoch));
    if (claim !== "held") return "taken";
    const document = await persist(options, () => readRun(bus, run));
    // Otherwise the bus may know nothing of the claim any more.
    if (forgotten() !== before) continue;
    const cuts = document?.cuts ?? [];
    return { toUs: cuts.find((cut) => cut.slice === slice.id)?.toUs ?? slice.toUs };
  }
}

/**
 * Rows of data that the connections of a shard have and the plan does not; null: it has all.
 * @returns "missing" when they are not on the bus: the run is over, or the bus has forgotten them and will have them again
 * @throws what the bus throws
 */
export async function rowsFor(
  bus: Pick<WorkerBus, "getDocument">,
  { run, scenario }: Pick<PlanDocument, "run" | "scenario">,
  shard: number,
): Promise<RowPart | null | "missing"> {
  if (!hasRowsByShard(scenario)) return null;
  return (await readRows(bus, run, shard)) ?? "missing";
}

async function persist<T>(
  { timers, timings, isOver }: ClaimOptions,
  call: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (isBusClosed(error) || isOver()) throw error;
      await sleep(timers, timings.pauseMs);
    }
  }
}
