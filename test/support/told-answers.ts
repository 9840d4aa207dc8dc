/**
 * What a target's own log of answers says that must be told of them: each is judged by the slow reference, at the times at which
 * its events were really told. A busy machine makes a target late, and that is no mistake of who says so.
 * Used by exactness.ts.
 */
import type { ToldAnswer } from "../../target/dialogue/answer-log.ts";
import type { Target } from "./programs.ts";
import { judge } from "./sequence-reference.ts";

export interface Account {
  /** How many answers went wrong, by the kind of violation. */
  readonly violations: Readonly<Record<string, number>>;
  /** Answers with an event told so shortly before the limit, that its way decides on which side it is. */
  readonly unsure: number;
  /** The longest of those that nothing was done to, and how many took longer than they may. */
  readonly slowestMs: number;
  readonly late: number;
}

const LISTED = 20_000;
/** An event takes no longer to the generator. */
const ON_ITS_WAY_MS = 1000;

/** The question's sequence; see misdeeds.ts. */
const STEPS = [
  ...[{ event: "agent_started" }, { event: "agent_thinking" }],
  ...[
    { event: "tool_executing", most: 5 },
    { event: "tool_completed", most: 5 },
  ],
  { event: "agent_completed" },
].map(({ event, most = 1 }) => ({ kind: "event" as const, event, least: 1, most }));

/** @throws Error when the target remembers as many as it lists: some may be forgotten */
export async function answersOf(target: Target): Promise<readonly ToldAnswer[]> {
  const { answers } = await target.stats(`?perAnswer=1&limit=${LISTED}`);
  const all = answers as readonly ToldAnswer[];
  if (all.length === LISTED) throw new Error("the target's log of answers is too short");
  return all;
}

export function accountOf(all: readonly ToldAnswer[], withinMs: number): Account {
  const sequence = {
    ...{ name: "ask", key: "", event: "", steps: STEPS, withinUs: 1000 * withinMs, gapUs: null },
  };
  const violations: Record<string, number> = {};
  let unsure = 0;
  for (const { events, cut, tookMs } of all) {
    const came = events.map(([name, atMs]) => ({ name, atUs: 1000 * atMs }));
    const endedUs = cut ? 1000 * tookMs : Number.POSITIVE_INFINITY;
    const { outcome } = judge(sequence, came, { atUs: endedUs, cutByUs: false });
    violations[outcome] = (violations[outcome] ?? 0) + 1;
    const isClose = (atMs: number) => [1, 2].some((times) => isJustBefore(times * withinMs, atMs));
    if (events.some(([, atMs]) => isClose(atMs))) unsure++;
  }
  const untouched = all.filter(({ deed }) => deed === null).map(({ tookMs }) => tookMs);
  return {
    ...{ violations, unsure, slowestMs: Math.max(0, ...untouched) },
    late: untouched.filter((tookMs) => tookMs >= withinMs).length,
  };
}

function isJustBefore(limitMs: number, atMs: number): boolean {
  return atMs < limitMs && atMs > limitMs - ON_ITS_WAY_MS;
}
