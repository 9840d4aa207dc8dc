/**
 * The run second by second: what the live view, timeline.csv and the validity gates are made of. Filled by merge.ts. Counts
 * come from the frames' ticks, so they are exact to the second also when back-pressure made a frame span several; its
 * distributions (series/series.ts) then lie in its first second.
 * Invariant: addition and maximum only, so late frames and any order give the same rows. Bound: one row a
 * second of run time, and twenty 32-bit numbers.
 */
import { PHASE_COUNTERS, type PhaseCounter, TICK_SERIES } from "../../shared/stats/counters.ts";
import type { Counts, Frame } from "../../shared/wire/frame/frame.ts";
import type { SecondQuantiles, Series } from "./series/series.ts";
import { TICKS_PER_SECOND, TickGauge } from "./worker/tick-gauge.ts";

/** One second; all times microseconds. */
export interface TimelineRow {
  readonly second: number;
  /** Open at the second's end in the whole cluster. */
  readonly open: number;
  readonly opened: number;
  readonly closed: number;
  readonly failed: number;
  readonly sent: number;
  readonly received: number;
  readonly latencyUs: SecondQuantiles | null;
  readonly sendLagUs: SecondQuantiles | null;
  /** Generator health: the worst engine. null when no engine reported this second. */
  readonly loopLagMaxUs: number | null;
  readonly utilisation: number | null;
  /** Share of the second in which a CPU quota had stopped a worker. */
  readonly throttled: number;
  readonly engines: number;
}

interface Second {
  readonly counts: {
    opened: number;
    closed: number;
    failed: number;
    sent: number;
    received: number;
  };
  /** In the order of PHASE_COUNTERS, over the phases that count; null while nothing was counted. */
  judged: Float64Array | null;
  loopLagMaxUs: number;
  utilisation: number | null;
  throttled: number;
  engines: number;
}

const COUNTED = ["opened", "closed", "failed", "sent", "received"] as const;
const TICKED = ["sent", "received"] as const;

export class Timeline {
  readonly openGauge = new TickGauge();
  /** Counts, every 100 ms. */
  readonly ticks = { sent: new TickGauge(), received: new TickGauge() } as const;
  readonly #seconds: Second[] = [];
  readonly #series: Series;

  constructor(series: Series) {
    this.#series = series;
  }

  /** Seconds there are rows for: 0 up to this, exclusive. */
  get length(): number {
    return this.#seconds.length;
  }

  /** Counts and health of a frame; what happened before the start has no row. */
  addFrame(frame: Frame): void {
    if (frame.second < 0) return;
    this.openGauge.add(frame.second, frame.ticks[TICK_SERIES.indexOf("open")] ?? []);
    for (const series of TICKED) {
      this.ticks[series].add(frame.second, frame.ticks[TICK_SERIES.indexOf(series)] ?? []);
    }
    for (let at = 0; at < frame.spanSeconds; at++) {
      const second = this.#second(frame.second + at);
      for (const series of COUNTED) {
        second.counts[series] += sumOfSecond(frame.ticks[TICK_SERIES.indexOf(series)] ?? [], at);
      }
      second.loopLagMaxUs = Math.max(second.loopLagMaxUs, frame.health.loopLagMaxUs);
      second.engines++;
      // A final frame covers a moment of its second; how busy that was says nothing.
      if (frame.final) continue;
      second.utilisation = Math.max(second.utilisation ?? 0, frame.health.utilisation);
      second.throttled = Math.max(second.throttled, frame.health.throttled);
    }
  }

  /** Adds the counters of a phase that is not excluded, in the order of PHASE_COUNTERS. */
  addCounters(second: number, counters: Counts): void {
    const kept = this.#second(Math.max(0, second));
    kept.judged ??= new Float64Array(PHASE_COUNTERS.length);
    for (let at = 0; at < kept.judged.length; at++) {
      kept.judged[at] = (kept.judged[at] ?? 0) + (counters[at] ?? 0);
    }
  }

  /** What was counted in a second for phases that are not excluded; a wide frame counts in its first second. */
  counted(second: number, counter: PhaseCounter): number {
    return this.#seconds[second]?.judged?.[PHASE_COUNTERS.indexOf(counter)] ?? 0;
  }

  row(second: number): TimelineRow | null {
    const kept = this.#seconds[second];
    if (!kept) return null;
    return {
      second,
      open: this.openGauge.atEndOf(second),
      ...kept.counts,
      latencyUs: this.#series.quantiles(second, "latency"),
      sendLagUs: this.#series.quantiles(second, "sendLag"),
      loopLagMaxUs: kept.engines > 0 ? kept.loopLagMaxUs : null,
      utilisation: kept.utilisation,
      throttled: kept.throttled,
      engines: kept.engines,
    };
  }

  *rows(): Generator<TimelineRow> {
    for (let second = 0; second < this.#seconds.length; second++) {
      const row = this.row(second);
      if (row) yield row;
    }
  }

  #second(second: number): Second {
    // Seconds without a frame have rows of zeros, so that the array stays dense.
    while (this.#seconds.length <= second) {
      this.#seconds.push({
        counts: { opened: 0, closed: 0, failed: 0, sent: 0, received: 0 },
        judged: null,
        loopLagMaxUs: 0,
        utilisation: null,
        throttled: 0,
        engines: 0,
      });
    }
    return this.#seconds[second] as Second;
  }
}

function sumOfSecond(ticks: readonly number[], second: number): number {
  let sum = 0;
  const from = second * TICKS_PER_SECOND;
  for (let at = from; at < from + TICKS_PER_SECOND; at++) sum += ticks[at] ?? 0;
  return sum;
}
