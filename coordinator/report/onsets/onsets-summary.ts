/**
 * The part of summary.json on what failed first. Pure; used by summary.ts. Invariant: absent where nothing left its normal band.
 */
import { onsetsOf, type RunOnset } from "../../analysis/onsets/onsets.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { labelOf } from "../model/failures.ts";
import { toMs } from "../quantiles.ts";
import type { Summary } from "../summary-schema.ts";
import type { SummaryOnset } from "./onsets-schema.ts";

const MOST = 40;

export function onsetsSection(fold: RunFold): Pick<Summary, "onsets"> {
  const onsets = onsetsOf(fold).slice(0, MOST);
  return onsets.length === 0 ? {} : { onsets: onsets.map((one) => row(fold, one)) };
}

function row(fold: RunFold, onset: RunOnset): SummaryOnset {
  const { subject, place, phase, atUs, fromUs, toUs, before, after, period, fault } = onset;
  const shown = (value: number) =>
    subject.what === "latency" ? toMs(value) : Number(value.toPrecision(4));
  return {
    ...{ place, what: subject.what, of: nameOf(fold, subject), phase },
    ...{ at: toMs(atUs), from: toMs(fromUs), to: toMs(toUs) },
    ...{ before: shown(before), after: shown(after) },
    periodSeconds: period === null ? null : Number(period.toPrecision(3)),
    fault,
  };
}

function nameOf({ facts }: RunFold, subject: RunOnset["subject"]): string | null {
  switch (subject.what) {
    case "failure":
      return subject.kind;
    case "not-served":
      return labelOf(facts.scenario.targets[subject.target], subject.target);
    case "latency":
      return subject.message;
    case "reconnects":
      return null;
  }
}
