/**
 * The grammar of thresholds: `latency{phase=steady}` with rules such as `p99 < 200ms`. Called by the
 * checks. Invariant: what parses is judgeable: the measure has the statistic, the statistic has the unit,
 * and the selector is one the measure is recorded by.
 */
import {
  MEASURES,
  meantInstead,
  PARTS,
  type Part,
  statisticOf,
  statisticsOf,
  type Unit,
} from "./measures.ts";
import type { StrictThreshold, ThresholdMeasure } from "./strict.ts";
import { didYouMean } from "./suggest.ts";
import { parseDuration, parseRate, parseShare, quoted } from "./units.ts";

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

const MISTAKEN: Readonly<Record<string, string>> = { "=": "==", "=>": ">=", "=<": "<=" };

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
  if (!Object.hasOwn(MEASURES, measure)) {
    const hint = didYouMean(measure, Object.keys(MEASURES));
    return { what: `unknown measure ${quoted(measure)}`, hint, offset: 0 };
  }
  const offset = text.indexOf("{") + 1;
  const selector = parseSelector(match[2], offset);
  return "what" in selector ? selector : { measure: measure as ThresholdMeasure, selector };
}

const SELECTORS = ["phase", "name", "target", "event", "role"] as const;

/** Those that came later are there only where they are written. */
type Selected = Record<"phase" | "name" | "target", string | null> & {
  event?: string;
  role?: string;
};

/** @param text what stands between the braces */
function parseSelector(
  text: string | undefined,
  offset: number,
): StrictThreshold["selector"] | ThresholdFault {
  const selector: Selected = { phase: null, name: null, target: null };
  for (const part of text === undefined ? [] : text.split(",")) {
    const pair = /^\s*(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^"'=]*?))\s*$/.exec(part);
    const key = pair?.[1] ?? "";
    const value = pair?.[2] ?? pair?.[3] ?? pair?.[4] ?? "";
    if (pair === null || value === "") {
      const what = `not a selector: ${quoted(part)}`;
      return { what, hint: "such as {phase=steady} or {name=say}", offset };
    }
    const known = SELECTORS.find((name) => name === key);
    if (known === undefined) {
      return { what: `unknown selector ${quoted(key)}`, hint: didYouMean(key, SELECTORS), offset };
    }
    if (selector[known] != null) return { what: `${key} is selected twice`, hint: "", offset };
    selector[known] = value;
  }
  return selector;
}

/** `p99 < 200ms` for a metric. */
export function parseRule(text: string, metric: ThresholdMetric): ThresholdRule | ThresholdFault {
  const match = /^(\s*)([A-Za-z][\w.]*)?(\s*)(<=|>=|==|!=|=>|=<|<|>|=)(\s*)(\S.*?)\s*$/.exec(text);
  if (match === null) {
    const hint = "write statistic, comparison and limit: p99 < 200ms";
    return { what: `not a rule: ${quoted(text)}`, hint, offset: 0 };
  }
  const { implied } = MEASURES[metric.measure];
  const [, lead = "", written = implied, gap = "", operator = "", after = "", limitText = ""] =
    match;
  if (written === undefined) {
    const what = `the rule ${quoted(text)} names no statistic`;
    return { what, hint: knownHere(metric.measure), offset: lead.length };
  }
  const operatorOffset = lead.length + (match[2] ?? "").length + gap.length;
  const meant = MISTAKEN[operator];
  if (meant !== undefined) {
    return { what: `${operator} is no comparison`, hint: `write ${meant}`, offset: operatorOffset };
  }
  const found = parseStatistic(written, metric);
  if ("what" in found) return { ...found, offset: lead.length };
  const limit = parseLimit(limitText, found.units);
  const limitOffset = operatorOffset + operator.length + after.length;
  if ("what" in limit) return { ...limit, offset: limitOffset };
  const { statistic } = found;
  return { statistic, operator: operator as ThresholdRule["operator"], ...limit };
}

const WORDS: Readonly<Record<Part, string>> = {
  name: "message name",
  target: "target",
  role: "role",
  event: "event",
};

type Refused = Omit<ThresholdFault, "offset">;

/** Canonical, when the measure has it and it is recorded by what is selected. */
function parseStatistic(
  written: string,
  { measure, selector }: ThresholdMetric,
): { readonly statistic: string; readonly units: readonly Unit[] } | Refused {
  const percentile = MEASURES[measure].times === null ? null : parsePercentile(written);
  if (percentile !== null && typeof percentile !== "string") return percentile;
  const statistic = percentile ?? written;
  const known = statisticOf(measure, statistic);
  if (known === null) {
    const instead = meantInstead(measure, written);
    const joint = instead === "" || instead.endsWith("?") ? " " : "; ";
    const hint = `${instead}${joint}${knownHere(measure)}`.trim();
    return { what: `${measure} has no statistic ${quoted(written)}`, hint };
  }
  const selected = PARTS.filter((part) => selector[part] != null);
  const missing = selected.find((part) => !known.by.includes(part));
  if (missing !== undefined) {
    const what = `${measure} ${statistic} is not recorded per ${WORDS[missing]}`;
    return { what, hint: selectHint(known.by, { measure, statistic, part: missing }) };
  }
  // Each name is of one role.
  const apart = selected.filter((part) => part !== "role" || !selected.includes("name"));
  if (apart.length > 1) {
    const both = apart.map((part) => WORDS[part]).join(" and ");
    const what = `${measure} ${statistic} is not recorded per ${both} at once`;
    return { what, hint: "select by one of them" };
  }
  const units = selected.length > 0 && known.countOfPart ? (["count"] as const) : known.units;
  return { statistic, units };
}

function selectHint(
  by: readonly Part[],
  wanted: { readonly measure: ThresholdMeasure; readonly statistic: string; readonly part: Part },
): string {
  const { measure, statistic, part } = wanted;
  // The same count may be kept elsewhere, selectable as it is wanted.
  const other = (["connections", "messages"] as const).find(
    (place) => place !== measure && statisticOf(place, statistic)?.by.includes(part),
  );
  if (other !== undefined) return `${other} ${statistic} is`;
  if (by.length === 0) return "select by phase only";
  const places = ["phase", ...by];
  return `select by ${places.slice(0, -1).join(", ")} or ${places.at(-1)}`;
}

function knownHere(measure: ThresholdMeasure): string {
  return `known here: ${statisticsOf(measure).join(", ")}`;
}

/** `p99`, `p99.9`, `p999` (= p99.9) to the canonical form; null when it is no percentile. */
export function parsePercentile(written: string): string | Refused | null {
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
