/**
 * Turns signals into the two wishes a run knows. Called by the run command. First Ctrl-C or SIGTERM: stop
 * starting, drain, write everything. Second Ctrl-C: cut at once, write what there is. Third: leave now.
 * Invariant: a signal that arrives twice at once (from the terminal and from a parent such as npm) counts once.
 */
import { ExitCode } from "../../shared/errors.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { RunControl } from "../run/view.ts";

/** Two SIGINT closer than this are one press: nobody means two things within it. */
const ONE_PRESS_US = 300_000;

/** Process, or in tests anything that emits the same events. */
export interface SignalSource {
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
}

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

export function listenForInterrupts(options: InterruptOptions): Interrupts {
  const { source, clock, say, exit } = options;
  const stop = new AbortController();
  const abort = new AbortController();
  let pressedUs = Number.NEGATIVE_INFINITY;

  const requestStop = () => {
    if (stop.signal.aborted) return;
    say("stopping: no new load, draining, writing the report (Ctrl-C again cuts at once)");
    stop.abort("interrupted");
  };
  const onInterrupt = () => {
    const nowUs = clock.monotonicUs();
    if (nowUs - pressedUs < ONE_PRESS_US) return;
    pressedUs = nowUs;
    if (!stop.signal.aborted) return requestStop();
    if (abort.signal.aborted) return exit(ExitCode.aborted);
    say(
      "aborting: cutting connections, writing what there is (Ctrl-C again leaves without writing)",
    );
    abort.abort("interrupted");
  };
  const onTerminate = () => requestStop();

  source.on("SIGINT", onInterrupt);
  source.on("SIGTERM", onTerminate);
  return {
    control: { stop: stop.signal, abort: abort.signal },
    close() {
      source.off("SIGINT", onInterrupt);
      source.off("SIGTERM", onTerminate);
    },
  };
}
