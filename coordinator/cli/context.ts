/**
 * What every command receives: where to write, how, and what the environment said. Made once by main.ts.
 * Invariant: a command writes its result to `stdout` and everything else to `stderr`.
 */
import { type Clock, systemClock } from "../../shared/time/clock.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { COMMAND_CHECK, checkLimits } from "../check/check-limits.ts";
import { Checker } from "../check/checker.ts";
import type { CliConfig } from "./config.ts";
import { makeStyle, type Style, wantsColour, wantsLiveView } from "./terminal/style.ts";

/** A command hands its exit code to whoever runs it. */
export type Finish = (code: number) => void;

export interface CliContext {
  readonly config: CliConfig;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Colours of stdout and of stderr: either may be a terminal without the other. */
  readonly outStyle: Style;
  readonly errStyle: Style;
  /** stderr is a terminal that can be redrawn. */
  readonly live: boolean;
  readonly clock: Clock;
  /** Looks at scenarios, within limits. */
  readonly checker: Checker;
  /** Gives back what a command has used of this. */
  close(): Promise<void>;
}

export function makeContext(config: CliConfig): CliContext {
  const { stdout, stderr } = process;
  let checker: Checker | null = null;
  return {
    config,
    stdout,
    stderr,
    outStyle: makeStyle(wantsColour(config.terminal, stdout.isTTY === true)),
    errStyle: makeStyle(wantsColour(config.terminal, stderr.isTTY === true)),
    live: wantsLiveView(config.terminal, stderr),
    clock: systemClock,
    get checker() {
      checker ??= new Checker(checkLimits(COMMAND_CHECK, config.env), systemTimers);
      return checker;
    },
    close: async () => checker?.close(),
  };
}
