/**
 * A plan and timings for tests of the control thread: quick where something is done again and again, long where something
 * has gone wrong when they run out, so that a busy machine is not taken for a broken one.
 */
import type { Log } from "../../../shared/log.ts";
import { type PlanDocument, WIRE_VERSION } from "../../../shared/wire/plan.ts";
import { CONTROL_TIMINGS, type ControlTimings } from "../../../worker/execution/timings.ts";
import { scenario } from "../../support/scenario.ts";

export const SHARDS = 8;
export const QUICK: ControlTimings = {
  ...CONTROL_TIMINGS,
  renewMs: 80,
  fenceAfterMs: 60_000,
  documentPollMs: 100,
  takeTicketMs: 200,
  pauseMs: 20,
  endGraceMs: 60_000,
  abortGraceMs: 60_000,
  flushMs: 60_000,
  leaveMs: 0,
  lateFlushMs: 3000,
};
export const quiet: Log = { info: () => {}, warn: () => {}, error: () => {} };

export function planOf(run: string, words: string, durationUs = 300_000): PlanDocument {
  const phases = [
    {
      phase: "hold",
      exclude: false,
      durationUs,
      messageFactor: 1,
      ramp: "linear",
      from: 800,
      to: 800,
    },
  ];
  return {
    version: WIRE_VERSION,
    run,
    hash: "hash",
    scenario: { ...scenario("ws://127.0.0.1:1"), phases, name: words } as PlanDocument["scenario"],
    shards: SHARDS,
    connections: 800,
    durationUs,
    allowTargets: [],
    drainUs: 100_000,
    recoverWithinUs: 1_000_000,
    onBusLoss: "fence",
  };
}

/** What a frame of the test engine says. */
export interface Told {
  readonly engine: number;
  readonly slices: readonly number[];
  readonly final: boolean;
  readonly log: readonly string[];
}
