/**
 * Moves slices between workers that live: asks holders to hand over, and takes in their answers. Used by placement.ts.
 * A worker that came later gets the unopened part of slices, so nothing open is closed for it. One that leaves, or is not
 * to serve the run any more, hands over everything; so do all that hold too much when a rebalance is asked for.
 * Invariant: what was asked stays asked, in the journal, until it is done or its holder is gone; a slice is cut once.
 */
import type { HandOver } from "../../shared/wire/command.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import type { SliceEntry } from "../merge/slice-table.ts";
import type { EventBody } from "../store/event.ts";
import { slicesToCut, slicesToMove, type WorkerCapacity, withoutSlices } from "./quota.ts";

/** Within which a worker that leaves closes what it has open; then it is opened elsewhere. */
const LEAVE_WITHIN_US = 10_000_000;
/** The same for a rebalance: nobody is in a hurry. */
const REBALANCE_WITHIN_US = 30_000_000;
/** A move that would end so near the plan's end is not worth closing anything. */
const WORTH_MOVING_US = 5_000_000;
/** A hand-over takes about so long: what opens before stays where it is. */
const CUT_LEAD_US = 2_000_000;
/** Slices of a run, cuts included. */
const MAX_SLICES = 16_384;

export class Moves {
  readonly #run: ActiveRun;
  #rebalances = 0;

  constructor(run: ActiveRun) {
    this.#run = run;
  }

  /** Takes in the holders' answers. @param claims as the bus has them */
  settle(claims: ReadonlyMap<number, number>): void {
    const { log, request, isOn } = this.#run;
    const { slices } = log.fold;
    for (const handOver of [...slices.handOvers.values()]) {
      const { id, slice, epoch, scope } = handOver;
      const entry = slices.entry(slice);
      const { status } = request.fleet.member(epoch) ?? {};
      const answer = status?.handedOver.find((done) => done.id === id && done.slice === slice);
      if (!answer) continue;
      if (scope === "unopened") {
        log.event({ type: "hand-over-done", id, cut: this.#cutOf(entry, answer.fromUs) });
      } else if (claims.get(slice) !== epoch) {
        log.event({ type: "hand-over-done", id, cut: null });
        if (entry.holder === epoch && isOn) offerSlices(this.#run, [entry], "moved");
      }
    }
  }

  /** Asks for what should move and does not yet. */
  ask(seats: readonly WorkerCapacity[]): void {
    const { log, plan } = this.#run;
    const { slices } = log.fold;
    const pending = [...slices.handOvers.values()].map(({ slice }) => slice);
    // What is on its way counts as free already, or it would be asked for again.
    const { settled, free } = withoutSlices(seats, slices, pending);
    const sizes = plan.sizes;
    const elapsedUs = log.elapsedUs ?? 0;
    const leftUs = plan.document.durationUs - elapsedUs;
    const even = this.#rebalanceRequested();
    const withinUs = even ? REBALANCE_WITHIN_US : LEAVE_WITHIN_US;
    const moving =
      leftUs > withinUs + WORTH_MOVING_US ? slicesToMove(settled, free, { sizes, even }) : [];
    this.#request(moving, "all", withinUs);
    if (moving.length > 0) return;
    const opens = plan.opensBetween(elapsedUs + CUT_LEAD_US, plan.document.durationUs);
    if (opens === 0 || elapsedUs < 0) return;
    const room = Math.max(0, MAX_SLICES - slices.slices.size - pending.length);
    this.#request(slicesToCut(settled, free, sizes).slice(0, room), "unopened", 0);
  }

  #request(entries: readonly SliceEntry[], scope: HandOver["scope"], withinUs: number): void {
    const { log } = this.#run;
    let id = log.fold.slices.nextHandOver;
    const handOvers = entries.flatMap(({ slice, holder }) =>
      holder === null ? [] : [{ id: id++, slice: slice.id, epoch: holder, scope, withinUs }],
    );
    if (handOvers.length > 0) log.event({ type: "hand-over-asked", handOvers });
  }

  /** Where the holder cut the slice; null when nothing was left behind the cut. */
  #cutOf({ slice }: SliceEntry, fromUs: number) {
    const atUs = Math.max(fromUs, slice.fromUs);
    if (slice.toUs !== null && atUs >= slice.toUs) return null;
    return { slice: slice.id, atUs, made: this.#run.log.fold.slices.slices.size };
  }

  #rebalanceRequested(): boolean {
    const asked = this.#run.request.control.workers?.rebalances ?? 0;
    if (asked <= this.#rebalances) return false;
    this.#rebalances = asked;
    return true;
  }
}

/** Offers slices again; their tickets follow when the journal is on disk. */
export function offerSlices(
  run: ActiveRun,
  entries: readonly SliceEntry[],
  why: Extract<EventBody, { type: "slices-offered" }>["why"],
): void {
  if (entries.length === 0) return;
  run.log.event({
    type: "slices-offered",
    slices: entries.map(({ slice }) => slice.id),
    offers: entries.map(({ offer }) => offer + 1),
    why,
  });
}
