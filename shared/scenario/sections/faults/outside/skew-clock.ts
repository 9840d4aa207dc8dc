/** `kind: skew-clock`: the wall clocks of workers are off for a time. Listed in registry.ts. Invariant: monotonic clocks are not touched. */
import * as z from "zod";
import { about, byDefault, durationUpTo, strict } from "../../../shape/fields.ts";
import { formatDuration } from "../../../units.ts";
import { outsideKind } from "./outside.ts";
import type { WorkerAct, WorkerEffect } from "./worker-act.ts";
import { lasting, writtenWorkers } from "./workers.ts";

export interface SkewClockAct extends WorkerAct {
  readonly kind: "skew-clock";
  readonly effect: Extract<WorkerEffect, { kind: "skew" }>;
}

export const skewClock = outsideKind({
  kind: "skew-clock",
  on: "workers",
  doc: "The wall clocks of workers are off by `offset`, as when somebody sets them. Latencies of replies rest on another clock and stay as they are; one-way latencies of pushed messages are withheld.",
  example: {
    ...{ at: "steady+30s", for: "10s", kind: "skew-clock", who: 1 },
    ...{ offset: "300ms", direction: "behind" },
  },
  shape: () =>
    strict({
      ...lasting("skew-clock", "Sets the wall clocks of workers."),
      offset: about(durationUpTo("1h"), "By how much; at most an hour.", "300ms"),
      direction: byDefault(
        z.enum(["ahead", "behind"]),
        "ahead",
        "ahead: they read more than it is. behind: less.",
        "behind",
      ),
    }),
  strict: ({ who, for: forUs, offset, direction }): SkewClockAct => {
    const byMs = (direction === "ahead" ? offset : -offset) / 1000;
    return { kind: "skew-clock", workers: who, effect: { kind: "skew", forUs, byMs } };
  },
  written: (act) => ({
    ...writtenWorkers(act),
    offset: formatDuration(Math.abs(act.effect.byMs) * 1000),
    direction: act.effect.byMs < 0 ? "behind" : "ahead",
  }),
  redacted: (act) => act,
  lastsUs: ({ effect }) => effect.forUs,
  perform: (act, hands) => hands.order(act),
});
