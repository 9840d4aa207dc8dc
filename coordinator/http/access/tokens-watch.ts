/**
 * Keeps tokens as their file says: when it changes, or on SIGHUP. Called by `onrush coordinator`. Invariant: a file that
 * cannot be used changes nothing, and is said once.
 */
import { stat } from "node:fs/promises";
import { OnrushError } from "../../../shared/errors.ts";
import type { Log } from "../../../shared/log.ts";
import { sleep, type Timers } from "../../../shared/time/timer.ts";
import { fileMark, type Tokens } from "./tokens.ts";

const POLL_MS = 2000;

/** @returns the function that ends it */
export function watchTokens(
  tokens: Tokens,
  path: string,
  { timers, log }: { readonly timers: Timers; readonly log: Log },
): () => void {
  const closing = new AbortController();
  const say = () => {
    for (const doubt of tokens.doubts) log.warn(doubt);
  };
  const reload = () => {
    try {
      tokens.reload(path);
      log.info("the tokens file was read again");
      say();
    } catch (error) {
      if (!(error instanceof OnrushError)) throw error;
      log.error(`${error.message} The tokens stay as they were.`);
    }
  };
  say();
  process.on("SIGHUP", reload);
  void look(path, { timers, reload, seen: tokens.mark, signal: closing.signal });
  return () => {
    closing.abort();
    process.off("SIGHUP", reload);
  };
}

/** Looks instead of listening: a mounted secret is replaced by renaming a folder above it. */
async function look(
  path: string,
  how: {
    readonly timers: Timers;
    readonly reload: () => void;
    readonly seen: string;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  let { seen } = how;
  for (;;) {
    await sleep(how.timers, POLL_MS, how.signal);
    if (how.signal.aborted) return;
    const mark = await markOf(path);
    if (mark !== seen) how.reload();
    seen = mark;
  }
}

/** "" when it is not there. */
async function markOf(path: string): Promise<string> {
  return stat(path).then(fileMark, () => "");
}
