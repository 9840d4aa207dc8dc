/**
 * The kinds of probe runs, and which of them is to be made for a hypothesis. A new one is its file and a line here; docs/diagnosis.md follows.
 * Invariant: of a run that was probed, and of a cause that is certain, none.
 */
import type { StrictScenario } from "../../../../shared/scenario/strict.ts";
import { busier } from "./busier.ts";
import { halfRate } from "./half-rate.ts";
import type { Looked, ProbeKind } from "./kind.ts";
import { pings } from "./pings.ts";
import { slowerRamp } from "./slower-ramp.ts";

export const PROBE_KINDS: readonly ProbeKind[] = [pings, halfRate, busier, slowerRamp];

export interface ProbePlan {
  readonly kind: ProbeKind;
  readonly scenario: StrictScenario;
}

/** The first kind that can tell; null: none can. @param scenario of the run, with its secrets where it is to be run */
export function probeFor(scenario: StrictScenario, looked: Looked): ProbePlan | null {
  const { signals, hypothesis } = looked;
  if (hypothesis.confidence === "certain" || signals.fold.probes.length > 0) return null;
  for (const kind of PROBE_KINDS) {
    if (!kind.causes.includes(hypothesis.cause)) continue;
    const planned = kind.plan(scenario, looked);
    if (planned !== null) return { kind, scenario: planned };
  }
  return null;
}

export function probeKindOf(id: string): ProbeKind | undefined {
  return PROBE_KINDS.find((kind) => kind.id === id);
}
