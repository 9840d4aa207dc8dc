/**
 * Outages: episodes in which too few of those that should have been served were. Pure, over seconds of uptime (merge/uptime-series.ts).
 * Invariants: outages do not overlap and are told in order; a second that says nothing neither begins nor prolongs one.
 */
import type { StrictAvailability } from "../../../shared/scenario/strict.ts";
import type { UptimeSecond } from "../../merge/uptime-series.ts";

/** null: it says nothing: nobody was to be served, or it is left out. */
export type ServedSecond = UptimeSecond | null;

export interface Outage {
  /** Seconds of run time, to a part of a second. */
  readonly from: number;
  readonly to: number;
  /** Share of the users that were down in the worst second, and how many that were. */
  readonly depth: number;
  readonly users: number;
  /** Seconds of users that it took. */
  readonly userSeconds: number;
  /** It was not over when the measuring was. */
  readonly goesOn: boolean;
}

export type OutageRule = Pick<StrictAvailability, "below" | "lastsUs" | "mergeUs">;

const SECOND_US = 1_000_000;
/** Of a time: what rounding to milliseconds may have taken from it. */
const SLACK_SECONDS = 0.01;
/** Of a second: less of it was measured than says anything. */
const LEAST_MS = 20;

/** Episodes that are long enough, those with short times between them as one. */
export function outagesOf(seconds: readonly ServedSecond[], rule: OutageRule): Outage[] {
  const lasts = rule.lastsUs / SECOND_US - SLACK_SECONDS;
  const gap = rule.mergeUs / SECOND_US;
  const found: Outage[] = [];
  for (const one of episodes(seconds, rule.below)) {
    if (one.to - one.from < lasts) continue;
    const last = found.at(-1);
    if (last !== undefined && one.from - last.to < gap) found[found.length - 1] = joined(last, one);
    else found.push(one);
  }
  return found;
}

/** Whether fewer were served than should have been. */
function isBad(second: ServedSecond | undefined, below: number): second is UptimeSecond {
  if (!second) return false;
  const { upMs, downMs } = second;
  return upMs + downMs >= LEAST_MS && upMs < below * (upMs + downMs);
}

function* episodes(seconds: readonly ServedSecond[], below: number): Generator<Outage> {
  for (let first = 0; first < seconds.length; first++) {
    if (!isBad(seconds[first], below)) continue;
    let end = first;
    while (isBad(seconds[end], below)) end++;
    yield episode(seconds.slice(first, end) as UptimeSecond[], first, end === seconds.length);
    first = end;
  }
}

/**
 * Of seconds in a row. Its first and last second are those of it in which it began and ended: as much of them is of it as their
 * share of the next one says.
 */
function episode(bad: readonly UptimeSecond[], first: number, goesOn: boolean): Outage {
  const shares = bad.map(downShare);
  const last = bad.length - 1;
  const head = last > 0 ? part(shares[0], shares[1]) : (shares[0] ?? 1);
  const tail = goesOn || last === 0 ? 1 : part(shares[last], shares[last - 1]);
  return {
    from: first + 1 - head,
    to: first + last + tail,
    depth: Math.max(...shares),
    users: Math.round(Math.max(...bad.map(({ downMs }) => downMs)) / 1000),
    userSeconds: bad.reduce((sum, { downMs }) => sum + downMs, 0) / 1000,
    goesOn,
  };
}

function downShare({ upMs, downMs }: UptimeSecond): number {
  return downMs / (upMs + downMs);
}

function part(share = 1, next = 1): number {
  return Math.min(1, share / next);
}

function joined(one: Outage, next: Outage): Outage {
  return {
    from: one.from,
    to: next.to,
    depth: Math.max(one.depth, next.depth),
    users: Math.max(one.users, next.users),
    userSeconds: one.userSeconds + next.userSeconds,
    goesOn: next.goesOn,
  };
}
