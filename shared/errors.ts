/**
 * Operating errors: what our surroundings do to us (bad input, bus down, limits too low). Each has a
 * code users can script against, the exit code it leads to, and says what, where, why and how to
 * mend it. What the target does is never an error of this kind: it is data (stats/failure-kind.ts).
 */

/** Process exit codes, a promise to users (see docs/cli.md). */
export const ExitCode = {
  passed: 0,
  internal: 1,
  usage: 2,
  untrusted: 97,
  preflight: 98,
  thresholdFailed: 99,
  stopped: 103,
  invalidScenario: 104,
  interrupted: 105,
  hookFailed: 107,
  aborted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Every operating error code; codes are never reused. */
export const ErrorCode = {
  ONRUSH_USAGE: ExitCode.usage,
  ONRUSH_SCENARIO_INVALID: ExitCode.invalidScenario,
  ONRUSH_SCENARIO_UNREADABLE: ExitCode.invalidScenario,
  /** The run that is asked for cannot be held against its baseline. */
  ONRUSH_BASELINE_UNFIT: ExitCode.invalidScenario,
  ONRUSH_TARGET_UNREACHABLE: ExitCode.preflight,
  ONRUSH_TARGET_FORBIDDEN: ExitCode.preflight,
  /** Whoever is to run it runs no code of scenarios. */
  ONRUSH_HOOKS_FORBIDDEN: ExitCode.preflight,
  ONRUSH_COMMAND_FORBIDDEN: ExitCode.preflight,
  /** Workers let no scenario end, pause or isolate them. */
  ONRUSH_WORKER_FAULTS_FORBIDDEN: ExitCode.preflight,
  /** They cannot be loaded. */
  ONRUSH_HOOKS_FAILED: ExitCode.hookFailed,
  ONRUSH_LIMITS_TOO_LOW: ExitCode.preflight,
  /** A rule of environment.before of the scenario does not hold. */
  ONRUSH_ENVIRONMENT_UNFIT: ExitCode.preflight,
  ONRUSH_BUS_UNREACHABLE: ExitCode.preflight,
  /** The broker is there, but its version or settings would lose or bend results. */
  ONRUSH_BUS_UNSUITABLE: ExitCode.preflight,
  ONRUSH_COORDINATOR_UNREACHABLE: ExitCode.preflight,
  /** Too many ask at once; the same will be taken later. */
  ONRUSH_BUSY: ExitCode.preflight,
  /** A record on the bus is not signed, or not with this cluster's key. */
  ONRUSH_BUS_REFUSED: ExitCode.preflight,
  /** Another coordinator has the lead on this bus. */
  ONRUSH_COORDINATOR_TAKEN: ExitCode.preflight,
  ONRUSH_BUS_CLOSED: ExitCode.untrusted,
  ONRUSH_WORKER_FAILED: ExitCode.untrusted,
  /** No workers, or too few of them, to begin a run. */
  ONRUSH_CLUSTER_TOO_SMALL: ExitCode.preflight,
  /** The address to be listened on is taken, or is none of this machine. */
  ONRUSH_ADDRESS_UNUSABLE: ExitCode.preflight,
  ONRUSH_RUN_DIRECTORY: ExitCode.preflight,
  /** What was to be printed was not, or not to its end: the disk behind standard output is full. */
  ONRUSH_OUTPUT_LOST: ExitCode.preflight,
  /** A PDF is wanted and nothing here can make one. */
  ONRUSH_PDF_UNAVAILABLE: ExitCode.preflight,
  /** Charts are wanted as PNG, and what draws them is not here. */
  ONRUSH_PNG_UNAVAILABLE: ExitCode.preflight,
  /** Metrics are to be pushed, and the package for it is not here. */
  ONRUSH_OTLP_UNAVAILABLE: ExitCode.preflight,
  ONRUSH_JOURNAL_CORRUPT: ExitCode.untrusted,
  ONRUSH_FRAME_INVALID: ExitCode.untrusted,
} as const;
export type ErrorCode = keyof typeof ErrorCode;

export interface ErrorDetails {
  readonly code: ErrorCode;
  /** What went wrong and where, one sentence. */
  readonly message: string;
  /** How to mend it, one sentence or command; empty when there is nothing to advise. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** An operating error with its code, exit code and remedy. */
export class OnrushError extends Error {
  override readonly name = "OnrushError";
  readonly code: ErrorCode;
  readonly exitCode: ExitCode;
  readonly remedy: string;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.exitCode = ErrorCode[details.code];
    this.remedy = details.remedy ?? "";
  }
}
