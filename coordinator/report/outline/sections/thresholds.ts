/**
 * Thresholds: what was observed beside each rule, and how much room was left; broken ones first. Invariant: a rule without
 * data says why, and is not shown as held.
 */
import type { Summary } from "../../summary-schema.ts";
import { timesScope } from "../../text/result-text.ts";
import { formatMargin, formatObserved } from "../../text/threshold-text.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  type DataRow,
  type Fact,
  facts,
  lead,
  prose,
  type RichCell,
  type Text,
  table,
  text,
} from "../block.ts";
import { worstMoment } from "../moments.ts";
import { brokenFirst, type Rule, roomOf } from "../rules.ts";
import type { Facts, Section } from "../section.ts";

const MAX_RULES = 100;
/** In a compact summary, which keeps within 15 lines. */
const COMPACT_RULES = 3;
/** The limit lies at two thirds of a bar, so that half as much again has room. */
const LIMIT_AT = 2 / 3;

const COLUMNS = [
  column("rule", "text"),
  column("result", "text"),
  column("observed", "text"),
  column("room left", "text"),
  column("against the limit (mark)", "bar"),
];

export const thresholds: Section = {
  meta: {
    id: "thresholds",
    title: "Thresholds",
    about:
      "Broken ones first: what was observed, how much room was left, a link to the worst moment, and a bar whose mark is the limit.",
  },

  build(report) {
    const { summary, origin } = report;
    const rules = summary.thresholds;
    const machines = [...data(rules), cases(report)];
    if (!summary.started && (origin?.thresholds.length ?? 0) > 0) {
      return [text("The run did not start, so no threshold was judged."), ...machines];
    }
    if (rules.length === 0) {
      return [
        text("The scenario has no thresholds; nothing was judged but validity."),
        ...machines,
      ];
    }
    const held = rules.filter(({ passed }) => passed).length;
    const scope = timesScope(summary);
    const where = scope === "whole run" ? "" : ` Rules that name no phase are judged ${scope}.`;
    return [
      lead(`${held} of ${rules.length} hold.${where}`),
      table(
        { name: "Thresholds", columns: COLUMNS, most: MAX_RULES, sort: false },
        brokenFirst(rules).map((rule) => row(rule, report)),
      ),
      ...machines,
    ];
  },

  brief({ summary }) {
    const rules = summary.thresholds;
    if (rules.length === 0) {
      const none = "none in the scenario; nothing was judged but validity";
      return [facts({ label: "thresholds", text: none })];
    }
    const shown = brokenFirst(rules).slice(0, COMPACT_RULES);
    const width = Math.max(...shown.map(({ metric, rule }) => `${metric} ${rule}`.length));
    const items = shown.map((one, at): Fact => {
      const name = `${one.metric} ${one.rule}`;
      const observed = formatObserved(one.rule, one.observed);
      // Why a rule of every run is broken stands with the verdict.
      const why = one.reason === null || one.observed !== null ? "" : ` (${one.reason})`;
      const gap = " ".repeat(Math.max(0, Math.min(100, width) - name.length) + 2);
      const label = at === 0 ? "thresholds" : "";
      const parts: Text = [code(name, 100), `${gap}observed ${observed}`, prose(why, 160)];
      return { label, text: parts, mark: one.passed ? "passed" : "failed" };
    });
    const more = rules.length - shown.length;
    const held = rules.filter(({ passed }) => passed).length;
    const rest = { label: "", text: `… and ${more} more; ${held} of ${rules.length} passed` };
    return [facts(...items, ...(more > 0 ? [rest] : []))];
  },
};

function row(rule: Rule, report: Facts): Cell[] {
  const { metric, passed, observed, reason } = rule;
  const room = roomOf(rule);
  const at = passed ? null : worstMoment(report, rule);
  const result: RichCell = {
    text: passed ? "holds" : "broken",
    mark: passed ? "passed" : "failed",
    tone: passed ? "good" : "bad",
  };
  const bar = room && {
    to: Math.min(1, Math.max(0.004, room.ofLimit * LIMIT_AT)),
    ...{ mark: LIMIT_AT, colour: passed ? ("c3" as const) : ("c4" as const) },
  };
  return [
    { text: code(`${metric} ${rule.rule}`), ...(reason !== null && { note: prose(reason, 200) }) },
    result,
    { text: formatObserved(rule.rule, observed), ...(at && { note: ["worst at ", at] }) },
    room === null ? "" : formatMargin(room.margin),
    bar === null ? "" : { text: "", bar },
  ];
}

function data(rules: Summary["thresholds"]): Block[] {
  const rows = rules.flatMap(({ metric, rule, observed, limit, passed }): DataRow[] => {
    const of = { scope: "threshold", name: `${metric} ${rule}`, measure: "threshold" };
    return [
      { ...of, statistic: "observed", unit: "", value: observed },
      { ...of, statistic: "limit", unit: "", value: limit },
      { ...of, statistic: "passed", unit: "bool", value: Number(passed) },
    ];
  });
  return [{ kind: "data", rows }];
}

/** A run that did not start has judged none. */
function cases({ summary, origin }: Facts): Block {
  const judged = summary.thresholds.map(({ metric, rule, observed, passed, reason }) => {
    const seen = `observed ${formatObserved(rule, observed)}${reason === null ? "" : ` (${reason})`}`;
    return {
      ...{ className: `onrush.${metric}`, name: `${metric} ${rule}`, type: "threshold" },
      outcome: passed ? ("passed" as const) : ("failed" as const),
      text: passed ? seen : `${rule} does not hold: ${seen}`,
    };
  });
  const skipped = summary.started
    ? []
    : (origin?.thresholds ?? []).map(({ metric, rule }) => ({
        ...{ className: `onrush.${metric}`, name: `${metric} ${rule}` },
        outcome: "skipped" as const,
        text: "not judged: the run did not start",
      }));
  const seconds = summary.durationSeconds;
  return { kind: "cases", suite: "thresholds", seconds, cases: [...judged, ...skipped] };
}
