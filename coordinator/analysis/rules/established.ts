/** Rule of every run: connections were wanted, and one was open in the phases that count. Pure; listed in registry.ts. */
import { phaseSpans } from "../../merge/facts.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { JudgedRun } from "../check.ts";
import { phasesThatCount } from "../judged.ts";
import { count } from "../text.ts";
import { type Breach, impliedRule } from "./implied-rule.ts";

export const established = impliedRule({
  name: "established",
  measure: "connect",
  statistic: "established",
  question: "Was any connection open?",
  brokenWhen: "connections were attempted, and none was open in the phases that count",
  precedence: 2,
  breach,
});

function breach({ fold }: JudgedRun): Breach {
  const phases = phasesThatCount(fold);
  const judged = fold.merge.counters(phases);
  const all = fold.merge.counters();
  if (all.attempted === 0) return { notJudged: "no connection was attempted" };
  if (judged.established > 0) return null;
  const seconds = [...secondsOf(fold, phases)];
  const isWanted = (second: number) => (fold.facts.plannedOpen[second] ?? 0) > 0;
  if (judged.attempted === 0 && !seconds.some(isWanted)) return null;
  const { openGauge } = fold.merge.timeline;
  if (seconds.some((second) => openGauge.atEndOf(second) > 0)) return null;
  const broken =
    all.established === 0
      ? `none of ${count(all.attempted)} attempts to connect succeeded`
      : `${count(all.established)} connections were established in excluded phases, and none was open in the phases that count`;
  return { broken };
}

/** Seconds of run time that touch one of the phases. */
function* secondsOf(fold: RunFold, phases: ReadonlySet<number>): Generator<number> {
  for (const { index, fromUs, toUs } of phaseSpans(fold.facts.scenario)) {
    if (!phases.has(index)) continue;
    for (let second = Math.floor(fromUs / 1e6); second * 1e6 < toUs; second++) yield second;
  }
}
