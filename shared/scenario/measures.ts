/**
 * What thresholds may be about: every measure with its statistics, the units their limits are written in, and what they
 * are recorded by. Used by threshold.ts (the grammar) and analysis (the judging). Invariant: a statistic that is not
 * listed is not recorded; a selector that is not listed for it cannot tell it apart.
 */
import type { StrictThreshold, ThresholdMeasure } from "./strict.ts";
import { closest } from "./suggest.ts";

export type Unit = StrictThreshold["unit"];
/** What a measure can be selected by, beside the phase. */
export const PARTS = ["name", "target", "event"] as const;
export type Part = (typeof PARTS)[number];

interface Statistic {
  readonly units: readonly Unit[];
  readonly by: readonly Part[];
  /** Of a part it is known as a count alone. */
  readonly countOfPart?: true;
}

export interface Measure {
  /** Percentiles, mean and max, as times: recorded by these; null: it has none. */
  readonly times: readonly Part[] | null;
  readonly statistics: Readonly<Record<string, Statistic>>;
}

const count = (...by: Part[]): Statistic => ({ units: ["count"], by });
const share = (...by: Part[]): Statistic => ({ units: ["count", "share"], by });

export const MEASURES: Readonly<Record<ThresholdMeasure, Measure>> = {
  latency: { times: ["name", "event"], statistics: {} },
  service: { times: ["name"], statistics: {} },
  connect: { times: [], statistics: { failed: share() } },
  connections: {
    times: null,
    statistics: {
      dropped: share("target"),
      open: share(),
      reconnects: share("target"),
      established: share("target"),
      failed: share("target"),
    },
  },
  delivery: {
    times: null,
    statistics: {
      lost: share(),
      duplicated: share(),
      reordered: share(),
      corrupt: share(),
      timedOut: share("name"),
      late: share("name"),
      leaked: share(),
    },
  },
  messages: {
    times: null,
    statistics: {
      sent: { ...share("name", "target"), countOfPart: true },
      received: count(),
      matched: share("name", "target"),
      rejected: share("name"),
      timedOut: share("name", "target"),
      unanswered: share("name", "target"),
      late: share("name"),
      unsolicited: share(),
      recognised: share(),
      skipped: share(),
      rate: { units: ["perSec"], by: ["name"] },
    },
  },
  sequence: {
    times: ["name"],
    statistics: {
      completed: share("name"),
      failed: share("name"),
      violations: count("name"),
      started: count("name"),
      unjudged: share("name"),
      missing: share("name"),
      neverStarted: share("name"),
      unexpected: share("name"),
      outOfOrder: share("name"),
      repeated: share("name"),
      tooLate: share("name"),
      cut: share("name"),
      afterEnd: count("name"),
      orphan: count("name"),
    },
  },
  ping: { times: [], statistics: {} },
  push: {
    times: ["name"],
    statistics: {
      received: count("name"),
      rate: { units: ["perSec"], by: ["name"] },
      reached: share("name"),
      missed: share("name"),
      repeated: count("name"),
    },
  },
  sendLag: { times: [], statistics: {} },
};

const TIMES = ["p50", "p95", "p99", "p99.9", "mean", "max"];

/** All statistics of a measure, percentiles by example. */
export function statisticsOf(measure: ThresholdMeasure): string[] {
  const { times, statistics } = MEASURES[measure];
  return [...(times === null ? [] : TIMES), ...Object.keys(statistics)];
}

/** null: the measure has no such statistic. @param statistic canonical */
export function statisticOf(measure: ThresholdMeasure, statistic: string): Statistic | null {
  const { times, statistics } = MEASURES[measure];
  if (times !== null && /^(p[\d.]+|mean|max)$/.test(statistic)) return { units: ["us"], by: times };
  return Object.hasOwn(statistics, statistic) ? (statistics[statistic] ?? null) : null;
}

/** Words people look for a statistic under, and where it is. */
const MEANT: Readonly<Record<string, readonly [ThresholdMeasure, string]>> = {
  abnormal: ["connections", "dropped"],
  closed: ["connections", "dropped"],
  closes: ["connections", "dropped"],
  cut: ["connections", "dropped"],
  disconnected: ["connections", "dropped"],
  disconnects: ["connections", "dropped"],
  drops: ["connections", "dropped"],
  ended: ["connections", "dropped"],
  reset: ["connections", "dropped"],
  alive: ["connections", "open"],
  reconnected: ["connections", "reconnects"],
  reconnections: ["connections", "reconnects"],
  opened: ["connections", "established"],
  answered: ["messages", "matched"],
  replied: ["messages", "matched"],
  replies: ["messages", "matched"],
  noreply: ["messages", "unanswered"],
  timeout: ["messages", "timedOut"],
  timeouts: ["messages", "timedOut"],
  errors: ["connect", "failed"],
  failures: ["connect", "failed"],
  refused: ["connect", "failed"],
  avg: ["latency", "mean"],
  average: ["latency", "mean"],
  median: ["latency", "p50"],
};

/** What to write in place of a statistic that a measure does not have; "" when nothing is near. */
export function meantInstead(measure: ThresholdMeasure, written: string): string {
  const word = written.replace(/[^A-Za-z]/g, "").toLowerCase();
  const known = statisticsOf(measure);
  const [place, statistic] = placeOf(measure, word) ?? [];
  if (statistic !== undefined && known.includes(statistic)) return `did you mean ${statistic}?`;
  const near = closest(written, known);
  if (near !== null) return `did you mean ${near}?`;
  return place === undefined ? "" : `${statistic} is a statistic of ${place}`;
}

/** A connection that is lost is none of a message that is. */
function placeOf(
  measure: ThresholdMeasure,
  word: string,
): readonly [ThresholdMeasure, string] | null {
  const isOfConnections = measure === "connect" || measure === "connections";
  if (isOfConnections && word === "lost") return ["connections", "dropped"];
  if (Object.hasOwn(MEANT, word)) return MEANT[word] ?? null;
  for (const place of Object.keys(MEASURES) as ThresholdMeasure[]) {
    const statistic = Object.keys(MEASURES[place].statistics).find(
      (name) => name.toLowerCase() === word,
    );
    if (statistic !== undefined) return [place, statistic];
  }
  return null;
}
