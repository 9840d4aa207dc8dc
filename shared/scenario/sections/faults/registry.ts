/**
 * All kinds of faults: a new one is one file and one line here, and one of each in worker/faults. Called by ../faults.ts.
 * Invariant: the order is the one of the reference.
 */
import { disconnect } from "./disconnect.ts";
import { refusePong } from "./refuse-pong.ts";
import { stopReading } from "./stop-reading.ts";

export const FAULT_KINDS = [disconnect, stopReading, refusePong] as const;
