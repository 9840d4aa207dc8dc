/**
 * What a check may take, and what is said of one that took more. Used by checker.ts and by whoever configures it.
 * Invariant: a check that was ended is an issue of the scenario, which names the limit and its size.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { Issue } from "../../shared/scenario/issue.ts";

export interface CheckLimits {
  /** Checks at once. */
  readonly processes: number;
  /** Checks that wait for one; one more is sent away. */
  readonly waiting: number;
  /** Of those, of one asker. */
  readonly waitingEach: number;
  readonly seconds: number;
  /** Of JavaScript's heap, each check. */
  readonly memoryMb: number;
}

/** A coordinator goes on with its runs meanwhile. */
export const SERVICE_CHECK: CheckLimits = {
  processes: 2,
  waiting: 32,
  waitingEach: 8,
  seconds: 10,
  memoryMb: 512,
};

/** The command line has one scenario at a time, and large files are on its own disk. */
export const COMMAND_CHECK: CheckLimits = {
  processes: 1,
  waiting: 1,
  waitingEach: 1,
  seconds: 60,
  memoryMb: 2048,
};

/**
 * `base`, with what ONRUSH_CHECK_SECONDS and ONRUSH_CHECK_MEMORY_MB say in its place.
 * @throws OnrushError ONRUSH_USAGE
 */
export function checkLimits(base: CheckLimits, env: Readonly<Record<string, string>>): CheckLimits {
  const read = (name: string, otherwise: number, [least, most]: [number, number]): number => {
    const text = env[name] ?? "";
    if (text === "") return otherwise;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new OnrushError({
      code: "ONRUSH_USAGE",
      message: `${name} is not a whole number from ${least} to ${most}`,
      remedy: `Unset it, or give such a number: ${name}=${otherwise}.`,
    });
  };
  return {
    ...base,
    seconds: read("ONRUSH_CHECK_SECONDS", base.seconds, [1, 3600]),
    memoryMb: read("ONRUSH_CHECK_MEMORY_MB", base.memoryMb, [128, 65_536]),
  };
}

export type Exceeded = "time" | "memory";

export function exceededIssue(file: string, exceeded: Exceeded, limits: CheckLimits): Issue {
  const what =
    exceeded === "time"
      ? `checking the scenario took longer than ${limits.seconds} s`
      : `checking the scenario took more than ${limits.memoryMb} MB of memory`;
  const hint =
    exceeded === "time"
      ? "make it smaller, or allow more with ONRUSH_CHECK_SECONDS"
      : "make it smaller, or allow more with ONRUSH_CHECK_MEMORY_MB";
  return { file, line: 0, column: 0, path: "", what, hint };
}
