/**
 * Whom a fault hits: which connections of the plan are its victims while one of its windows lasts. Called by engines, which hit
 * them, and by the coordinator, which says how many there are.
 *
 * Candidates are the connections that the plan has open at some time of the window, of the role and to the target the fault
 * names; n of them. Victims are a share of n, to the nearest whole number, or a count. Which ones: a seeded permutation of the
 * candidates' ranks, another one for each window; victims are those it puts first. So shares are exact, a smaller share hits a
 * part of those that a larger one hits, and whoever holds a connection finds the same. Where the share grows while the fault acts, each
 * is a victim from its own time on.
 *
 * Invariant: a pure function of (scenario, seed, index), given the phases as they are by now.
 */

import { highest, valueAt } from "../scenario/fault-ramp.ts";
import type { FaultWindow } from "../scenario/fault-windows.ts";
import type { StrictScenario } from "../scenario/strict.ts";
import { targetName } from "../scenario/target-name.ts";
import { permuted } from "../scenario/template/permutation.ts";
import type { Population } from "./arrivals.ts";
import type { Session } from "./profile.ts";
import { below } from "./rising.ts";
import { RoleAssignment } from "./roles.ts";
import { TargetChoice } from "./target-choice.ts";

/** Apart from the permutations of data tables. */
const FIRST_KEY = 1 << 20;
/** No place: there are fewer connections. */
const UNKNOWN = 0xffff_ffff;

export interface Victims {
  readonly candidates: number;
  /** In the end, where their share grows. */
  readonly count: number;
  /** Those whose time has come. @param atUs run time */
  countAt(atUs: number): number;
  /** @param atUs run time; left out: at any time of the window */
  has(index: number, atUs?: number): boolean;
}

/** Costs time and memory by the connections of the plan where a role or target is named, connections arrive, or the share grows. */
export function victimsOf(
  scenario: StrictScenario,
  population: Population,
  window: FaultWindow,
): Victims {
  const { share, count: wanted } = window.fault.victims;
  const ranks = ranksOf(scenario, population, window);
  const countOf = (part: number) => Math.min(ranks.size, wanted ?? Math.round(part * ranks.size));
  const count = countOf(highest(share));
  const grows = typeof share !== "number";
  const countAt = (atUs: number) => (grows ? countOf(valueAt(share, window, atUs)) : count);
  const key = FIRST_KEY + window.position;
  const computed = (rank: number) => permuted(scenario.seed, key, rank, ranks.size);
  // Of those it is asked again and again.
  const placeOf = grows ? remembered(ranks.size, computed) : computed;
  return {
    candidates: ranks.size,
    count,
    countAt,
    has(index, atUs = Number.POSITIVE_INFINITY) {
      const rank = ranks.of(index);
      const first = countAt(atUs);
      if (rank < 0 || first === 0) return false;
      return first === ranks.size || placeOf(rank) < first;
    },
  };
}

/** Each place is computed once, when it is first asked for. */
function remembered(size: number, compute: (rank: number) => number): (rank: number) => number {
  let places: Uint32Array | null = null;
  return (rank) => {
    places ??= new Uint32Array(size).fill(UNKNOWN);
    const known = places[rank] ?? UNKNOWN;
    if (known !== UNKNOWN) return known;
    const place = compute(rank);
    places[rank] = place;
    return place;
  };
}

/** Candidates in order of their indices. */
interface Ranks {
  readonly size: number;
  /** Negative: it is no candidate. */
  of(index: number): number;
}

function ranksOf(scenario: StrictScenario, population: Population, window: FaultWindow): Ranks {
  const { role, target } = window.fault.victims;
  const closed = openBelow(population, window);
  if (role === null && target === null && population.connections === population.closed) {
    return { size: closed, of: (index) => (index < closed ? index : -1) };
  }
  const isChosen = chosenBy(scenario, { role, target });
  const indices: number[] = [];
  for (let index = 0; index < closed; index++) if (isChosen(index)) indices.push(index);
  for (let index = population.closed; index < population.connections; index++) {
    const isOpen = population.sessionsOf(index).some((session) => overlaps(session, window));
    if (isOpen && isChosen(index)) indices.push(index);
  }
  const sorted = Uint32Array.from(indices);
  return { size: sorted.length, of: (index) => positionIn(sorted, index) };
}

function chosenBy(
  scenario: StrictScenario,
  { role, target }: { readonly role: string | null; readonly target: string | null },
): (index: number) => boolean {
  const roles = RoleAssignment.of(scenario);
  const targets = new TargetChoice(scenario);
  const roleAt = scenario.roles.findIndex(({ name }) => name === role);
  return (index) => {
    if (role !== null && roles.roleOf(index) !== roleAt) return false;
    if (target === null) return true;
    const chosen = scenario.targets[targets.targetFor(index)];
    return chosen !== undefined && targetName(chosen) === target;
  };
}

/** Of the closed model a lower index is open whenever a higher one is: how many are at some time of the window. */
function openBelow({ closed, sessionsOf }: Population, window: FaultWindow): number {
  let low = 0;
  let high = closed;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sessionsOf(middle).some((session) => overlaps(session, window))) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A moment belongs to the sessions that are open then. */
function overlaps({ openUs, closeUs }: Session, { fromUs, toUs }: FaultWindow): boolean {
  return closeUs > fromUs && (openUs < toUs || openUs <= fromUs);
}

function positionIn(sorted: Uint32Array, value: number): number {
  const at = below(sorted, value);
  return sorted[at] === value ? at : -1;
}
