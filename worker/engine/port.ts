/**
 * What the control thread and an engine thread say to each other (worker_threads postMessage).
 * Invariant: times are monotonic microseconds of this host; the control thread has already mapped t0.
 */
import type { Decided } from "../../shared/wire/command.ts";
import type { PlanDocument } from "../../shared/wire/plan.ts";
import type { SliceWithRows } from "../../shared/wire/row-part.ts";

/** What an engine thread knows from its start. */
export interface EngineData {
  /** Id of the worker. */
  readonly worker: string;
  /** Where its raw log goes (record/raw-log.ts); null: it keeps none. */
  readonly rawLogDirectory: string | null;
  /** It runs the hooks of a scenario. */
  readonly allowHooks: boolean;
  /** Hosts other than loopback that this worker may connect to, whatever a plan says. */
  readonly allowTargets: readonly string[];
}

/** Control thread -> engine. */
export type EngineCommand =
  | {
      readonly type: "prepare";
      readonly plan: PlanDocument;
      readonly epoch: number;
      readonly engine: number;
    }
  /** More slices for this engine; before the start or while running. */
  | { readonly type: "slices"; readonly slices: readonly SliceWithRows[] }
  /** Sessions of the slice planned to open at toUs or later are another's; not answered. */
  | { readonly type: "cut"; readonly slice: number; readonly toUs: number }
  /** Give work of a slice away (HandOver in shared/wire/command.ts); answered by "handedOver" when done. */
  | {
      readonly type: "handOver";
      readonly id: number;
      readonly slice: number;
      readonly scope: "unopened" | "all";
      readonly withinUs: number;
    }
  | { readonly type: "start"; readonly startUs: number }
  /** The plan by now; not answered. */
  | { readonly type: "steer"; readonly decided: Decided }
  /** The lease holds until this time; past it the engine fences itself. */
  | { readonly type: "lease"; readonly deadlineUs: number }
  /** Does nothing at all until then: a fault. Not answered. */
  | { readonly type: "standStill"; readonly untilUs: number }
  /** The wall clock reads so much more from now on: a fault. Not answered. */
  | { readonly type: "skew"; readonly byMs: number }
  /** stop: no new opens or sends, drain and close. abort: cut at once. Both end with a final frame. */
  | { readonly type: "end"; readonly mode: "stop" | "abort" };

/** Engine -> control thread. */
export type EngineReport =
  | { readonly type: "prepared" }
  /** Preparing failed (unresolvable target, bad TLS file …); the engine is of no use. */
  | { readonly type: "failed"; readonly code: string; readonly message: string }
  /** Encoded frame body; the control thread gives it its seq. */
  | {
      readonly type: "frame";
      readonly second: number;
      readonly final: boolean;
      readonly body: Uint8Array;
    }
  | { readonly type: "status"; readonly open: number }
  /** Run time has begun here, so many microseconds after its planned start. */
  | { readonly type: "started"; readonly skewUs: number }
  | {
      readonly type: "handedOver";
      readonly id: number;
      readonly slice: number;
      readonly fromUs: number;
    };
