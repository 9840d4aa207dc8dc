/**
 * What the control thread and an engine thread say to each other (worker_threads postMessage).
 * Invariant: times are monotonic microseconds of this host; the control thread has already mapped t0.
 */
import type { PlanDocument } from "../../shared/wire/plan.ts";

/** Control thread -> engine. */
export type EngineCommand =
  | { readonly type: "prepare"; readonly plan: PlanDocument; readonly engine: number }
  /** More shards for this engine; before the start or while running. */
  | { readonly type: "shards"; readonly shards: readonly number[] }
  | { readonly type: "start"; readonly startUs: number }
  /** The lease holds until this time; past it the engine fences itself. */
  | { readonly type: "lease"; readonly deadlineUs: number }
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
  | { readonly type: "status"; readonly open: number };
