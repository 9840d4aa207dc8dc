/** `mark`: counts that a connection has come this far, and how long that took. Listed in registry.ts. */
import { label } from "../../shape/fields.ts";
import { CONNECTED, stepKind } from "./step.ts";

export const mark = stepKind({
  key: "mark",
  doc: "A name for this point: how many came to it, and how long after the beginning of its list.",
  example: "logged in",
  lists: CONNECTED,
  shape: label,
  strict: (name) => ({ kind: "mark", name }),
  written: (step) => (step.kind === "mark" ? step.name : undefined),
});
