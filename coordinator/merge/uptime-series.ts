/**
 * How long connections were served, and how long they should have been and were not, second by second and by the phase in which
 * that passed; of the run, and in runs of several targets of each of the first 16. Filled by merge.ts. What a wide frame tells is spread
 * evenly over its seconds. Invariant: additions only, so frames in any order give the same. Bound: 16 bytes a second for each of those.
 */
import { PHASE_COUNTERS, TARGET_COUNTERS } from "../../shared/stats/counters.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";

const UP = PHASE_COUNTERS.indexOf("upMs");
const DOWN = PHASE_COUNTERS.indexOf("downMs");
const TARGET_UP = TARGET_COUNTERS.indexOf("upMs");
const TARGET_DOWN = TARGET_COUNTERS.indexOf("downMs");

/** Of more targets, outages are told of the run alone. */
export const MAX_TARGETS = 16;

/** Milliseconds of connections in a second. */
export interface UptimeSecond {
  upMs: number;
  downMs: number;
}

/** Of a phase: the seconds from `first` on. */
interface Stretch {
  first: number;
  readonly up: number[];
  readonly down: number[];
}

/** By phase, what faults are to blame for behind the scenario's. */
type Part = Map<number, Stretch>;

export class UptimeSeries {
  readonly #run: Part = new Map();
  readonly #targets: Part[] = [];
  /** Some frame told of it. */
  isUsed = false;
  /** Some frame lacked it: its build did not count it. */
  isPartial = false;

  addFrame({ second, spanSeconds, phases, targets }: Frame): void {
    for (const { phase, counters } of phases) {
      const up = counters[UP];
      const down = counters[DOWN];
      if (up === undefined || down === undefined) this.isPartial = true;
      else if (up > 0 || down > 0) {
        this.isUsed = true;
        spread(this.#run, phase, { second, spanSeconds, up, down });
      }
    }
    for (const { phase, target, counters } of targets) {
      const up = counters[TARGET_UP] ?? 0;
      const down = counters[TARGET_DOWN] ?? 0;
      if (target >= MAX_TARGETS || (up === 0 && down === 0)) continue;
      while (this.#targets.length <= target) this.#targets.push(new Map());
      spread(this.#targets[target] as Part, phase, { second, spanSeconds, up, down });
    }
  }

  /** From second 0 on, of the phases that pass. @param target null for all */
  seconds(phases: ReadonlySet<number>, target: number | null = null): UptimeSecond[] {
    const part = target === null ? this.#run : (this.#targets[target] ?? new Map());
    const seconds: UptimeSecond[] = [];
    for (const [phase, stretch] of part) if (phases.has(phase)) add(seconds, stretch);
    return seconds;
  }
}

function add(seconds: UptimeSecond[], { first, up, down }: Stretch): void {
  while (seconds.length < first + up.length) seconds.push({ upMs: 0, downMs: 0 });
  for (const [at, upMs] of up.entries()) {
    const second = seconds[first + at] as UptimeSecond;
    second.upMs += upMs;
    second.downMs += down[at] ?? 0;
  }
}

function spread(
  part: Part,
  phase: number,
  told: { second: number; spanSeconds: number; up: number; down: number },
): void {
  const { spanSeconds, up, down } = told;
  const first = Math.max(0, told.second);
  const stretch = part.get(phase) ?? { first, up: [], down: [] };
  part.set(phase, stretch);
  while (stretch.first > first) {
    stretch.up.unshift(0);
    stretch.down.unshift(0);
    stretch.first--;
  }
  for (let at = first - stretch.first; at < first - stretch.first + spanSeconds; at++) {
    while (stretch.up.length <= at) {
      stretch.up.push(0);
      stretch.down.push(0);
    }
    stretch.up[at] = (stretch.up[at] ?? 0) + up / spanSeconds;
    stretch.down[at] = (stretch.down[at] ?? 0) + down / spanSeconds;
  }
}
