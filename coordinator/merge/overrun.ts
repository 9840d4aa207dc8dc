/**
 * What lost workers did after their loss was recorded, as far as it became known: counted apart, because others had
 * their slices by then. Filled by merge.ts. Invariant: sums only; nothing of it is in any other figure.
 */
import { PHASE_COUNTERS, type PhaseCounter } from "../../shared/stats/counters.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";

const SHOWN = ["attempted", "established", "closed", "sent", "received"] as const;

export class Overrun {
  frames = 0;
  readonly counters: Record<(typeof SHOWN)[number], number> = {
    attempted: 0,
    established: 0,
    closed: 0,
    sent: 0,
    received: 0,
  };

  add(frame: Frame): void {
    this.frames++;
    for (const { counters } of frame.phases) {
      for (const name of SHOWN) this.counters[name] += counters[positionOf(name)] ?? 0;
    }
  }
}

function positionOf(name: PhaseCounter): number {
  return PHASE_COUNTERS.indexOf(name);
}
