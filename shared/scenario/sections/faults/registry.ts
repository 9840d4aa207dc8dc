/** All kinds of faults that hit connections. Called by ../faults.ts and worker/faults. Invariant: the order is the one of the reference. */
import { assert } from "../../../assert.ts";
import { combination } from "./combination.ts";
import type { FaultKind } from "./fault.ts";
import { SINGLE_KINDS } from "./single-kinds.ts";

export const FAULT_KINDS = [...SINGLE_KINDS, combination] as const;

/** What the faults of a strict scenario do. */
export type FaultAct = ReturnType<(typeof FAULT_KINDS)[number]["strict"]>;

/** The kind of this name, which has to be one. */
export function faultKindOf(name: FaultAct["kind"]): FaultKind<FaultAct> {
  const found = FAULT_KINDS.find(({ kind }) => kind === name);
  assert(found !== undefined, `fault: there is no kind ${name}`);
  return found as unknown as FaultKind<FaultAct>;
}
