/** `mark`: the moment is shown on the timeline. Listed in registry.ts. Invariant: it changes nothing. */
import { text } from "../../shape/fields.ts";
import { actionKind } from "./action.ts";

export interface MarkAct {
  readonly kind: "mark";
  /** "": the name of the checkpoint says it. */
  readonly text: string;
}

export const mark = actionKind({
  kind: "mark",
  doc: "Marks the moment on the timeline of the report; with a text it says that.",
  example: { mark: "half of the fleet is busy" },
  alone: "",
  shape: () => text(100),
  strict: (written): MarkAct => ({ kind: "mark", text: written }),
  written: ({ text: written }) => (written === "" ? "mark" : { mark: written }),
  redacted: (act) => act,
  isIdempotent: true,
  perform: ({ text: written }, { reached }) =>
    Promise.resolve({ ok: true, outcome: written === "" ? reached.checkpoint : written }),
});
