/**
 * Where a search goes next: up until something breaks, down to rest after each break, into the gap between what held and
 * what broke until that is narrow, and to both once more. Pure; called by run/limit-search.ts.
 * Invariant: a function of the levels judged so far, and it ends.
 *
 *   climb --broken--> rest --held--> narrow --broken--> rest ... gap narrow --> confirm what broke --> rest
 *     ^ held: higher   ^ broken: again  | held: the gap's upper half              --> confirm what held --> found
 */
import { mostLevels } from "../../../shared/scenario/search.ts";
import type { StrictSearch } from "../../../shared/scenario/strict.ts";
import type { Plateau } from "../../merge/searches.ts";
import type { SearchOutcome, SearchPurpose } from "../../store/event.ts";

export type Next =
  | { readonly kind: "level"; readonly to: number; readonly purpose: SearchPurpose }
  | { readonly kind: "end"; readonly outcome: SearchOutcome };

/** Rests in a row, at half of what held, after which it is taken not to come back. */
const MOST_RESTS = 5;
/** Times in a row the generator may fail at a level. */
const MOST_UNTRUSTED = 3;
/** Judgements that make a level's verdict a confirmed one. */
const CONFIRMED = 2;

/** @param from connections that were open when the phase began */
export function nextLevel(
  search: Pick<StrictSearch, "step" | "to" | "precision" | "settleUs">,
  from: number,
  plateaus: readonly Plateau[],
): Next {
  const last = plateaus.at(-1);
  if (plateaus.length >= mostLevels(search, from)) return end("unsettled");
  if (last === undefined) return level(Math.min(from + search.step, search.to), "climb");
  if (last.verdict === "untrusted") {
    const isOften = plateaus.slice(-MOST_UNTRUSTED).every(({ verdict }) => verdict === "untrusted");
    return isOften && plateaus.length >= MOST_UNTRUSTED
      ? end("untrusted")
      : level(last.to, last.purpose);
  }
  const gap = gapOf(plateaus, from);
  if (last.verdict === "broken") {
    const rests = plateaus.slice(-MOST_RESTS).filter(({ purpose }) => purpose === "rest");
    if (rests.length === MOST_RESTS) return end("no-recovery");
    return level(last.purpose === "rest" ? last.to : Math.floor(gap.low / 2), "rest");
  }
  return onward(search, gap, last);
}

export interface Gap {
  /** The highest level that held when it was judged last; where the phase began, when none did. */
  readonly low: number;
  readonly holds: number;
  /** The lowest level above it that broke when it was judged last; null: none did. */
  readonly high: number | null;
  readonly breaks: number;
}

/** What is known of the limit. Rests and what the generator failed at say nothing of it. */
export function gapOf(plateaus: readonly Plateau[], from: number): Gap {
  const levels = new Map<number, { isHeld: boolean; holds: number; breaks: number }>();
  for (const { to, purpose, verdict } of plateaus) {
    if (purpose === "rest" || verdict === "untrusted") continue;
    const seen = levels.get(to) ?? { isHeld: false, holds: 0, breaks: 0 };
    const isHeld = verdict === "held";
    levels.set(to, {
      isHeld,
      holds: seen.holds + (isHeld ? 1 : 0),
      breaks: seen.breaks + (isHeld ? 0 : 1),
    });
  }
  let low = from;
  for (const [to, { isHeld }] of levels) if (isHeld) low = Math.max(low, to);
  let high: number | null = null;
  for (const [to, { isHeld }] of levels) {
    if (!isHeld && to > low) high = Math.min(high ?? to, to);
  }
  return {
    low,
    holds: levels.get(low)?.holds ?? 0,
    high,
    breaks: high === null ? 0 : (levels.get(high)?.breaks ?? 0),
  };
}

function onward(
  { step, to, precision }: Pick<StrictSearch, "step" | "to" | "precision">,
  { low, holds, high, breaks }: Gap,
  last: Plateau,
): Next {
  if (high === null) {
    return low >= to ? end("top") : level(Math.min(low + step, to), "climb");
  }
  if (high - low > 1 && high - low > precision * high) {
    return level(Math.round((low + high) / 2), "narrow");
  }
  if (breaks < CONFIRMED) return level(high, "confirm");
  // Nothing ever held, so there is nothing to confirm.
  if (holds === 0) return end("found");
  const isThere = last.to === low && last.purpose !== "rest";
  return holds >= CONFIRMED && isThere ? end("found") : level(low, "confirm");
}

function level(to: number, purpose: SearchPurpose): Next {
  return { kind: "level", to, purpose };
}

function end(outcome: SearchOutcome): Next {
  return { kind: "end", outcome };
}
