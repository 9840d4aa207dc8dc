/**
 * Which faults cannot act at one time: both hold back what a transport writes, each without knowing of the other. Called by
 * ../faults.ts. Invariant: of two such faults no window begins before the other's is over.
 */
import { faultWindows } from "../../fault-windows.ts";
import type { StrictFault } from "../../strict-fault.ts";
import { faultKindOf } from "./registry.ts";

type Phases = Parameters<typeof faultWindows>[0]["phases"];

/** The first of those known that the fault must not act beside; null: none. */
export function clashOf(
  fault: StrictFault,
  known: readonly StrictFault[],
  phases: Phases,
): StrictFault | null {
  return known.find((one) => areApart(fault, one) && overlap(fault, one, phases)) ?? null;
}

function areApart(one: StrictFault, other: StrictFault): boolean {
  return (isSlowWriter(one) && isLink(other)) || (isSlowWriter(other) && isLink(one));
}

function isSlowWriter({ act }: StrictFault): boolean {
  return act.kind === "slow-writer";
}

function isLink({ act }: StrictFault): boolean {
  const { stage, action } = faultKindOf(act.kind);
  return stage === "network" && action.reach !== "attempts";
}

function overlap(one: StrictFault, other: StrictFault, phases: Phases): boolean {
  const theirs = faultWindows({ phases, faults: [other] });
  return faultWindows({ phases, faults: [one] }).some(({ fromUs, untilUs }) =>
    theirs.some((that) => fromUs <= that.untilUs && that.fromUs <= untilUs),
  );
}
