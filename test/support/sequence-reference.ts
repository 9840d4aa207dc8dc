/**
 * What a sequence is, the slow way: backtracking over its steps, and a judgement of one list of events at a time. What the
 * automaton and the observer are compared with; shares no code with them.
 */
import type { StrictSequence, StrictSequenceStep } from "../../shared/scenario/strict-message.ts";

type Counted = { readonly event: string; readonly least: number; readonly most: number };

/** Whether the word is in the language (whole), or can be continued to be (prefix). */
export function matches(
  steps: readonly StrictSequenceStep[],
  word: readonly string[],
  as: "whole" | "prefix",
): boolean {
  const [step, ...rest] = steps;
  if (step === undefined) return word.length === 0;
  const parts: readonly Counted[] = step.kind === "any" ? step.events : [step];
  for (let taken = 0; taken <= word.length; taken++) {
    const head = word.slice(0, taken);
    const counts = parts.map(({ event }) => head.filter((one) => one === event).length);
    const isKnown = head.every((one) => parts.some(({ event }) => event === one));
    if (!isKnown || parts.some(({ most }, at) => (counts[at] ?? 0) > most)) return false;
    if (as === "prefix" && taken === word.length) return true;
    const isDone = parts.every(({ least }, at) => (counts[at] ?? 0) >= least);
    if (isDone && matches(rest, word.slice(taken), as)) return true;
  }
  return false;
}

export interface Came {
  readonly atUs: number;
  readonly name: string;
}

/** How the connection of a sequence ended. */
export interface Ended {
  readonly atUs: number;
  readonly cutByUs: boolean;
}

export interface Judged {
  readonly outcome: string;
  /** Events after the end of a completed one. */
  readonly afterEnd: number;
}

const LATE_US = 60_000_000;

/** Sent at 0; events in the order of time, all before the end. */
export function judge(sequence: StrictSequence, came: readonly Came[], ended: Ended): Judged {
  const { steps, withinUs } = sequence;
  const keptUs = withinUs + Math.min(withinUs, LATE_US);
  const known = came.filter(({ atUs }) => atUs < keptUs);
  const words: string[] = [];
  let isBroken = false;
  let afterEnd = 0;
  let outcome: string | null = null;
  const isWhole = () => !isBroken && matches(steps, words, "whole");
  for (const [at, { atUs, name }] of known.entries()) {
    const isLate = atUs >= withinUs;
    if (outcome === null && isLate && isWhole()) outcome = "completed";
    if (outcome !== null) {
      if (outcome === "completed") afterEnd++;
      continue;
    }
    const total = totalsOf(steps).get(name);
    if (total === undefined) {
      outcome = "unexpected";
      continue;
    }
    const isTaken = !isBroken && matches(steps, [...words, name], "prefix");
    words.push(name);
    if (isTaken) {
      const gapUs = at === 0 ? 0 : atUs - (known[at - 1]?.atUs ?? 0);
      if (isLate || gapUs > (sequence.gapUs ?? Number.POSITIVE_INFINITY)) outcome = "tooLate";
      else if (isWhole() && !canGoOn(steps, words)) outcome = "completed";
      continue;
    }
    isBroken = true;
    if (countOf(words, name) > total.most) outcome = "repeated";
    else if (hasAll(steps, words)) outcome = isLate ? "tooLate" : "outOfOrder";
  }
  return { outcome: outcome ?? whenOver(), afterEnd };

  function whenOver(): string {
    if (isWhole()) return "completed";
    if (ended.atUs >= withinUs) return words.length === 0 ? "neverStarted" : "missing";
    if (isBroken) return "outOfOrder";
    return ended.cutByUs ? "abandoned" : "cut";
  }
}

function totalsOf(steps: readonly StrictSequenceStep[]): Map<string, Counted> {
  const totals = new Map<string, Counted>();
  for (const { event, least, most } of steps.flatMap((one) =>
    one.kind === "any" ? one.events : [one],
  )) {
    const sum = totals.get(event) ?? { event, least: 0, most: 0 };
    totals.set(event, { event, least: sum.least + least, most: sum.most + most });
  }
  return totals;
}

function countOf(words: readonly string[], event: string): number {
  return words.filter((one) => one === event).length;
}

function hasAll(steps: readonly StrictSequenceStep[], words: readonly string[]): boolean {
  return [...totalsOf(steps).values()].every(({ event, least }) => countOf(words, event) >= least);
}

function canGoOn(steps: readonly StrictSequenceStep[], words: readonly string[]): boolean {
  return [...totalsOf(steps).keys()].some((event) => matches(steps, [...words, event], "prefix"));
}
