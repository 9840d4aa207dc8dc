/**
 * The form of rules no scenario has to write: a run that got nothing does not pass, nor one that leaked. Used by
 * established.ts, answered.ts, followed.ts, kept.ts and isolated.ts. Pure. Invariant: of several that are broken only the first is said, as
 * the others follow from it, but for one that stands alone.
 */
import type { StrictThreshold } from "../../../shared/scenario/strict.ts";
import { type Answer, type Check, evidence, type JudgedRun, notJudged } from "../check.ts";

export const IMPLIED_RULES = {
  established: "established > 0 (every run)",
  answered: "matched > 0 (every run)",
  followed: "completed > 0 (every run)",
  kept: "dropped < 100% (every run)",
  isolated: "leaked == 0 (every run)",
} as const;

/** Why it is broken, and by what; `notJudged`: why nothing can be said; null: it holds. */
export type Breach =
  | { readonly broken: string; readonly value?: number }
  | { readonly notJudged: string }
  | null;

export interface ImpliedRule {
  readonly name: keyof typeof IMPLIED_RULES;
  readonly measure: "connect" | "messages" | "sequence" | "connections" | "delivery";
  readonly statistic: "established" | "matched" | "completed" | "dropped" | "leaked";
  readonly question: string;
  /** For docs/validity.md. */
  readonly brokenWhen: string;
  readonly precedence: number;
  /** It follows from no other. */
  readonly isAlone?: true;
  readonly breach: (run: JudgedRun) => Breach;
}

export function impliedRule(implied: ImpliedRule): Check {
  const { name, question, brokenWhen, precedence } = implied;
  const rule = ruleOf(implied);
  const id = `implied/${name}`;
  const written = rule.rule.replace(" (every run)", "");
  return {
    meta: { id, kind: "implied", question, doc: [`\`${written}\``, brokenWhen, ""], precedence },
    judge: (run) => ({ rule, ...judge(run, rule, implied) }),
  };
}

function judge(run: JudgedRun, rule: StrictThreshold, { breach, isAlone }: ImpliedRule): Answer {
  const { metric, statistic, unit, operator, limit } = rule;
  const isShare = unit === "share";
  const shownUnit = isShare ? "share" : "count";
  const of = (value: number | null) =>
    ({ measure: `${metric} ${statistic}`, unit: shownUnit, value }) as const;
  const bound = { operator, unit: shownUnit, value: limit } as const;
  const earlier = run.before.some(({ kind, outcome }) => kind === "implied" && outcome === "fail");
  const found = earlier && !isAlone ? { notJudged: "a rule before it is broken" } : breach(run);
  if (found === null) return { observed: of(null), limit: bound, outcome: "pass" };
  if ("notJudged" in found) return notJudged(of(null), found.notJudged, bound);
  const observed = of(found.value ?? (isShare ? 1 : 0));
  return { observed, limit: bound, outcome: "fail", evidence: evidence(found.broken) };
}

const BOUNDS: Readonly<
  Record<ImpliedRule["statistic"], Pick<StrictThreshold, "operator" | "limit" | "unit">>
> = {
  established: { operator: ">", limit: 0, unit: "count" },
  matched: { operator: ">", limit: 0, unit: "count" },
  completed: { operator: ">", limit: 0, unit: "count" },
  dropped: { operator: "<", limit: 1, unit: "share" },
  leaked: { operator: "==", limit: 0, unit: "count" },
};

function ruleOf({ name, measure, statistic }: ImpliedRule): StrictThreshold {
  const { operator, limit, unit } = BOUNDS[statistic];
  return {
    metric: measure,
    measure,
    rule: IMPLIED_RULES[name],
    statistic,
    selector: { phase: null, name: null, target: null },
    operator,
    limit,
    unit,
    abort: false,
    afterUs: 0,
  };
}
