/**
 * Message slots of the whole run, for a total rate: one sequence of slots m = 0, 1, ... at times t_m, each
 * owned by one connection. Every engine walks the same sequence and sends what its own connections own, so
 * the total is exact and nobody needs to talk.
 * Invariant: time and owner of a slot are pure functions of the scenario; nothing allocates in next().
 */
import type { StrictScenario } from "../scenario/strict.ts";
import { drawExponential, Stream } from "../time/random.ts";
import type { Population } from "./arrivals.ts";
import { Crowd } from "./crowd.ts";
import { OpenArrivals } from "./open-arrivals.ts";
import { midpointsBelow, OperationalTime } from "./operational-time.ts";
import { drawPoisson } from "./poisson.ts";

/** Where the cursor stands. */
export interface TotalSlot {
  /** Intended time, microseconds of run time; Infinity after the last slot. */
  readonly atUs: number;
  /** m, from 0 without gaps. */
  readonly slot: number;
  /** Global index of the connection that sends it; -1 when the plan has none open (then nobody does). */
  readonly connection: number;
}

/**
 * A cursor over all slots, from the start of the run.
 *
 * Uniform: slot m lies where the integral of the rate is m + 0.5. Poisson: operational time is cut into
 * seconds; each has a Poisson count and that many sorted uniform times, by draws of its own, so a late
 * engine can skip whole blocks.
 *
 * Owner: of the P connections that the plan has open at t_m, the one with rank m mod P. Ranks 0..C(t)-1 are the
 * closed-model connections of that index (with roles: those of the role, in order); the arrivals that are open follow in the order of OpenArrivals.
 */
export class TotalSchedule implements TotalSlot {
  atUs = -1;
  slot = -1;
  connection = -1;
  /** Slots of the whole run. */
  readonly total: number;

  readonly #seed: number;
  readonly #crowd: Crowd;
  readonly #arrivals: OpenArrivals;
  readonly #time: OperationalTime;
  /** Poisson: slots before each block; one more entry than blocks. null: uniform. */
  readonly #before: Float64Array | null;
  #block = 0;
  /** Position in the block, 0..1, of the slot drawn last. */
  #position = 0;

  /** @param crowd those who send; default: all connections */
  constructor(
    scenario: Pick<StrictScenario, "seed" | "messages">,
    population: Population,
    crowd: Crowd = Crowd.ofAll(population),
  ) {
    const { messages, seed } = scenario;
    const perSec = messages?.rate.kind === "total" ? messages.rate.perSec : 0;
    this.#seed = seed;
    this.#crowd = crowd;
    this.#arrivals = new OpenArrivals(crowd.arrivals);
    if (messages?.arrival === "poisson") {
      this.#time = new OperationalTime(population.profile.phases, 1);
      this.#before = drawBlocks(seed, this.#time.total, perSec);
      this.total = this.#before.at(-1) ?? 0;
    } else {
      this.#time = new OperationalTime(population.profile.phases, perSec);
      this.#before = null;
      this.total = midpointsBelow(this.#time.total);
    }
  }

  /** Moves to the next slot and returns the cursor itself. */
  next(): TotalSlot {
    this.slot++;
    if (this.slot >= this.total) {
      this.slot = this.total;
      this.atUs = Number.POSITIVE_INFINITY;
      this.connection = -1;
      return this;
    }
    const operational = this.#before === null ? this.slot + 0.5 : this.#nextInBlocks(this.#before);
    this.atUs = this.#time.timeOf(operational);
    this.#findOwner();
    return this;
  }

  /** Moves on to the first slot at or after `tUs` without visiting all those before. Never goes back. */
  seek(tUs: number): TotalSlot {
    const operational = this.#time.at(tUs);
    if (this.#before === null) {
      // One slot early, so that rounding cannot skip one.
      this.slot = Math.max(this.slot, Math.min(Math.floor(operational), this.total) - 2);
    } else {
      const block = Math.min(Math.floor(operational), this.#before.length - 2);
      if (block > this.#block) {
        this.#block = block;
        this.#position = 0;
        this.slot = (this.#before[block] ?? 0) - 1;
      }
    }
    while (this.atUs < tUs) this.next();
    return this;
  }

  /** Rank, among `openNow` open connections, of the owner of a slot; -1 for none open. */
  connectionFor(slot: number, openNow: number): number {
    return openNow > 0 ? slot % openNow : -1;
  }

  #findOwner(): void {
    this.#arrivals.advance(this.atUs);
    const crowd = this.#crowd;
    const heldNow = crowd.heldAt(this.atUs);
    const rank = this.connectionFor(this.slot, heldNow + this.#arrivals.count);
    if (rank < 0) this.connection = -1;
    else if (rank < heldNow) this.connection = crowd.heldIndex(rank);
    else this.connection = crowd.arrivalIndex(this.#arrivals.at(rank - heldNow));
  }

  /** Operational time, in seconds, of the current slot: the next order statistic of its block. */
  #nextInBlocks(before: Float64Array): number {
    while (this.slot >= (before[this.#block + 1] ?? 0)) {
      this.#block++;
      this.#position = 0;
    }
    const inBlock = this.slot - (before[this.#block] ?? 0);
    const left = (before[this.#block + 1] ?? 0) - this.slot;
    // The least of n uniforms on (u, 1) is u + (1 - u)(1 - V^(1/n)); -ln V is exponential.
    const exponential = drawExponential(this.#seed, Stream.slot, 2 * this.#block + 1, inBlock);
    const step = (1 - this.#position) * -Math.expm1(-exponential / left);
    this.#position = Math.min(this.#position + step, LAST_POSITION);
    const length = Math.min(1, this.#time.total - this.#block);
    return this.#block + length * this.#position;
  }
}

/** Keeps rounding from pushing a slot into the next block, or past the end. */
const LAST_POSITION = 1 - 2 ** -30;

/** Slots before each operational second, and in all. The last, partial second has its share of the mean. */
function drawBlocks(seed: number, seconds: number, perSec: number): Float64Array {
  const blocks = Math.ceil(seconds);
  const before = new Float64Array(blocks + 1);
  for (let block = 0; block < blocks; block++) {
    const mean = perSec * Math.min(1, seconds - block);
    const count = drawPoisson(mean, { seed, stream: Stream.slot, index: 2 * block });
    before[block + 1] = (before[block] ?? 0) + count;
  }
  return before;
}
