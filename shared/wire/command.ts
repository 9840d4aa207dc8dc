/**
 * Run state documents and the hints that say "look again". A hint may be lost; the document counts:
 * workers read it on every hint and every two seconds. Direction: coordinator -> worker.
 */

export const RUN_STATES = [
  "created",
  "offered",
  "ready",
  "running",
  "draining",
  "merging",
  "done",
  "failed",
  "aborted",
] as const;
export type RunState = (typeof RUN_STATES)[number];

export interface RunDocument {
  readonly run: string;
  readonly state: RunState;
  /** Start of run time on the bus clock (Bus.time), microseconds; null before the start. */
  readonly startAtUs: number | null;
  /** Set when the run is to end before its plan does: stop drains, abort cuts. */
  readonly end: { readonly mode: "stop" | "abort"; readonly reason: string } | null;
}

/** Topics of hints. The payload is always the run id, or empty. */
export const HINT_TOPICS = ["run-changed", "tickets-offered", "frames-acknowledged"] as const;
export type HintTopic = (typeof HINT_TOPICS)[number];
