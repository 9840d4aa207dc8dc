/**
 * What had to hold around the run, before and after its load, and what was done when it was over. Invariant: it is left out of runs without
 * rules of the environment and without clean-up.
 */
import type { Summary } from "../../summary-schema.ts";
import { countOf } from "../../text/format.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  type DataRow,
  facts,
  lead,
  prose,
  table,
} from "../block.ts";
import type { Section } from "../section.ts";

type Rule = NonNullable<Summary["environment"]>["before"][number];
type Step = NonNullable<Summary["cleanup"]>[number];

/** As many as a scenario may have. */
const MOST = 40;
const COMPACT = 3;

const RULES = [
  column("rule", "text"),
  column("when", "text"),
  column("severity", "text"),
  column("holds", "text"),
  column("outcome", "text"),
];
const STEPS = [
  column("step", "text"),
  column("kind", "text"),
  column("took", "ms"),
  column("done", "text"),
  column("outcome", "text"),
];

export const surroundings: Section = {
  meta: {
    id: "surroundings",
    title: "Environment and clean-up",
    about:
      "Of a scenario with `environment` or `cleanup` ([checkpoints.md](checkpoints.md)): what had to hold before and after the load, and what was done when the run was over.",
  },

  build({ summary: { environment, cleanup = [] } }) {
    const { before = [], after = [] } = environment ?? {};
    const rules = [...before, ...after];
    if (rules.length + cleanup.length === 0) return [];
    const blocks: Block[] = [lead(`${leadText(rules, cleanup)}.`)];
    if (rules.length > 0) {
      const rows = [
        ...before.map((rule) => ruleRow(rule, "before the load")),
        ...after.map((rule) => ruleRow(rule, "after the load")),
      ];
      blocks.push(table({ name: "Environment", columns: RULES, most: MOST }, rows));
    }
    if (cleanup.length > 0) {
      blocks.push(table({ name: "Clean-up", columns: STEPS, most: MOST }, cleanup.map(stepRow)));
    }
    const data = [
      ...rules.map((rule) => datumOf("environment", rule)),
      ...cleanup.map((step) => datumOf("cleanup", step)),
    ];
    return [...blocks, { kind: "data", rows: data }];
  },

  brief({ summary: { environment, cleanup = [] } }) {
    const { before = [], after = [] } = environment ?? {};
    const broken = [...before, ...after].filter(({ ok }) => ok === false);
    const failed = cleanup.filter(({ ok }) => ok !== true);
    const items = [
      ...broken.map(({ name, outcome }) => ["environment", name, outcome] as const),
      ...failed.map(({ name, outcome }) => ["clean-up", name, outcome] as const),
    ].map(([label, name, outcome]) => ({
      label,
      text: prose(`${name}: ${outcome ?? "not done"}`),
    }));
    return items.length === 0 ? [] : [facts(...items.slice(0, COMPACT))];
  },
};

function leadText(rules: readonly Rule[], cleanup: readonly Step[]): string {
  const held = rules.filter(({ ok }) => ok === true).length;
  const done = cleanup.filter(({ ok }) => ok === true).length;
  return [
    ...(rules.length > 0
      ? [`${held} of ${countOf(rules.length, "rule")} of the environment held`]
      : []),
    ...(cleanup.length > 0
      ? [`${done} of ${countOf(cleanup.length, "step")} of clean-up done`]
      : []),
  ].join("; ");
}

function ruleRow({ name, severity, ok, outcome }: Rule, when: string): Cell[] {
  const holds = ok === null ? "not checked" : ok ? "yes" : "no";
  return [code(name, 120), when, severity, holds, code(outcome ?? "", 300)];
}

function stepRow({ name, kind, tookMs, ok, outcome }: Step): Cell[] {
  const isDone = ok === true ? "yes" : "no";
  return [code(name, 120), kind, tookMs, isDone, code(outcome ?? "", 300)];
}

function datumOf(scope: "environment" | "cleanup", { name, ok }: Rule | Step): DataRow {
  const value = ok === null ? null : Number(ok);
  return { scope, name, measure: `${scope}_ok`, statistic: "value", unit: "bool", value };
}
