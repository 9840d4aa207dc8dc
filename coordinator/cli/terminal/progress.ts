/**
 * Shows a run while it goes on, on stderr: redrawn in place on a terminal, one plain line every 5 s of run
 * time elsewhere. Called by the run command. Invariant: stdout is never touched, a terminal is redrawn at
 * most four times a second, and after close() the cursor is back and nothing more is written.
 */
import type { createLogUpdate } from "log-update";
import type { Clock } from "../../../shared/time/clock.ts";
import type { LiveView } from "../../live/view.ts";
import { liveBlock, plainLine } from "./live-text.ts";
import type { Style } from "./style.ts";

const REDRAW_US = 250_000;
const PLAIN_EVERY_US = 5_000_000;

export interface Progress {
  show(view: LiveView): void;
  /** A line that stays, above the live view. */
  note(line: string): void;
  close(): void;
}

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream;
  readonly mode: "live" | "plain" | "off";
  readonly style: Style;
  readonly clock: Clock;
}

export async function openProgress(options: ProgressOptions): Promise<Progress> {
  switch (options.mode) {
    case "live": {
      // Loaded where there is a terminal.
      const { createLogUpdate } = await import("log-update");
      return liveProgress(options, createLogUpdate(options.stream));
    }
    case "plain":
      return plainProgress(options.stream);
    case "off":
      return { show: () => {}, note: () => {}, close: () => {} };
  }
}

function liveProgress(
  { stream, style, clock }: ProgressOptions,
  log: ReturnType<typeof createLogUpdate>,
): Progress {
  let last: LiveView | null = null;
  let drawnUs = Number.NEGATIVE_INFINITY;
  const draw = (view: LiveView) => log(liveBlock(view, stream.columns, style));
  return {
    show(view) {
      last = view;
      const nowUs = clock.monotonicUs();
      if (nowUs - drawnUs < REDRAW_US) return;
      drawnUs = nowUs;
      draw(view);
    },
    note(line) {
      log.clear();
      stream.write(`${line}\n`);
      if (last !== null) draw(last);
    },
    close() {
      if (last !== null) draw(last);
      log.done();
    },
  };
}

function plainProgress(stream: NodeJS.WriteStream): Progress {
  let slot = Number.NaN;
  return {
    show(view) {
      const current = Math.floor(view.elapsedUs / PLAIN_EVERY_US);
      if (current === slot) return;
      slot = current;
      stream.write(`${plainLine(view)}\n`);
    },
    note(line) {
      stream.write(`${line}\n`);
    },
    close() {},
  };
}
