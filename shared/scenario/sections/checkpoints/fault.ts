/**
 * `fault`: a fault begins, as one that is asked for while a run goes on (live-fault.ts). Listed in registry.ts. Invariant: it is a fault
 * that hits connections or our own workers, and begins as soon as all workers know of it.
 */
import * as z from "zod";
import { readShape } from "../../read/read-shape.ts";
import type { FaultKind } from "../faults/fault.ts";
import { FAULT_KINDS, type FaultAct } from "../faults/registry.ts";
import { actionKind } from "./action.ts";

export interface BeginFaultAct {
  readonly kind: "fault";
  /** As it is asked for: JSON. */
  readonly text: string;
}

export const fault = actionKind({
  kind: "fault",
  doc: "Begins a fault, written as in `faults`, without `at`, or one of the scenario as `begin: NAME`: as soon as all workers know of it.",
  example: { fault: { kind: "disconnect", who: "20%" } },
  shape: () => z.record(z.string().max(64), z.unknown()),
  strict: (given, { path, isFault }): BeginFaultAct | null =>
    isFault(given, path) ? { kind: "fault", text: JSON.stringify(given) } : null,
  written: ({ text }) => ({ fault: JSON.parse(text) as unknown }),
  redacted: ({ kind, text }) => ({ kind, text: withoutSecrets(text) }),
  isIdempotent: true,
  perform: ({ text }, { startFault }) => startFault(text),
});

/** As the faults of the scenario lie on disk: without what the kind says commonly is a secret. */
function withoutSecrets(text: string): string {
  const given = read(text);
  const kinds = FAULT_KINDS as unknown as readonly FaultKind<FaultAct>[];
  const kind = kinds.find((one) => one.kind === given["kind"]);
  if (kind?.redacted === undefined) return text;
  const { value, issues } = readShape(kind.shape(), { ...given, at: "x" });
  // What comes from a disk may be masked beyond reading, and then has no secrets.
  if (issues.length > 0) return text;
  return JSON.stringify({ ...given, ...kind.written(kind.redacted(kind.strict(value))) });
}

function read(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
