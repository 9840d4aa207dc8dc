/** `abort`: the run ends, and fails. Listed in registry.ts. Invariant: replies that are awaited may still come. */
import { text } from "../../shape/fields.ts";
import { actionKind } from "./action.ts";

export interface AbortAct {
  readonly kind: "abort";
  /** "": the name of the checkpoint says it. */
  readonly reason: string;
}

export const abort = actionKind({
  kind: "abort",
  doc: "Ends the run as a threshold with `abort` does: no new load, replies awaited, results written. The run fails (99).",
  example: "abort",
  exampleValue: "the target is down",
  alone: "",
  shape: () => text(200),
  strict: (reason): AbortAct => ({ kind: "abort", reason }),
  written: ({ reason }) => (reason === "" ? "abort" : { abort: reason }),
  redacted: (act) => act,
  isIdempotent: true,
  perform: ({ reason }, { endRun, reached }) =>
    endRun(reason === "" ? `checkpoint ${reached.checkpoint} was reached` : reason),
});
