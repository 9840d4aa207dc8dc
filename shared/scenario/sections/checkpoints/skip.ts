/** `skip`: the next phase begins. Listed in registry.ts. Invariant: it begins as soon as all workers know of it. */
import * as z from "zod";
import { actionKind } from "./action.ts";

export interface SkipAct {
  readonly kind: "skip";
}

export const skip = actionKind({
  kind: "skip",
  doc: "Ends the phase that goes on, and begins the next one, as soon as all workers know of it; the last one ends the load. Of phases that keep their number of connections: `hold` and `burst`.",
  example: "skip",
  exampleValue: true,
  alone: true,
  shape: () => z.literal(true),
  strict: (): SkipAct => ({ kind: "skip" }),
  written: () => "skip",
  redacted: (act) => act,
  isIdempotent: false,
  perform: (_, { stretchPhase }) => Promise.resolve(stretchPhase(null)),
});
