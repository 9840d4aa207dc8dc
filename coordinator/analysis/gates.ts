/**
 * The validity gates: how far the generator may be off before its numbers are not to be trusted. All limits
 * are here, each with its reason; validity.ts applies them, the live view shows the first ones.
 * Invariant: a gate reads only what the generator does to itself (its turns, its CPU, its own lag), never
 * what the target does. A reply that takes an hour trips none; workers count a send that waits for a slow
 * target's replies as held, not as send lag.
 */

import type { TimelineRow } from "../merge/timeline.ts";
import { SATURATED } from "../merge/worker/saturated-seconds.ts";

export const GATES = {
  /**
   * A second is masked when 1 % of its messages left this late. Latency counts from the intended time, so
   * such a lag lies in the figures in full; 50 ms is as much as the latencies most services are held to.
   */
  secondSendLagP99Us: 50_000,
  /** Fewer values in a second say nothing of its 99th percentile. */
  secondSendLagMinCount: 10,
  /**
   * A second is masked when an engine stood still for this long: whatever arrived in the meantime was
   * read late and measured late. Garbage collections and neighbours' bursts stay well below it.
   */
  loopLagMaxUs: SATURATED.loopLagMaxUs,
  /** A second is masked when an engine had no idle time left: from here on queues form in the generator. */
  utilisation: SATURATED.utilisation,
  /**
   * A second is masked when a CPU quota had stopped a worker for this share of it: what arrived in the meantime was read late,
   * up to a period of the quota (100 ms, as a rule), which is no standstill by the gate above.
   */
  throttled: SATURATED.throttled,
  /** Masked seconds a run may have: a start and an end can be rough, a tenth of a long run may not. */
  maskedSeconds: 2,
  maskedShare: 0.1,
  /**
   * Over the whole run: a lag of this size, when it is also this share of the latency it lies in, makes the
   * reported tail the generator's own. Below either limit it changes no conclusion: a slow target can excuse
   * a lag, it can never be one.
   */
  runSendLagP99Us: 20_000,
  runSendLagShare: 0.1,
  /** The 99th percentile of fewer values rests on less than ten of them. */
  runSendLagMinCount: 1000,
  /**
   * Over the whole run: attempts to connect that began this late, when that is also this share of the time a connection
   * took, are another load than the one planned: a burst that was none.
   */
  runOpenLagP99Us: 100_000,
  runOpenLagShare: 0.1,
  runOpenLagMinCount: 1000,
  /** Messages, and opens, that the plan wanted and the generator was too far behind for. */
  skippedShare: 0.005,
} as const;

/** What a second is masked for. */
export type SecondGate = "sendLag" | "loopLag" | "utilisation" | "throttled";

/** Which gates a second breaks; empty when it may be trusted. */
export function brokenGates(row: TimelineRow): readonly SecondGate[] {
  const broken: SecondGate[] = [];
  const lag = row.sendLagUs;
  if (lag && lag.count >= GATES.secondSendLagMinCount && lag.p99 > GATES.secondSendLagP99Us) {
    broken.push("sendLag");
  }
  if ((row.loopLagMaxUs ?? 0) > GATES.loopLagMaxUs) broken.push("loopLag");
  if ((row.utilisation ?? 0) >= GATES.utilisation) broken.push("utilisation");
  if (row.throttled > GATES.throttled) broken.push("throttled");
  return broken;
}

/** Masked seconds a run of this many judged seconds may have: never all of them. */
export function maskedAllowed(judgedSeconds: number): number {
  const most = Math.max(GATES.maskedSeconds, GATES.maskedShare * judgedSeconds);
  return Math.max(0, Math.min(most, judgedSeconds - 1));
}
