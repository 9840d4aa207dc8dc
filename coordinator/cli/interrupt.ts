/**
 * Turns the signals that ask a program to end into the two requests a run knows. Called by the run command. First Ctrl-C,
 * SIGTERM or SIGHUP: stop starting, drain, write everything. Second: cut at once, write what there is. Third: leave now.
 */
import { onEndSignals, type SignalSource } from "../../shared/end-signals.ts";
import { ExitCode } from "../../shared/errors.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { RunControl } from "../live/view.ts";

export interface InterruptOptions {
  readonly source: SignalSource;
  readonly clock: Clock;
  /** Says to the person what happens now. */
  readonly say: (line: string) => void;
  /** Ends the process; only for the third press. */
  readonly exit: (code: number) => void;
}

export interface Interrupts {
  readonly control: RunControl;
  /** Gives the signals back. Idempotent. */
  close(): void;
}

export function listenForInterrupts({ say, exit, ...options }: InterruptOptions): Interrupts {
  const stop = new AbortController();
  const abort = new AbortController();
  const close = onEndSignals((press) => {
    if (press === 1) {
      say("stopping: no new load, draining, writing the report (Ctrl-C again cuts at once)");
      stop.abort("interrupted");
    } else if (press === 2) {
      say(
        "aborting: cutting connections, writing what there is (Ctrl-C again leaves without writing)",
      );
      abort.abort("interrupted");
    } else exit(ExitCode.aborted);
  }, options);
  return { control: { stop: stop.signal, abort: abort.signal }, close };
}
