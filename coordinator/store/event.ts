/**
 * What happens to a run beside its frames: said to whoever watches and written to the journal, so that
 * a run can be told again from its directory, and taken up again. Invariant: everything but frames that the
 * summary and a coordinator that starts again depend on is in here; an event is plain JSON.
 */
import type { ErrorCode } from "../../shared/errors.ts";
import type { WorkerEffect } from "../../shared/scenario/sections/faults/outside/worker-act.ts";
import type { SearchLevel } from "../../shared/scenario/strict.ts";
import type { StrictFault } from "../../shared/scenario/strict-fault.ts";
import type { StrictOutside } from "../../shared/scenario/strict-outside.ts";
import type { HandOver, RunState } from "../../shared/wire/command.ts";
import type { CounterLists } from "../../shared/wire/frame/counter-lists.ts";
import type { ProbedEvent } from "./probed-event.ts";
import type { WorkerJoined } from "./worker-joined.ts";

export type EndBy = "interrupt" | "api" | "threshold" | "checkpoint" | "failure";

export type EventBody =
  | { readonly type: "state"; readonly from: RunState; readonly to: RunState }
  /** Run time begins; `startAtUs` on the bus clock. Of several the last counts: nobody heard of the others. */
  | { readonly type: "start"; readonly startAtUs: number; readonly startWallMs: number }
  | CountersEvent
  | WorkerEvent
  | SliceEvent
  | SearchEvent
  | FaultChange
  | FaultEvent
  | OutsideEvent
  | BesideEvent
  | ProbedEvent
  /** The end was asked for before the plan's: by a person, the API, a threshold or a checkpoint. */
  | {
      readonly type: "end-requested";
      readonly mode: "stop" | "abort";
      readonly by: EndBy;
      readonly reason: string;
    }
  /** The run cannot be done or finished; what there is is written. */
  | {
      readonly type: "problem";
      readonly code: ErrorCode;
      readonly message: string;
      readonly remedy: string;
    }
  | { readonly type: "note"; readonly message: string }
  /** The run was held against its baseline; the shape is the reader's business (analysis/compare/comparison.ts). */
  | { readonly type: "compared"; readonly comparison: unknown };

/** Frames that follow are of a build whose counters are not those of the header. */
export interface CountersEvent {
  readonly type: "counters";
  readonly counters: CounterLists;
}

export type WorkerEvent =
  | WorkerJoined
  /** Run time has begun there: so late, and known so exactly. */
  | {
      readonly type: "worker-started";
      readonly epoch: number;
      readonly startSkewUs: number;
      readonly clockErrorUs: number;
    }
  /** The worker has said its last frame is `lastSeq`. */
  | { readonly type: "worker-finished"; readonly epoch: number; readonly lastSeq: number }
  /** The worker's session ended or fell silent; its log is fenced. What it did after `reportedUs` nobody saw. */
  | {
      readonly type: "worker-lost";
      readonly epoch: number;
      readonly id: string;
      readonly reason: string;
      /** What it held. */
      readonly slices: readonly number[];
      /** End of the last second it reported, run time; null when it reported none. */
      readonly reportedUs: number | null;
      /** Connections open at that time. */
      readonly open: number;
      /** Connections it may have opened unseen, at most. */
      readonly opensAtMost: number;
      /** Messages it may have sent unseen, at most. */
      readonly messagesAtMost: number;
    }
  /** All slices of a lost worker are held again; from `untilUs` on the run is as planned. */
  | {
      readonly type: "worker-recovered";
      readonly epoch: number;
      readonly untilUs: number;
      /** Sessions that were planned to open in those slices from the loss until then. */
      readonly opens: number;
    };

export type SliceEvent =
  /** `opens`: sessions that were planned to open in them while they were on their way from another worker. */
  | {
      readonly type: "slices-held";
      readonly epoch: number;
      readonly slices: readonly number[];
      readonly opens: number;
    }
  /** Offered again; `offers` is how often each was offered before. */
  | {
      readonly type: "slices-offered";
      readonly slices: readonly number[];
      readonly offers: readonly number[];
      readonly why: "lost" | "moved" | "released" | "untaken";
    }
  /** Nobody is to have them any more (onWorkerLoss shrink). `opens`: sessions that will not be opened. */
  | { readonly type: "slices-dropped"; readonly slices: readonly number[]; readonly opens: number }
  | { readonly type: "hand-over-asked"; readonly handOvers: readonly HandOver[] }
  /** The hand-over is done, or cancelled. An unopened one cut the slice: `made` is the slice from `atUs` on, offered. */
  | {
      readonly type: "hand-over-done";
      readonly id: number;
      readonly cut: { readonly slice: number; readonly atUs: number; readonly made: number } | null;
    };

/** A fault was asked for, or ended, while the run goes on. */
export type FaultChange =
  /** It stands behind those there are. `begins`: the fault that it is once more, where it is one. `request`: who repeats it gets the same fault; null: nobody can. */
  | {
      readonly type: "fault-asked";
      readonly fault: StrictFault;
      readonly begins?: string;
      readonly request: { readonly key: string; readonly content: string } | null;
    }
  /** One that our own workers do to themselves; it stands behind those outside of the load. */
  | {
      readonly type: "outside-asked";
      readonly outside: StrictOutside;
      readonly request: { readonly key: string; readonly content: string } | null;
    }
  /** Of a fault by its name: nothing of it acts or begins from `atUs` on, a moment that has not come yet, or for one whose secrets are lost this one. */
  | { readonly type: "fault-end-asked"; readonly name: string; readonly atUs: number };

/** A window of a fault (shared/scenario/fault-windows.ts), by its place among all windows. */
export type FaultEvent =
  | {
      readonly type: "fault-began";
      readonly window: number;
      readonly id: string;
      readonly kind: string;
      /** Run time at which it was to begin. */
      readonly atUs: number;
      /** Connections it was to hit by plan; null: that depends on which worker holds them. */
      readonly victims: number | null;
    }
  | {
      readonly type: "fault-ended";
      readonly window: number;
      readonly id: string;
      /** Run time at which it was to end. */
      readonly atUs: number;
      /** Connections that it hit, as far as workers had reported by then. */
      readonly hit: number;
    };

/** A fault outside of the load, by its place among all times of such faults (shared/scenario/strict-outside.ts). */
export type OutsideEvent =
  /** It is about to be done; nobody does it again. */
  | {
      readonly type: "outside-began";
      readonly position: number;
      readonly id: string;
      readonly kind: string;
      /** Run time at which it was to be done. */
      readonly atUs: number;
    }
  /** Workers are asked to do it to themselves; what lasts begins when they have read of it. */
  | {
      readonly type: "outside-ordered";
      readonly position: number;
      readonly id: string;
      readonly epochs: readonly number[];
      readonly effect: WorkerEffect;
    }
  /** What came of it; without a beginning: it was not done. */
  | {
      readonly type: "outside-ended";
      readonly position: number;
      readonly id: string;
      readonly ok: boolean;
      /** One line; others may have written parts of it. */
      readonly outcome: string;
    };

/** What the coordinator does beside the load. Places are those of the scenario. */
export type BesideEvent =
  /** Its condition holds: its actions are about to be begun, and nobody begins them again. */
  | {
      readonly type: "checkpoint-reached";
      readonly checkpoint: number;
      readonly name: string;
      /** What its condition reads, as `connect.failed`; null: not measured. */
      readonly observed: Readonly<Record<string, number | null>>;
    }
  /** What came of an action. */
  | {
      readonly type: "checkpoint-acted";
      readonly checkpoint: number;
      readonly action: number;
      readonly name: string;
      readonly kind: string;
      readonly ok: boolean;
      readonly outcome: string;
    }
  | {
      readonly type: "environment-checked";
      readonly when: "before" | "after";
      readonly rule: number;
      readonly name: string;
      readonly ok: boolean;
      readonly outcome: string;
    }
  | { readonly type: "cleanup-began"; readonly step: number; readonly name: string }
  /** What came of it; without a beginning: it was not done. */
  | {
      readonly type: "cleanup-ended";
      readonly step: number;
      readonly name: string;
      readonly ok: boolean;
      readonly outcome: string;
    };

export type SearchPurpose = "climb" | "rest" | "narrow" | "confirm";

/** What is decided of a phase (its place among the phases) while it goes on: of a find-limit phase by itself. */
export type SearchEvent =
  /** It goes to another level at a moment that has not come yet. */
  | {
      readonly type: "search-level";
      readonly phase: number;
      readonly level: SearchLevel;
      readonly purpose: SearchPurpose;
    }
  /** The newest level was judged. */
  | ({
      readonly type: "search-judged";
      readonly phase: number;
      /** Connections of the level. */
      readonly planned: number;
    } & Judgement)
  /** A checkpoint has a phase, which keeps its number of connections, last longer, or end: so long after its start. */
  | { readonly type: "phase-stretched"; readonly phase: number; readonly durationUs: number }
  /** The phase is over at a moment that has not come yet: so long after its start. */
  | {
      readonly type: "search-ended";
      readonly phase: number;
      readonly durationUs: number;
      readonly outcome: SearchOutcome;
    };

export interface Judgement {
  /** untrusted: the generator was not up to it, so it says nothing of the target. */
  readonly verdict: "held" | "broken" | "untrusted";
  /** Of each rule of `until`, in its unit; null: nothing was measured. */
  readonly observed: readonly (number | null)[];
  /** What broke, for people; "" when it held. */
  readonly reason: string;
}

/**
 * found: a level that broke twice, and one beside it that held twice. top: nothing broke up to the highest level.
 * no-recovery: at half the load it did not come back to what it was. untrusted: the generator could no more.
 * unsettled: the time, or the levels there may be, did not suffice.
 */
export type SearchOutcome = "found" | "top" | "no-recovery" | "untrusted" | "unsettled";

export type RunEvent = EventBody & {
  /** Milliseconds since the Unix epoch, for display. */
  readonly wallMs: number;
  /** Microseconds of run time; null before the start. */
  readonly elapsedUs: number | null;
};
