/**
 * What a run does when a worker or the bus goes away. Apart from the plan it is a part of, so that who reads options need not
 * load that.
 */

/** What a run does about trouble that is not the target's. */
export interface RunPolicies {
  /**
   * A worker is lost. recover: its slices go to others, the disturbed seconds are kept out of the thresholds. shrink: the
   * run goes on without its slices. fail: the run ends.
   */
  readonly onWorkerLoss: "recover" | "shrink" | "fail";
  /** The bus does not answer. fence: workers stop after their lease. continue: they go on to the plan's end. */
  readonly onBusLoss: "fence" | "continue";
  /** Microseconds over which connections of a moved or lost slice come back; 2.5 s unless told. */
  readonly recoverWithinUs?: number;
  /** How long workers may take to appear, take their slices and prepare; 30 s unless told. */
  readonly workersWithinSeconds?: number;
}

export const WORKERS_WITHIN_SECONDS = 30;
/** Nodes that are bought first take minutes. */
export const MAX_WORKERS_WITHIN_SECONDS = 3600;

export const DEFAULT_POLICIES: RunPolicies = { onWorkerLoss: "recover", onBusLoss: "fence" };
