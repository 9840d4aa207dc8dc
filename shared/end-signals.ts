/**
 * The signals that ask a program to end: Ctrl-C, a supervisor's SIGTERM, and SIGHUP, which a closed terminal or a lost ssh
 * session sends. All three mean the same. Used by every program that goes on until it is asked to end.
 * Invariant: what arrives twice at once (from a terminal and from npm, or from two senders) is one press.
 */
import type { Clock } from "./time/clock.ts";

const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type EndSignal = (typeof END_SIGNALS)[number];

/** Two signals closer than this are one press: nobody means two things within it. */
const ONE_PRESS_US = 300_000;

/** Process, or in tests anything that emits the same events. */
export interface SignalSource {
  on(signal: EndSignal, listener: () => void): unknown;
  off(signal: EndSignal, listener: () => void): unknown;
}

/**
 * @param onPress called with 1 for the first press, 2 for the second, and so on
 * @returns gives the signals back; idempotent
 */
export function onEndSignals(
  onPress: (press: number) => void,
  { source = process, clock }: { readonly source?: SignalSource; readonly clock: Clock },
): () => void {
  let presses = 0;
  let pressedUs = Number.NEGATIVE_INFINITY;
  const handle = () => {
    const nowUs = clock.monotonicUs();
    if (nowUs - pressedUs < ONE_PRESS_US) return;
    pressedUs = nowUs;
    presses += 1;
    onPress(presses);
  };
  for (const signal of END_SIGNALS) source.on(signal, handle);
  return () => {
    for (const signal of END_SIGNALS) source.off(signal, handle);
  };
}

/** For a program whose parent decides when it ends: signals that a terminal sends to all of its processes are not for it. */
export function leaveEndingToParent(): void {
  process.on("SIGINT", () => {});
  process.on("SIGHUP", () => {});
}
