/**
 * What happens to a run beside its frames: said to whoever watches and written to the journal, so that
 * a run can be told again from its directory. Invariant: everything but frames that the summary depends
 * on is in here; an event is plain JSON.
 */
import type { ErrorCode } from "../../shared/errors.ts";
import type { RunState } from "../../shared/wire/command.ts";

export type EventBody =
  | { readonly type: "state"; readonly from: RunState; readonly to: RunState }
  /** Run time begins; `startAtUs` on the bus clock. */
  | { readonly type: "start"; readonly startAtUs: number; readonly startWallMs: number }
  /** The worker holds shards of this run. */
  | {
      readonly type: "worker-joined";
      readonly epoch: number;
      readonly id: string;
      readonly host: string;
      readonly engines: number;
      readonly shards: number;
    }
  /** The worker has said its last frame is `lastSeq`. */
  | { readonly type: "worker-finished"; readonly epoch: number; readonly lastSeq: number }
  /** The worker's session ended or fell silent; its log is fenced, nothing more will come of it. */
  | {
      readonly type: "worker-lost";
      readonly epoch: number;
      readonly id: string;
      readonly reason: string;
    }
  /** The end was asked for before the plan's: by a person, the API or a threshold. */
  | {
      readonly type: "end-requested";
      readonly mode: "stop" | "abort";
      readonly by: "interrupt" | "api" | "threshold" | "failure";
      readonly reason: string;
    }
  /** The run cannot be done or finished; what there is is written. */
  | {
      readonly type: "problem";
      readonly code: ErrorCode;
      readonly message: string;
      readonly remedy: string;
    }
  | { readonly type: "note"; readonly message: string };

export type RunEvent = EventBody & {
  /** Milliseconds since the Unix epoch, for display. */
  readonly wallMs: number;
  /** Microseconds of run time; null before the start. */
  readonly elapsedUs: number | null;
};
