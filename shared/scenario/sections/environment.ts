/**
 * `environment`: what has to hold around a run, before its load and after it. Listed in registry.ts; the kinds of rules are in
 * environment/. Invariant: each rule has a name of its own in its list, and is of one kind.
 */
import type * as z from "zod";
import { about, fault, isLabel, list, ofKinds, strict } from "../shape/fields.ts";
import { describe, isMapping } from "../shape/words.ts";
import type { StrictEnvironmentRule } from "../strict-beside.ts";
import { formatDuration } from "../units.ts";
import { type EnvironmentAct, RULE_KINDS, ruleKindOf } from "./environment/registry.ts";
import type { RuleKeys } from "./environment/rule.ts";
import { unusedName } from "./faults/anchor.ts";
import { checkNames, type Scene, section, soundItems, writtenNames } from "./section.ts";

const MAX_RULES = 20;
const LISTS = ["before", "after"] as const;

type RuleShape = ReturnType<(typeof RULE_KINDS)[number]["shape"]>;
type Rule = z.output<RuleShape>;

function ruleShape() {
  const shapes: RuleShape[] = RULE_KINDS.map(({ shape }) => shape());
  return ofKinds("kind", shapes, withKind);
}

/** The rule, with the kind that one of its keys implies. */
function withKind(value: unknown, context: z.RefinementCtx): unknown {
  const example = "such as { url: http://127.0.0.1:8080/health }";
  if (!isMapping(value))
    return fault(context, [`expected a rule, got ${describe(value)}`, example]);
  const kinds = RULE_KINDS.filter(({ kind }) => kind in value).map(({ kind }) => kind);
  const [kind, other] = kinds;
  if (kind === undefined) {
    const keys = RULE_KINDS.map((one) => one.kind).join(" or ");
    return fault(context, [`a rule needs ${keys}`, example]);
  }
  if (other === undefined) return { ...value, kind };
  return fault(context, [`a rule takes only one of ${kinds.join(" or ")}`, "write two rules"]);
}

export const environment = section({
  key: "environment",
  shape: () =>
    about(
      strict({
        before: about(
          list(ruleShape, 0, MAX_RULES).optional(),
          "Rules that are checked before the load.",
          [{ url: "http://127.0.0.1:8080/health", status: 200 }],
        ),
        after: about(
          list(ruleShape, 0, MAX_RULES).optional(),
          "Rules that are checked when the load is over, ahead of clean-up.",
          [{ url: "http://127.0.0.1:8080/health", status: 200 }],
        ),
      }).optional(),
      "What has to hold around the run; see docs/checkpoints.md.",
      { before: [{ url: "http://127.0.0.1:8080/health", status: 200 }] },
    ),
  strict: (value, scene) => {
    if (value === undefined) return {};
    const [before, after] = LISTS.map((key) => strictRules(value[key], key, scene)) as [
      StrictEnvironmentRule[],
      StrictEnvironmentRule[],
    ];
    return before.length + after.length === 0 ? {} : { environment: { before, after } };
  },
  written: ({ environment: known }) =>
    known && {
      before: known.before.map((rule) => writtenRule(rule, known.before)),
      after: known.after.map((rule) => writtenRule(rule, known.after)),
    },
});

function strictRules(
  rules: readonly Rule[] | undefined,
  key: (typeof LISTS)[number],
  { log, given }: Scene,
): StrictEnvironmentRule[] {
  const path = ["environment", key];
  const { environment: written } = given;
  const names = isMapping(written) ? written[key] : undefined;
  checkNames(names, { path, key: "name", kind: "rule" }, log);
  const taken = writtenNames(names, "name").map((one) => ({ name: one }));
  const known: StrictEnvironmentRule[] = [];
  for (const [, rule] of soundItems(rules, path, log)) {
    const { name, severity, timeout: limitUs }: RuleKeys = rule;
    const act = ruleKindOf(rule.kind).strict(rule);
    known.push({
      name: name ?? unusedName(titleOf(act), [...taken, ...known]),
      severity,
      limitUs,
      act,
    });
  }
  return known;
}

const MAX_NAME_CHARS = 120;

function titleOf(act: EnvironmentAct): string {
  return ruleKindOf(act.kind).title(act).slice(0, MAX_NAME_CHARS);
}

function writtenRule(
  { name, severity, limitUs, act }: StrictEnvironmentRule,
  all: readonly StrictEnvironmentRule[],
) {
  const title = titleOf(act);
  // Where rules have one title, who has its name follows from the names that are written.
  const isUsual = name === title && all.filter((one) => titleOf(one.act) === title).length === 1;
  return {
    ...ruleKindOf(act.kind).written(act),
    ...(isLabel(name) && !isUsual && { name }),
    ...{ severity, timeout: formatDuration(limitUs) },
  } as z.input<RuleShape>;
}
