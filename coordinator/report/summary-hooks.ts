/** The section of summary.json about hooks. Pure; used by summary.ts. Invariant: a function that was never called is left out. */
import { namesOf } from "../../shared/scenario/names.ts";
import { judgedHistogram, phasesThatCount } from "../analysis/judged.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { quantilesOrNull } from "./quantiles.ts";
import type { Summary } from "./summary-schema.ts";

type Hooks = NonNullable<Summary["hooks"]>;

export function hooksSection(fold: RunFold): Pick<Summary, "hooks"> {
  const { merge, facts } = fold;
  const { hooks } = facts.scenario;
  if (hooks === null) return {};
  const byFunction: Hooks["byFunction"] = {};
  for (const [at, { kind, name }] of namesOf(facts.scenario).entries()) {
    if (kind !== "hook") continue;
    const { started, completed, failed } = merge.names.sum(at);
    if (started === 0) continue;
    const took = { metric: "hook", phases: phasesThatCount(fold), names: new Set([at]) } as const;
    const tookMs = quantilesOrNull(judgedHistogram(fold, took));
    byFunction[name] = { calls: started, completed, failed, tookMs };
  }
  const { skippedByHooks } = merge.counters();
  return { hooks: { file: hooks.file, byFunction, messagesSkipped: skippedByHooks } };
}
