/**
 * Whether closes answer the first thing that connections said, or that they opened: what they are told then is about what they came
 * with, not about their age. Called by age.ts, credentials.ts and reason.ts. Pure. Invariant: without samples nobody can say.
 */
import type { KnownMoment } from "../../../merge/evidence/failure-events.ts";
import type { FailureSeries } from "../../../merge/failures/failure-series.ts";
import type { Signals } from "../signals.ts";
import { messageIdleMs } from "./clocks.ts";

const LEAST_EVENTS = 3;
const SHARE = 0.9;
const SOON_MS = 1000;

/** What closes say that are about credentials, in lower case; not that of a session or of JSON that cannot be read. */
export const AUTHORISATION = /(?<!unexpected )token|jwt|auth|credential|expired|log-?in/;

export function isFirstAnswer(signals: Signals, series: FailureSeries): boolean {
  const events = signals.eventsOf(series);
  const early = events.filter(isEarly).length;
  return events.length >= LEAST_EVENTS && early >= SHARE * events.length;
}

/** Within a second of its opening, or of its only message. */
function isEarly(moment: KnownMoment): boolean {
  const { sent, ageMs } = moment;
  if (ageMs !== null && ageMs <= SOON_MS) return true;
  const idleMs = sent === 1 ? messageIdleMs(moment) : null;
  return idleMs !== null && idleMs <= SOON_MS;
}
