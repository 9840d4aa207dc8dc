/** What a probe run said, as the journal of the run before it tells. Part of event.ts. */

/** Another short run, with one change, was made to tell causes apart (analysis/diagnosis/probe-run). */
export interface ProbedEvent {
  readonly type: "probed";
  /** The kind of probe run. */
  readonly probe: string;
  /** Name of its directory, beside this one. */
  readonly run: string;
  /** The cause it was made for, and the one it names; null: neither. */
  readonly cause: string;
  readonly named: string | null;
  /** What was seen, as the end of a sentence. */
  readonly seen: string;
}
