/**
 * The grammar of thresholds: `latency{phase=steady}` with rules such as `p99 < 200ms`. Called by the
 * checks. Invariant: what parses is judgeable: the measure has the statistic, the statistic has the unit,
 * and the selector is one the measure is recorded by.
 */
import type { StrictThreshold, ThresholdMeasure } from "./strict.ts";
import { didYouMean } from "./suggest.ts";
import { parseDuration, parseRate, parseShare, quoted } from "./units.ts";

type Unit = StrictThreshold["unit"];

export interface ThresholdRule {
  /** Canonical: `p999` and `p99.9` are both p99.9. */
  readonly statistic: string;
  readonly operator: StrictThreshold["operator"];
  readonly limit: number;
  readonly unit: Unit;
}

export interface ThresholdMetric {
  readonly measure: ThresholdMeasure;
  readonly selector: StrictThreshold["selector"];
}

/** Why a metric or rule is refused; `offset` is the position in its text. */
export interface ThresholdFault {
  readonly what: string;
  readonly hint: string;
  readonly offset: number;
}

interface Measure {
  /** Percentiles, mean and max, as times. */
  readonly times: boolean;
  /** Statistics that are a count, or a share where `share` says so. */
  readonly counts: readonly string[];
  readonly share: boolean;
  readonly rates: readonly string[];
  /** Statistics that are recorded per message name. */
  readonly byName: readonly string[] | "all";
}

const TIMES = { times: true, counts: [], share: false, rates: [], byName: [] } as const;

const MEASURES: Readonly<Record<ThresholdMeasure, Measure>> = {
  latency: { ...TIMES, byName: "all" },
  service: { ...TIMES, byName: "all" },
  connect: { ...TIMES, counts: ["failed"], share: true },
  delivery: {
    times: false,
    counts: ["lost", "duplicated", "reordered", "corrupt", "timedOut", "late", "leaked"],
    share: true,
    rates: [],
    byName: ["timedOut"],
  },
  messages: {
    times: false,
    counts: ["sent", "received", "matched", "skipped"],
    share: false,
    rates: ["rate"],
    byName: ["sent", "matched", "rate"],
  },
  ping: TIMES,
  sendLag: TIMES,
};

const MISTAKEN: Readonly<Record<string, string>> = { "=": "==", "=>": ">=", "=<": "<=" };

const LATER_MEASURES = ["sequence", "availability", "push"];
const LATER_HINT = "remove it, or use a version of Onrush that has it";

/** `latency`, `latency{phase=steady,name=say}`; values may be quoted. */
export function parseMetric(text: string): ThresholdMetric | ThresholdFault {
  const match = /^\s*([\w-]+)\s*(?:\{(.*)\}\s*)?$/s.exec(text);
  if (match === null) {
    return {
      what: `not a metric: ${quoted(text)}`,
      hint: "such as latency{phase=steady}",
      offset: 0,
    };
  }
  const measure = match[1] ?? "";
  if (LATER_MEASURES.includes(measure)) {
    return { what: `${measure} is not supported by this version`, hint: LATER_HINT, offset: 0 };
  }
  if (!Object.hasOwn(MEASURES, measure)) {
    const hint = didYouMean(measure, Object.keys(MEASURES));
    return { what: `unknown measure ${quoted(measure)}`, hint, offset: 0 };
  }
  const selector = { phase: null as string | null, name: null as string | null };
  const from = text.indexOf("{") + 1;
  for (const part of match[2] === undefined ? [] : match[2].split(",")) {
    const pair = /^\s*(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^"'=]*?))\s*$/.exec(part);
    const key = pair?.[1] ?? "";
    const value = pair?.[2] ?? pair?.[3] ?? pair?.[4] ?? "";
    if (pair === null || value === "") {
      const what = `not a selector: ${quoted(part)}`;
      return { what, hint: "such as {phase=steady} or {name=say}", offset: from };
    }
    if (key === "event") {
      return {
        what: "the selector event is not supported by this version",
        hint: LATER_HINT,
        offset: from,
      };
    }
    if (key !== "phase" && key !== "name") {
      const hint = didYouMean(key, ["phase", "name"]);
      return { what: `unknown selector ${quoted(key)}`, hint, offset: from };
    }
    if (selector[key] !== null) return { what: `${key} is selected twice`, hint: "", offset: from };
    selector[key] = value;
  }
  return { measure: measure as ThresholdMeasure, selector };
}

/** `p99 < 200ms` for a metric. */
export function parseRule(text: string, metric: ThresholdMetric): ThresholdRule | ThresholdFault {
  const match = /^(\s*)([A-Za-z][\w.]*)?(\s*)(<=|>=|==|!=|=>|=<|<|>|=)(\s*)(\S.*?)\s*$/.exec(text);
  if (match === null) {
    const hint = "write statistic, comparison and limit: p99 < 200ms";
    return { what: `not a rule: ${quoted(text)}`, hint, offset: 0 };
  }
  const [, lead = "", written, gap = "", operator = "", after = "", limitText = ""] = match;
  const measure = MEASURES[metric.measure];
  if (written === undefined) {
    const what = `the rule ${quoted(text)} names no statistic`;
    return { what, hint: `known here: ${statisticsOf(measure).join(", ")}`, offset: lead.length };
  }
  const operatorOffset = lead.length + written.length + gap.length;
  const meant = MISTAKEN[operator];
  if (meant !== undefined) {
    return { what: `${operator} is no comparison`, hint: `write ${meant}`, offset: operatorOffset };
  }
  const percentile = measure.times ? parsePercentile(written) : null;
  if (percentile !== null && typeof percentile !== "string") {
    return { ...percentile, offset: lead.length };
  }
  const statistic = percentile ?? written;
  const known = knownUnits(measure, statistic);
  if (known.length === 0) return unknownStatistic(written, metric.measure, lead.length);
  if (
    metric.selector.name !== null &&
    measure.byName !== "all" &&
    !measure.byName.includes(statistic)
  ) {
    const what = `${metric.measure} ${statistic} is not recorded per message name`;
    return { what, hint: "select by phase only", offset: lead.length };
  }
  const limit = parseLimit(limitText, known);
  const limitOffset = operatorOffset + operator.length + after.length;
  if ("what" in limit) return { ...limit, offset: limitOffset };
  return { statistic, operator: operator as ThresholdRule["operator"], ...limit };
}

function statisticsOf(measure: Measure): string[] {
  const times = measure.times ? ["p50", "p95", "p99", "p99.9", "mean", "max"] : [];
  return [...times, ...measure.counts, ...measure.rates];
}

function knownUnits(measure: Measure, statistic: string): readonly Unit[] {
  if (measure.times && /^(p[\d.]+|mean|max)$/.test(statistic)) return ["us"];
  if (measure.counts.includes(statistic)) return measure.share ? ["count", "share"] : ["count"];
  return measure.rates.includes(statistic) ? ["perSec"] : [];
}

function unknownStatistic(
  written: string,
  measure: ThresholdMeasure,
  offset: number,
): ThresholdFault {
  const aliases: Readonly<Record<string, string>> = { avg: "mean", average: "mean", median: "p50" };
  const known = statisticsOf(MEASURES[measure]);
  const meant = aliases[written.toLowerCase()];
  const hint =
    meant !== undefined && known.includes(meant)
      ? `did you mean ${meant}?`
      : didYouMean(written, known);
  return { what: `${measure} has no statistic ${quoted(written)}`, hint, offset };
}

/** `p99`, `p99.9`, `p999` (= p99.9) to the canonical form; null when it is no percentile. */
function parsePercentile(written: string): string | { what: string; hint: string } | null {
  const digits = /^p(\d[\d.]*)$/.exec(written)?.[1];
  if (digits === undefined) return null;
  const dotted = /^\d{3,}$/.test(digits) ? `${digits.slice(0, 2)}.${digits.slice(2)}` : digits;
  const value = Number(dotted);
  if (!/^\d{1,2}(\.\d{1,6})?$/.test(dotted) || value <= 0 || /^1000*$/.test(digits)) {
    return {
      what: `not a percentile: ${quoted(written)}`,
      hint: "such as p50, p99 or p99.9; or max",
    };
  }
  return `p${value}`;
}

const LIMIT_HINTS: Readonly<Record<Unit, string>> = {
  us: "a time such as 200ms",
  share: "a share such as 0.1%",
  count: "a count such as 0",
  perSec: "a rate such as 200/s",
};

function parseLimit(
  text: string,
  units: readonly Unit[],
): { limit: number; unit: Unit } | { what: string; hint: string } {
  for (const unit of units) {
    if (unit === "count") {
      if (/^\d{1,15}$/.test(text)) return { limit: Number(text), unit };
      continue;
    }
    const parsed = parseAs(unit, text);
    if (parsed.ok) return { limit: parsed.value, unit };
    const looksRight = unit === "share" ? text.endsWith("%") : true;
    if (looksRight) return { what: parsed.what, hint: parsed.hint };
  }
  const hint = `write ${units.map((unit) => LIMIT_HINTS[unit]).join(" or ")}`;
  return { what: `not a limit: ${quoted(text)}`, hint };
}

function parseAs(unit: Exclude<Unit, "count">, text: string) {
  if (unit === "us") return parseDuration(text, "ms");
  return unit === "share" ? parseShare(text) : parseRate(text);
}

/** Whether a parse gave a fault. */
export function isFault(parsed: object): parsed is ThresholdFault {
  return "what" in parsed;
}
