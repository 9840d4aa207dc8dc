/**
 * Restarts that the service announces: it closes connections with code 1012 (service restart; IANA), in one moment or target by target,
 * and those are soon open again. That is how a deployment looks that goes as it should. Read by signals.ts, which leaves their closes out,
 * and by notes/announced-restarts.ts. Pure. Invariant: a restart after which connections stay away, or attempts fail one after another, is
 * none of these, nor is a service that closes a few connections now and then, or the same ones over and over: their closes are failures.
 */
import type { FailureKind } from "../../../shared/stats/failure-kind.ts";
import type { FailureSeries } from "../../merge/failures/failure-series.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { TimelineRow } from "../../merge/timeline.ts";

const SECOND_US = 1_000_000;
const HOUR_US = 3600 * SECOND_US;
/** IANA: service restart. */
const RESTART = 1012;
/** One target after another, so long apart at most. */
const MOST_APART_SECONDS = 10;
/** For each target, seconds in which connections are closed: in more than that it is no restart, but a rate. */
const MOST_CLOSING_SECONDS = 10;
/** Of the open connections, those that are closed, and how many at least. */
const LEAST_SHARE = 0.05;
const LEAST_CLOSES = 5;
/**
 * Closes for each open connection, of one restart, and of all in an hour: when those of a server go to the others until these are
 * restarted, too, it is 1.7 (e - 1) on average.
 */
const MOST_CLOSES = 2.5;
/** Until so many of those that were closed are open again, and no later. */
const BACK_SHARE = 0.98;
const BACK_SECONDS = 10;
/** Attempts that fail meanwhile, for each connection that was closed: some come back too early, once. */
const MOST_FAILED = 0.5;
/** What the moment of a restart leaves behind beside its closes: messages that were on their way, attempts that came too early. */
const LEFT_BEHIND: ReadonlySet<FailureKind> = new Set(["unanswered", "tcp-refused", "tcp-reset"]);

export interface AnnouncedRestart {
  /** Seconds of run time: from the first close until they were open again, without the end. */
  readonly from: number;
  readonly to: number;
  /** Seconds from the last close until then; within a second it is 0. */
  readonly backSeconds: number;
  readonly closed: number;
  /** Attempts to connect that failed meanwhile. */
  readonly failed: number;
  /** How many targets it was of. */
  readonly targets: number;
}

/** Seconds that hold closes, in order, with hardly a pause between them. */
type Closing = readonly [number, ...number[]];

interface Run {
  readonly closes: FailureSeries;
  readonly rows: readonly TimelineRow[];
  /** Connections that the plan has open at the end of each second. */
  readonly plannedOpen: readonly number[];
}

/** In the order of time. */
export function announcedIn({ merge, facts }: RunFold): readonly AnnouncedRestart[] {
  const closes = merge.failureSeries.all.find(isRestart);
  if (closes === undefined) return [];
  const rows = [...merge.timeline.rows()].slice(0, Math.ceil(facts.durationUs / SECOND_US));
  const most = rows.reduce((highest, { open }) => Math.max(highest, open), 0);
  const hours = Math.max(1, facts.durationUs / HOUR_US);
  if (closes.count > MOST_CLOSES * most * hours) return [];
  const run = { closes, rows, plannedOpen: facts.plannedOpen };
  return stretchesOf(closes).flatMap((closing) => announced(run, closing) ?? []);
}

function stretchesOf({ seconds }: FailureSeries): Closing[] {
  const stretches: [number, ...number[]][] = [];
  for (const second of [...seconds.keys()].sort((a, b) => a - b)) {
    const own = stretches.at(-1);
    const last = own?.at(-1);
    const isNear = last !== undefined && second - last <= MOST_APART_SECONDS;
    if (own !== undefined && isNear) own.push(second);
    else stretches.push([second]);
  }
  return stretches;
}

/** A failure of this series in this second is of that restart. */
export function isOfAnnounced(
  { from, to }: AnnouncedRestart,
  series: Pick<FailureSeries, "kind" | "code">,
  second: number,
): boolean {
  return second >= from && second < to && (isRestart(series) || LEFT_BEHIND.has(series.kind));
}

function isRestart({ kind, code }: Pick<FailureSeries, "kind" | "code">): boolean {
  return kind === "close-code" && code === RESTART;
}

/** null: it is none, or they did not come back as they should. */
function announced({ closes, rows, plannedOpen }: Run, closing: Closing): AnnouncedRestart | null {
  const from = closing[0];
  const end = (closing.at(-1) ?? from) + 1;
  const before = rows[from - 1]?.open ?? 0;
  const planned = (second: number) => plannedOpen[second] ?? 0;
  /** What would be open without the restart: as many as before, and what the plan adds to them, or takes away. */
  const wanted = (second: number) => before + planned(second) - planned(from - 1);
  const closed = closing.reduce((sum, second) => sum + (closes.seconds.get(second) ?? 0), 0);
  const most = Math.max(before, wanted(end - 1));
  const isLong = closing.length > MOST_CLOSING_SECONDS * Math.max(1, closes.targets.size);
  const isFew = closed < Math.max(LEAST_CLOSES, LEAST_SHARE * most);
  if (before === 0 || isLong || isFew || closed > MOST_CLOSES * most) return null;
  const away = (1 - BACK_SHARE) * Math.min(closed, most);
  const back = rows
    .slice(end - 1, end + BACK_SECONDS)
    .findIndex(({ open, second }) => open >= wanted(second) - away);
  if (back < 0) return null;
  const to = end + back;
  const failed = rows.slice(from, to).reduce((sum, row) => sum + row.failed, 0);
  if (failed > MOST_FAILED * closed) return null;
  return { from, to, backSeconds: back, closed, failed, targets: closes.targets.size };
}
