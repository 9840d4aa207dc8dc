/**
 * Restarts that the service announces: it closes connections with code 1012 (service restart; IANA), in one moment or target by target,
 * and all of them are soon open again. That is how a deployment looks that goes as it should. Read by signals.ts, which leaves their
 * closes out, and by notes/announced-restarts.ts. Pure. Invariant: a restart after which connections stay away, or attempts fail one
 * after another, is none of these, and its closes are failures.
 */
import type { FailureKind } from "../../../shared/stats/failure-kind.ts";
import type { FailureSeries } from "../../merge/failures/failure-series.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { TimelineRow } from "../../merge/timeline.ts";

const SECOND_US = 1_000_000;
/** IANA: service restart. */
const RESTART = 1012;
/** One target after another, so long apart at most. */
const MOST_APART_SECONDS = 10;
/** Until so many of those that were open are open again, and no later. */
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

/** In the order of time. */
export function announcedIn({ merge, facts }: RunFold): readonly AnnouncedRestart[] {
  const closes = merge.failureSeries.all.find(isRestart);
  if (closes === undefined) return [];
  const rows = [...merge.timeline.rows()].slice(0, Math.ceil(facts.durationUs / SECOND_US));
  const stretches: [number, number][] = [];
  for (const second of [...closes.seconds.keys()].sort((a, b) => a - b)) {
    const last = stretches.at(-1);
    if (last !== undefined && second - last[1] < MOST_APART_SECONDS) last[1] = second + 1;
    else stretches.push([second, second + 1]);
  }
  return stretches.flatMap((stretch) => announced(closes, rows, stretch) ?? []);
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

/** null: they did not come back as they should. */
function announced(
  { seconds, targets }: FailureSeries,
  rows: readonly TimelineRow[],
  [from, end]: readonly [number, number],
): AnnouncedRestart | null {
  const before = rows[from - 1]?.open ?? 0;
  const back = rows
    .slice(end - 1, end + BACK_SECONDS)
    .findIndex(({ open }) => open >= BACK_SHARE * before);
  if (before === 0 || back < 0) return null;
  const to = end + back;
  const sum = (read: (second: number) => number) => {
    let all = 0;
    for (let second = from; second < to; second++) all += read(second);
    return all;
  };
  const closed = sum((second) => seconds.get(second) ?? 0);
  const failed = sum((second) => rows[second]?.failed ?? 0);
  if (failed > MOST_FAILED * closed) return null;
  return { from, to, backSeconds: back, closed, failed, targets: targets.size };
}
