/**
 * `fault`: a fault begins, as one that is asked for while a run goes on (live-fault.ts). Listed in registry.ts. Invariant: it is a fault
 * that hits connections, and begins as soon as all workers know of it.
 */
import * as z from "zod";
import { actionKind } from "./action.ts";

export interface FaultAct {
  readonly kind: "fault";
  /** As it is asked for: JSON. */
  readonly text: string;
}

export const fault = actionKind({
  kind: "fault",
  doc: "Begins a fault, written as in `faults`, without `at`, or one of the scenario as `begin: NAME`: as soon as all workers know of it.",
  example: { fault: { kind: "disconnect", who: "20%" } },
  shape: () => z.record(z.string().max(64), z.unknown()),
  strict: (given, { path, isFault }): FaultAct | null =>
    isFault(given, path) ? { kind: "fault", text: JSON.stringify(given) } : null,
  written: ({ text }) => ({ fault: JSON.parse(text) as unknown }),
  redacted: (act) => act,
  isIdempotent: true,
  perform: ({ text }, { startFault }) => startFault(text),
});
