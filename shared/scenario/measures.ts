/**
 * What thresholds may be about: every measure with its statistics, the units their limits are written in, and what they
 * are recorded by. Used by threshold.ts (the grammar) and analysis (the judging). Invariant: a statistic that is not
 * listed is not recorded; a selector that is not listed for it cannot tell it apart.
 */
import type { StrictThreshold, ThresholdMeasure } from "./strict.ts";
import { closest } from "./suggest.ts";

export type Unit = StrictThreshold["unit"];
/** What a measure can be selected by, beside the phase. */
export const PARTS = ["name", "target", "role", "event"] as const;
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
  /** What a rule without a statistic is about. */
  readonly implied?: string;
}

const count = (...by: Part[]): Statistic => ({ units: ["count"], by });
const share = (...by: Part[]): Statistic => ({ units: ["count", "share"], by });

export const MEASURES: Readonly<Record<ThresholdMeasure, Measure>> = {
  latency: { times: ["name", "role", "event"], statistics: {} },
  service: { times: ["name", "role"], statistics: {} },
  connect: { times: [], statistics: { failed: share() } },
  connections: {
    times: null,
    statistics: {
      dropped: share("target", "role"),
      open: share(),
      reconnects: share("target", "role"),
      established: share("target", "role"),
      failed: share("target", "role"),
    },
  },
  delivery: {
    times: null,
    statistics: {
      lost: share(),
      duplicated: share(),
      reordered: share(),
      corrupt: share(),
      timedOut: share("name", "role"),
      late: share("name", "role"),
      leaked: share(),
    },
  },
  messages: {
    times: null,
    statistics: {
      sent: { ...share("name", "target", "role"), countOfPart: true },
      received: count("role"),
      matched: share("name", "target", "role"),
      rejected: share("name", "role"),
      completed: share("name", "role"),
      timedOut: share("name", "target", "role"),
      unanswered: share("name", "target", "role"),
      late: share("name", "role"),
      unsolicited: share(),
      recognised: share(),
      skipped: share("role"),
      rate: { units: ["perSec"], by: ["name", "role"] },
    },
  },
  sequence: {
    times: ["name", "role"],
    statistics: {
      completed: share("name", "role"),
      failed: share("name", "role"),
      violations: count("name", "role"),
      started: count("name", "role"),
      unjudged: share("name", "role"),
      missing: share("name", "role"),
      neverStarted: share("name", "role"),
      unexpected: share("name", "role"),
      outOfOrder: share("name", "role"),
      repeated: share("name", "role"),
      tooLate: share("name", "role"),
      cut: share("name", "role"),
      afterEnd: count("name", "role"),
      orphan: count("name", "role"),
    },
  },
  ping: { times: [], statistics: {} },
  push: {
    times: ["name", "role"],
    statistics: {
      received: count("name", "role"),
      rate: { units: ["perSec"], by: ["name", "role"] },
      reached: share("name", "role"),
      missed: share("name", "role"),
      repeated: count("name", "role"),
    },
  },
  sendLag: { times: [], statistics: {} },
  availability: {
    times: null,
    implied: "uptime",
    statistics: {
      uptime: { units: ["share"], by: ["target"] },
      outages: count("target"),
      longest: { units: ["us"], by: ["target"] },
      mttr: { units: ["us"], by: ["target"] },
      mtbf: { units: ["us"], by: ["target"] },
      burn: share("target"),
    },
  },
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
