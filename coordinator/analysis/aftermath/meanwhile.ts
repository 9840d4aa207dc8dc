/**
 * What the service still did while a fault lasted: replies in time for what the plan offered, of those before it, of all messages and by
 * message. Pure; called for the summary. Invariant: only of whole seconds in which it acted, five minutes at most, and of messages that had replies before.
 */
import { namesOf } from "../../../shared/scenario/names.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { isLeftOut } from "../judged.ts";
import type { Disturbance } from "./disturbance.ts";
import { SecondRows } from "./second-rows.ts";

const SECOND_US = 1_000_000;
const BEFORE_SECONDS = 10;
/** More of a long fault says nothing new. */
const MOST_SECONDS = 300;
/** Messages that are told of. */
const MOST_NAMES = 50;

export interface Meanwhile {
  /** 1: as before. */
  readonly share: number;
  readonly byName: Readonly<Record<string, number>>;
}

/** null: it lasted no whole second, or no replies came before it. */
export function meanwhileOf(fold: RunFold, disturbed: Disturbance): Meanwhile | null {
  const begin = Math.floor(disturbed.fromUs / SECOND_US);
  const before = stretch(fold, Math.max(0, begin - BEFORE_SECONDS), begin);
  const during = stretch(
    fold,
    Math.ceil(disturbed.fromUs / SECOND_US),
    Math.min(Math.floor(disturbed.toUs / SECOND_US), begin + MOST_SECONDS),
  );
  const share = shareOf(fold, null, before, during);
  if (share === null) return null;
  const byName: Record<string, number> = {};
  for (const [name, positions] of messagesIn(fold)) {
    const own = shareOf(fold, positions, before, during);
    if (own !== null) byName[name] = own;
  }
  return { share, byName };
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  /** Those that count. */
  readonly seconds: ReadonlySet<number>;
  readonly offered: number;
}

function stretch(fold: RunFold, from: number, to: number): Stretch {
  const rows = new SecondRows(fold, { gone: 0, since: 0 });
  const seconds = new Set<number>();
  let offered = 0;
  for (let second = from; second < Math.min(to, fold.closedThrough() + 1); second++) {
    if (isLeftOut(fold, second)) continue;
    seconds.add(second);
    offered += rows.offered(second);
  }
  return { from, to, seconds, offered };
}

/** Positions of the messages of each name, of all roles. */
function messagesIn({ facts: { scenario } }: RunFold): Map<string, Set<number>> {
  const messages = new Map<string, Set<number>>();
  for (const [at, { name, kind }] of namesOf(scenario).entries()) {
    if (kind !== "message") continue;
    const known = messages.get(name);
    if (known !== undefined) known.add(at);
    else if (messages.size < MOST_NAMES) messages.set(name, new Set([at]));
  }
  return messages;
}

function shareOf(
  fold: RunFold,
  names: ReadonlySet<number> | null,
  ...[before, during]: [before: Stretch, during: Stretch]
): number | null {
  const usual = repliesIn(fold, names, before) / before.offered;
  if (during.offered === 0 || !(usual > 0)) return null;
  return repliesIn(fold, names, during) / during.offered / usual;
}

function repliesIn(
  { merge }: RunFold,
  names: ReadonlySet<number> | null,
  { from, to, seconds }: Stretch,
): number {
  const selection = { metric: "latency", phases: null, names } as const;
  const isOf = (second: number) => seconds.has(second);
  return merge.series.histogram(selection, { from, to }, isOf)?.count ?? 0;
}
