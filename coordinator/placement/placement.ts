/**
 * Places the slices of a run: follows who holds them, offers what nobody has, and lets the fleet know how many each worker
 * may hold. Called at each look, before the start and while run time goes on; hand-overs are in moves.ts.
 * Invariant: the journal's slice table is what counts; it is on disk before a ticket of it is on the bus. Tickets and
 * claims only carry it: either may be lost, forgotten or doubled.
 */
import { connectionsOf } from "../../shared/load/split.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import type { Member } from "../fleet/members.ts";
import type { SliceEntry } from "../merge/slice-table.ts";
import { joinedEvent } from "./joined.ts";
import { Moves, offerSlices } from "./moves.ts";
import { sliceQuotas, type WorkerCapacity, withoutSlices } from "./quota.ts";
import { Reclaims } from "./reclaims.ts";

/** Tickets offered at once. */
const OFFER_BATCH = 64;
/** A ticket nobody took for so long although there is room was used up by somebody who is gone. */
const UNTAKEN_US = 20_000_000;
/** Looks in a row that show a slice without its claim, before it counts as given up. */
const LOOKS_UNTIL_RELEASED = 3;
/** Looks that follow one another at once count as one. */
const LOOK_COUNTS_US = 240_000;
/** Between looks at claims while none is expected to change. */
const CALM_US = 2_000_000;

export class Placement {
  readonly #run: ActiveRun;
  readonly #moves: Moves;
  readonly #reclaims: Reclaims;
  /** Slice -> offer that is on the bus, and since when. */
  readonly #onBus = new Map<number, { readonly offer: number; readonly sinceUs: number }>();
  /** Slice -> looks in a row without the claim that was there before. */
  readonly #unclaimed = new Map<number, number>();
  /** Claims seen on the store as it is now. */
  #claimed = new Set<string>();
  #claimsListedUs = Number.NEGATIVE_INFINITY;
  #releasedUs = Number.NEGATIVE_INFINITY;
  #generation: string;
  /** The generation is one this coordinator saw itself. */
  #watched: boolean;

  constructor(run: ActiveRun) {
    this.#run = run;
    this.#moves = new Moves(run);
    this.#reclaims = new Reclaims(run);
    const { generation } = run.request.fleet;
    this.#generation = lastGeneration(run) ?? generation;
    this.#watched = this.#generation === generation;
  }

  /** The run's slices and their workers as they are now. */
  get seats(): readonly WorkerCapacity[] {
    const { assignment, log, request } = this.#run;
    const most = request.control.workers?.most ?? Number.POSITIVE_INFINITY;
    const slices = log.fold.slices.byHolder();
    let staying = 0;
    return [...assignment.workers()]
      .sort((a, b) => a.epoch - b.epoch)
      .map(({ epoch, info, status, overdue, attached }) => {
        const able = status?.state !== "failed" && !overdue;
        const stays = able && status?.leaving !== true && staying < most;
        if (stays) staying++;
        const empties = able && attached && !stays;
        const held = slices.get(epoch) ?? [];
        return { epoch, capacity: info.capacity, stays, empties, held };
      });
  }

  /** Brings slice table, tickets and quotas in step with the bus. @throws what the bus throws */
  async look(): Promise<void> {
    const run = this.#run;
    await this.#heedForgetting();
    if (this.#isClaimsPollDue()) {
      const claims = await run.bus.listClaims(run.id);
      this.#follow(claims);
      this.#moves.settle(claims);
      this.#releaseAtTimes(claims);
    }
    if (run.isOn) this.#offerAgain();
    const { seats } = this;
    if (run.isOn && run.state === "running") this.#moves.ask(seats);
    run.assignment.need({ most: run.request.control.workers?.most ?? null });
    await run.publish();
    // Before the tickets: whoever is to have fewer must not take what it has just given away.
    await run.assignment.place(this.#quotas(seats));
    if (run.isOn && !this.#reclaims.pending) await this.#putOnBus();
  }

  /** There are as many as slices: while nobody is to claim or give up any, they are listed less often. */
  #isClaimsPollDue(): boolean {
    const { free, handOvers } = this.#run.log.fold.slices;
    const isLacking = [...this.#unclaimed.values()].some((looks) => looks > 0);
    const isCalm =
      free.length === 0 && handOvers.size === 0 && !isLacking && !this.#reclaims.pending;
    const nowUs = this.#run.nowUs();
    if (isCalm && nowUs - this.#claimsListedUs < CALM_US) return false;
    this.#claimsListedUs = nowUs;
    return true;
  }

  #quotas(seats: readonly WorkerCapacity[]): ReadonlyMap<number, number> {
    const { slices } = this.#run.log.fold;
    const moving = [...slices.handOvers.values()].flatMap(({ scope, slice }) =>
      scope === "all" ? [slice] : [],
    );
    const { settled, free } = withoutSlices(seats, slices, moving);
    return sliceQuotas(settled, free, this.#run.plan.sizes);
  }

  /** The store was wiped or replaced: says everything again that only the bus knew, and fences the lost again. */
  async #heedForgetting(): Promise<void> {
    const run = this.#run;
    const { generation } = run.request.fleet;
    if (generation === this.#generation) return;
    run.forgotten();
    this.#onBus.clear();
    this.#unclaimed.clear();
    this.#claimed.clear();
    for (const { epoch, end } of run.log.fold.merge.workers.values()) {
      if (end !== "lost") continue;
      await run.bus.fence(run.id, epoch);
      await run.request.fleet.endSession(epoch);
    }
    await run.publish();
    run.note("The bus had forgotten everything; its documents were written again.");
    this.#reclaims.begin(this.#watched);
    this.#generation = generation;
    this.#watched = true;
  }

  /** Takes over what workers have claimed. */
  #follow(claims: ReadonlyMap<number, number>): void {
    const { log, request } = this.#run;
    const { slices, merge } = log.fold;
    const taken = new Map<number, number[]>();
    for (const [slice, epoch] of claims) {
      this.#claimed.add(`${slice} ${epoch}`);
      const entry = slices.slices.get(slice);
      if (!entry || entry.holder === epoch || entry.dropped) continue;
      if (merge.workers.get(epoch)?.end === "lost") continue;
      const list = taken.get(epoch) ?? [];
      list.push(slice);
      taken.set(epoch, list);
    }
    for (const [epoch, list] of taken) {
      const member = request.fleet.member(epoch);
      // The fleet has not seen it yet; with its next look.
      if (!member) continue;
      this.#join(member);
      for (const slice of list) this.#cancelled(slice, epoch);
      log.event({ type: "slices-held", epoch, slices: list, opens: this.#opensMissed(list) });
    }
    // Also those who sent frames and never got a slice.
    for (const { epoch } of merge.workers.values()) {
      const member = request.fleet.member(epoch);
      if (member) this.#join(member);
    }
  }

  /** Sessions whose time to open came while the slices were on their way: whoever opens them now cannot tell. */
  #opensMissed(slices: readonly number[]): number {
    const { log, plan } = this.#run;
    const untilUs = (log.elapsedUs ?? 0) + plan.document.recoverWithinUs;
    let opens = 0;
    for (const id of slices) {
      const { slice, movingSinceUs } = log.fold.slices.entry(id);
      if (movingSinceUs !== null) opens += plan.opensOfSlice(slice, movingSinceUs, untilUs);
    }
    return opens;
  }

  #join(member: Member): void {
    const { log, request } = this.#run;
    if (log.fold.merge.workers.get(member.epoch)?.generation) return;
    log.event(joinedEvent(member, request.fleet.generation));
  }

  /** Somebody else has the slice: whoever was to hand it over has no part in it any more. */
  #cancelled(slice: number, epoch: number): void {
    const { log } = this.#run;
    for (const handOver of log.fold.slices.handOvers.values()) {
      if (handOver.slice !== slice || handOver.epoch === epoch) continue;
      log.event({ type: "hand-over-done", id: handOver.id, cut: null });
    }
  }

  #releaseAtTimes(claims: ReadonlyMap<number, number>): void {
    const nowUs = this.#run.nowUs();
    if (nowUs - this.#releasedUs < LOOK_COUNTS_US) return;
    this.#releasedUs = nowUs;
    this.#release(claims);
  }

  /** Frees slices whose holder gave up its claim unasked, or has left in good order. */
  #release(claims: ReadonlyMap<number, number>): void {
    const { log, request, isOn } = this.#run;
    const { slices, merge } = log.fold;
    const moving = new Set(
      [...slices.handOvers.values()].flatMap(({ slice, scope }) =>
        scope === "all" ? [slice] : [],
      ),
    );
    const released: SliceEntry[] = [];
    for (const entry of slices.slices.values()) {
      const { slice, holder } = entry;
      if (holder === null) continue;
      const member = request.fleet.member(holder);
      const left = !member && merge.workers.get(holder)?.end === "finished";
      const lacking =
        member?.attached === true &&
        !claims.has(slice.id) &&
        !moving.has(slice.id) &&
        this.#claimed.has(`${slice.id} ${holder}`);
      const looks = lacking ? (this.#unclaimed.get(slice.id) ?? 0) + 1 : 0;
      this.#unclaimed.set(slice.id, looks);
      if (left || looks >= LOOKS_UNTIL_RELEASED) released.push(entry);
    }
    if (isOn) offerSlices(this.#run, released, "released");
  }

  /** What lost workers left, and tickets that were used up by somebody who is gone. */
  #offerAgain(): void {
    const { log, plan } = this.#run;
    const { slices } = log.fold;
    const left = slices.free.filter(({ offered }) => !offered);
    if (plan.policies.onWorkerLoss === "shrink" && log.fold.state === "running") this.#drop(left);
    else offerSlices(this.#run, left, "lost");
    if (!this.#hasRoom()) return;
    const nowUs = this.#run.nowUs();
    const untaken = slices.free.filter(({ slice, offer }) => {
      const onBus = this.#onBus.get(slice.id);
      return onBus?.offer === offer && nowUs - onBus.sinceUs > UNTAKEN_US;
    });
    offerSlices(this.#run, untaken, "untaken");
  }

  #drop(entries: readonly SliceEntry[]): void {
    if (entries.length === 0) return;
    const { log, plan } = this.#run;
    const { durationUs } = plan.document;
    let opens = 0;
    for (const { slice } of entries) opens += plan.opensOfSlice(slice, 0, durationUs);
    log.event({ type: "slices-dropped", slices: entries.map(({ slice }) => slice.id), opens });
  }

  #hasRoom(): boolean {
    const { sizes } = this.#run.plan;
    return this.seats.some(
      ({ stays, capacity, held }) => stays && connectionsOf(sizes, held.length + 1) <= capacity,
    );
  }

  async #putOnBus(): Promise<void> {
    const { bus, id, log } = this.#run;
    const missing = log.fold.slices.free.filter(
      ({ slice, offer, offered }) => offered && this.#onBus.get(slice.id)?.offer !== offer,
    );
    if (missing.length === 0) return;
    await log.sync();
    for (let from = 0; from < missing.length; from += OFFER_BATCH) {
      const batch = missing.slice(from, from + OFFER_BATCH);
      await Promise.all(
        batch.map(({ slice, offer }) => bus.offerTicket({ run: id, slice: { ...slice }, offer })),
      );
      const sinceUs = this.#run.nowUs();
      for (const { slice, offer } of batch) this.#onBus.set(slice.id, { offer, sinceUs });
    }
    await bus.hint("tickets-offered", id);
  }
}

/** The store's life a coordinator before this one saw last; null when there was none. */
function lastGeneration({ log }: ActiveRun): string | null {
  const records = [...log.fold.merge.workers.values()].sort((a, b) => a.epoch - b.epoch);
  return records.at(-1)?.generation || null;
}
