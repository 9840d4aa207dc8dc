/**
 * The seconds of a run that do not count, and what the generator was in them. Pure; used by the checks and for the summary.
 * Invariant: looks at every second that begins in a phase that counts; the drain does not.
 */
import { phaseAt, phaseSpans } from "../merge/facts.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { brokenGates, type SecondGate } from "./gates.ts";
import { stretchesOf } from "./stretches.ts";

export interface Masked {
  readonly seconds: number;
  /** Masked for another reason than the generator's health, and not looked at for it. */
  readonly disturbed: number;
  readonly judged: number;
  /** Of `seconds`, as stretches, each without its end. */
  readonly stretches: readonly (readonly [from: number, to: number])[];
  readonly byGate: Readonly<Record<SecondGate, number>>;
  readonly worst: {
    sendLagP99Us: number;
    loopLagMaxUs: number;
    utilisation: number;
    throttled: number;
  };
}

export function maskedIn(fold: RunFold): Masked {
  const spans = phaseSpans(fold.facts.scenario);
  const byGate = { sendLag: 0, loopLag: 0, utilisation: 0, throttled: 0 };
  const worst = { sendLagP99Us: 0, loopLagMaxUs: 0, utilisation: 0, throttled: 0 };
  const seconds: number[] = [];
  let judged = 0;
  let disturbed = 0;
  for (const row of fold.merge.timeline.rows()) {
    const atUs = row.second * 1_000_000;
    if (atUs >= fold.facts.durationUs || phaseAt(spans, atUs)?.excluded !== false) continue;
    if (fold.disturbances.touches(row.second)) {
      disturbed++;
      continue;
    }
    judged++;
    const broken = brokenGates(row);
    if (broken.length === 0) continue;
    seconds.push(row.second);
    for (const gate of broken) byGate[gate]++;
    worst.sendLagP99Us = Math.max(worst.sendLagP99Us, row.sendLagUs?.p99 ?? 0);
    worst.loopLagMaxUs = Math.max(worst.loopLagMaxUs, row.loopLagMaxUs ?? 0);
    worst.utilisation = Math.max(worst.utilisation, row.utilisation ?? 0);
    worst.throttled = Math.max(worst.throttled, row.throttled);
  }
  const stretches = stretchesOf(seconds);
  return { seconds: seconds.length, disturbed, judged, stretches, byGate, worst };
}
