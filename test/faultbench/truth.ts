/**
 * What is right for each run of a set, and what every analyzer said of it. Pure; called by main.ts. Invariants: a fault whose
 * indicator did not move is none; a run on a machine that others had says nothing of any other: neither what is usual, nor what
 * is most often right.
 */
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { type Answer, ourAnswer } from "./answer.ts";
import type { Second } from "./baselines/baseline.ts";
import { BASELINES } from "./baselines/registry.ts";
import type { Label } from "./bundle.ts";
import { measured, moved, usual } from "./indicator.ts";
import { isDisturbed } from "./machine.ts";
import type { Scored, Truth } from "./score.ts";

export interface Seen {
  readonly label: Label;
  readonly summary: Summary;
  readonly seconds: readonly Second[];
}

/** @param busy runs on a busy machine count as well */
export function besideTruths(seen: readonly Seen[], busy: boolean): readonly Scored[] {
  const isOut = ({ label: { machine, label } }: Seen) => !busy && isDisturbed(machine, label);
  const counted = seen.filter((one) => !isOut(one));
  const healthy = counted.filter(({ label }) => label.label === null && label.isUsual !== false);
  const truths = new Map(seen.map((one) => [one, truthOf(one, healthy)]));
  return seen.map((one) => {
    const { label, summary, seconds } = one;
    const others = counted
      .filter((other) => other !== one)
      .map((other) => (truths.get(other) as Truth).truth);
    const answers = new Map<string, Answer>([["ours", ourAnswer(summary)]]);
    const evidence = { summary, seconds, others };
    for (const baseline of BASELINES) answers.set(baseline.name, baseline.answer(evidence));
    return { label, answers, isDisturbed: isOut(one), ...(truths.get(one) as Truth) };
  });
}

/** A fault that was not felt is none; what set it off is one. */
function truthOf(seen: Seen, healthy: readonly Seen[]): Truth {
  const { label } = seen;
  const { impact, label: intended } = label;
  if (impact === null || intended === null) return { truth: null, value: null, usual: null };
  const value = measured(impact.measure, seen);
  const same = healthy.filter((one) => one.label.server === label.server);
  // A server without healthy runs of its own has those of all.
  const among = usual(
    (same.length > 0 ? same : healthy).flatMap((one) => {
      const other = measured(impact.measure, one);
      return other === null ? [] : [other];
    }),
  );
  const isFelt = moved(value, among, impact.least);
  const { unfelt, ...felt } = intended;
  const instead = unfelt === undefined ? null : { ...unfelt, openSet: false };
  return {
    truth: isFelt ? { ...felt, openSet: label.openSet } : instead,
    value,
    usual: among?.median ?? null,
  };
}
