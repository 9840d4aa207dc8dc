/**
 * Exact shares: ranks 0..size-1 in an order drawn from a seed, each exactly once per block. Called by pick
 * and delay. Invariant: among each `size` consecutive draws, counted from the first, every rank comes
 * exactly once, so a share of k/size is hit exactly and yet cannot be foreseen.
 */
import { draw32, Stream } from "../../shared/time/random.ts";

const SIZES = [10, 100, 1000, 10_000];

/** The smallest block in which all these shares are whole numbers; 0 when none of them will do. */
export function blockSize(shares: readonly number[]): number {
  const fits = (size: number): boolean =>
    shares.every((share) => Math.abs(share * size - Math.round(share * size)) < 1e-9 * size);
  return SIZES.find(fits) ?? 0;
}

/** Seed and number of a random sequence: different numbers are independent of one another. */
export interface Draws {
  readonly seed: number;
  readonly index: number;
}

export class Shuffle {
  private readonly ranks: Uint16Array;
  private readonly draws: Draws;
  private place = 0;
  private drawn = 0;

  constructor(size: number, draws: Draws) {
    this.ranks = Uint16Array.from({ length: size }, (_, rank) => rank);
    this.draws = draws;
  }

  /** The next rank. Fisher-Yates, one step per call, so no block costs more than another. */
  next(): number {
    const { ranks, place } = this;
    const left = ranks.length - place;
    const other =
      place + (draw32(this.draws.seed, Stream.behaviour, this.draws.index, this.drawn) % left);
    this.drawn += 1;
    const rank = ranks[other] ?? 0;
    ranks[other] = ranks[place] ?? 0;
    ranks[place] = rank;
    this.place = place + 1 === ranks.length ? 0 : place + 1;
    return rank;
  }
}
