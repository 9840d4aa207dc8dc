/**
 * What can be seen of a run from outside while it goes on: the live view (terminal now, pages later) and
 * the way to ask for its end. Made by run.ts, once a second at most; plain data.
 */
import type { RunState } from "../../shared/wire/command.ts";

export interface LiveView {
  readonly run: string;
  readonly name: string;
  readonly state: RunState;
  /** Run time, microseconds; negative before the start. */
  readonly elapsedUs: number;
  readonly durationUs: number;
  readonly phase: { readonly name: string; readonly index: number; readonly count: number } | null;
  readonly workers: number;
  readonly plannedOpen: number;
  readonly open: number;
  readonly connections: {
    readonly attempted: number;
    readonly established: number;
    readonly failed: number;
  };
  readonly messages: {
    readonly sent: number;
    readonly matched: number;
    readonly timedOut: number;
    readonly received: number;
    readonly skipped: number;
  };
  /** Over the last whole second. */
  readonly rates: {
    readonly opensPerSec: number;
    readonly sentPerSec: number;
    readonly receivedPerSec: number;
  };
  /** Corrected latency over the last whole seconds (up to 5), microseconds; null without samples. */
  readonly latencyUs: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  } | null;
  /** What is listened for, the first few: in all, and one way over the last whole seconds; null: not timed, or withheld. */
  readonly push: readonly {
    readonly name: string;
    readonly received: number;
    readonly latencyUs: { readonly p50: number; readonly p99: number } | null;
  }[];
  /** Of a run with roles, the first few of them: how many of its connections are open, and how many could not be made. */
  readonly roles: readonly {
    readonly name: string;
    readonly open: number;
    readonly failed: number;
  }[];
  /** Steps of flows that have failed, the most failed first, the first few: how often they began, and failed. */
  readonly steps: readonly {
    readonly name: string;
    readonly started: number;
    readonly failed: number;
  }[];
  readonly failures: readonly {
    readonly kind: string;
    readonly signature: string;
    readonly count: number;
  }[];
  readonly generator: {
    readonly sendLagP99Us: number | null;
    readonly loopLagMaxUs: number;
    readonly utilisation: number;
    readonly saturated: boolean;
    /** Why its numbers could not be trusted if the run ended now; empty: they could, as far as can be told. */
    readonly reasons: readonly string[];
  };
  /** Checkpoints of the scenario; absent: it has none. `at`: seconds of run time at which it was reached; null: it was not. */
  readonly checkpoints?: readonly { readonly name: string; readonly at: number | null }[];
  readonly thresholds: readonly {
    readonly metric: string;
    readonly rule: string;
    /** As in summary.json: milliseconds for times, 0..1 for shares. */
    readonly observed: number | null;
    readonly passed: boolean | null;
  }[];
}

/** What people and the API ask of a run; the first request of each kind of end counts. */
export interface RunControl {
  /** Aborted with a reason ("interrupted", "stopped"): stop starting, drain, write everything. */
  readonly stop: AbortSignal;
  /** Cut at once, write what there is. */
  readonly abort: AbortSignal;
  /** What is asked of the workers; read at each poll. Absent: nothing (see active-run/run-requests.ts). */
  readonly workers?: WorkerCommands;
}

export interface WorkerCommands {
  /** Workers that may serve the run at most; null: as many as there are. */
  readonly most: number | null;
  /** How often a rebalance over all workers was asked for so far. */
  readonly rebalances: number;
}
