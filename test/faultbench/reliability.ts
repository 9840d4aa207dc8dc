/**
 * Whether stated probabilities are what they say: answers in bins, each with what was said and how many were right. Called by score.ts and
 * calibrate.ts. Pure. Invariant: answers of one probability are in one bin, so that no order of theirs makes a difference.
 */
import { wilsonInterval } from "../../coordinator/analysis/stats/proportion.ts";
import { drawUnit, Stream } from "../../shared/time/random.ts";

export interface Stated {
  readonly said: number;
  readonly isRight: boolean;
}

export interface Bin {
  readonly of: number;
  /** Least, mean and greatest of what was said. */
  readonly least: number;
  readonly said: number;
  readonly most: number;
  readonly right: number;
  /** Of the 95 % interval of the share that was right (Wilson). */
  readonly low: number;
  readonly high: number;
}

export interface Reliability {
  /** Rising. */
  readonly bins: readonly Bin[];
  /** Expected calibration error. */
  readonly error: number;
  /** What it would be on average if every answer were right with the probability stated. */
  readonly byChance: number;
  readonly of: number;
}

const BINS = 10;
/** Answers of a bin, at least. */
const PER_BIN = 5;
const DRAWS = 1000;
const SEED = 1;

/**
 * Expected calibration error: the sum over bins of |stated - right|, of all answers. Source: M. Naeini et al., AAAI 2015, with bins of equal
 * mass. Biased upwards when there are few answers; `byChance` says by how much. null: nothing was stated.
 */
export function reliabilityOf(stated: readonly Stated[]): Reliability | null {
  if (stated.length === 0) return null;
  const groups = grouped(stated.toSorted((a, b) => a.said - b.said));
  const errorBy = (rightIn: (group: readonly Stated[], place: number) => number) =>
    groups.reduce((sum, group, place) => sum + Math.abs(saidIn(group) - rightIn(group, place)), 0) /
    stated.length;
  let chance = 0;
  for (let draw = 0; draw < DRAWS; draw++) {
    let counter = 0;
    chance += errorBy((group) => {
      return group.filter(({ said }) => drawUnit(SEED, Stream.resample, draw, counter++) < said)
        .length;
    });
  }
  return {
    bins: groups.map(binOf),
    error: errorBy(rightIn),
    byChance: chance / DRAWS,
    of: stated.length,
  };
}

function saidIn(group: readonly Stated[]): number {
  return group.reduce((sum, { said }) => sum + said, 0);
}

function rightIn(group: readonly Stated[]): number {
  return group.filter(({ isRight }) => isRight).length;
}

/** @param stated rising */
function grouped(stated: readonly Stated[]): readonly (readonly Stated[])[] {
  const bins = Math.max(1, Math.min(BINS, Math.floor(stated.length / PER_BIN)));
  const size = stated.length / bins;
  const groups: Stated[][] = [];
  let group: Stated[] = [];
  for (const [at, one] of stated.entries()) {
    group.push(one);
    const next = stated[at + 1];
    if (next === undefined) groups.push(group);
    else if (group.length >= size && next.said !== one.said) {
      groups.push(group);
      group = [];
    }
  }
  const last = groups.at(-1) ?? [];
  if (groups.length < 2 || last.length >= PER_BIN) return groups;
  return [...groups.slice(0, -2), [...(groups.at(-2) ?? []), ...last]];
}

function binOf(group: readonly Stated[]): Bin {
  const right = rightIn(group);
  const { low, high } = wilsonInterval({ count: right, of: group.length }, 0.95);
  return {
    of: group.length,
    least: group[0]?.said ?? 0,
    said: saidIn(group) / group.length,
    most: group.at(-1)?.said ?? 0,
    ...{ right, low, high },
  };
}
