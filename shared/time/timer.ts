/**
 * The one source of waiting. Whoever waits receives Timers by its constructor, like the Clock, so that a
 * simulation can drive both. Used by the control plane only; the data plane has its own timing wheel.
 * Invariant: a callback never runs inside the call that asked for it.
 */
export interface Timers {
  /** Calls back once, delayMs from now. @returns the cancel function, harmless when it is too late. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after delayMs, or at once when the signal aborts; never rejects. */
export function sleep(timers: Timers, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const wake = () => {
      cancel();
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = timers.after(delayMs, wake);
    signal?.addEventListener("abort", wake);
  });
}
