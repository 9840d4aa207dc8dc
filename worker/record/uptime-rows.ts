/**
 * How long connections were served, and how long they were not: the integral of how many stood so, kept without looking at
 * any of them. Owned by the recorder; worker/connection/standing.ts says when one changes. Invariants: a connection stands in
 * one way at any time, so no second has more time than its connections; times are of the phase in which they passed.
 */
import { indexOf, PHASE_COUNTERS, TARGET_COUNTERS } from "../../shared/stats/counters.ts";

/** How a connection stands. `none`: the plan does not want it, its first attempt is not over, or we keep it from standing. */
export const Standing = { none: 0, up: 1, down: 2, upByFault: 3, downByFault: 4 } as const;
export type Standing = (typeof Standing)[keyof typeof Standing];

const STANDINGS = 5;
const MS_US = 1000;

const COUNT = indexOf(PHASE_COUNTERS);
const TARGET = indexOf(TARGET_COUNTERS);

/** A connection as its uptime is counted. */
export interface Served {
  standing: Standing;
  readonly target: number;
}

/** Where whole milliseconds go. */
interface Sink {
  count(phase: number, counter: number, amount: number): void;
  readonly targets: {
    count(phase: number, target: number, counter: number, amount?: number): void;
  };
}

export class UptimeRows {
  readonly #sink: Sink;
  /** Added to the phase of what a fault is to blame for. */
  readonly #shift: number;
  /** By target and standing: connections, their microseconds that are not counted yet, and until when those are known. */
  readonly #connections: Float64Array;
  readonly #areas: Float64Array;
  readonly #untilUs: Float64Array;
  #phase = 0;
  #nowUs = 0;

  /** @param shift phases of the scenario */
  constructor(sink: Sink, targets: number, shift: number) {
    this.#sink = sink;
    this.#shift = shift;
    this.#connections = new Float64Array(targets * STANDINGS);
    this.#areas = new Float64Array(targets * STANDINGS);
    this.#untilUs = new Float64Array(targets * STANDINGS);
  }

  /** A connection stands otherwise from now on. */
  move(served: Served, to: Standing, nowUs: number): void {
    const { standing: from, target } = served;
    if (from === to) return;
    served.standing = to;
    this.#add(target * STANDINGS + from, -1, nowUs);
    this.#add(target * STANDINGS + to, 1, nowUs);
  }

  /** A fault acts on it from now on. */
  touched(served: Served, nowUs: number): void {
    if (served.standing === Standing.up) this.move(served, Standing.upByFault, nowUs);
    else if (served.standing === Standing.down) this.move(served, Standing.downByFault, nowUs);
  }

  /** It is as it was before a fault. */
  letGo(served: Served, nowUs: number): void {
    if (served.standing >= Standing.upByFault) this.move(served, Standing.up, nowUs);
  }

  /** Once a turn: what passed belongs to the phase that was. */
  turn(nowUs: number, phase: number): void {
    this.#nowUs = nowUs;
    if (phase === this.#phase) return;
    this.flush(nowUs);
    this.#phase = phase;
  }

  /**
   * Counts what has passed, to the millisecond; the rest stays.
   * @param untilUs the end of the second
   * @param isPart the second is not over: until the last turn
   */
  flush(untilUs: number, isPart = false): void {
    const toUs = isPart ? Math.min(untilUs, this.#nowUs) : untilUs;
    for (let cell = 0; cell < this.#connections.length; cell++) {
      const standing = cell % STANDINGS;
      if (standing === Standing.none) continue;
      this.#add(cell, 0, toUs);
      const ms = Math.floor((this.#areas[cell] as number) / MS_US);
      if (ms <= 0) continue;
      this.#areas[cell] = (this.#areas[cell] as number) - ms * MS_US;
      this.#count(cell, standing, ms);
    }
  }

  /** What is before this was not measured. */
  begin(fromUs: number): void {
    this.#untilUs.fill(fromUs);
  }

  #count(cell: number, standing: number, ms: number): void {
    const target = (cell - standing) / STANDINGS;
    const isUp = standing === Standing.up || standing === Standing.upByFault;
    const phase = this.#phase + (standing >= Standing.upByFault ? this.#shift : 0);
    this.#sink.count(phase, isUp ? COUNT.upMs : COUNT.downMs, ms);
    this.#sink.targets.count(phase, target, isUp ? TARGET.upMs : TARGET.downMs, ms);
  }

  #add(cell: number, connections: number, nowUs: number): void {
    const passedUs = nowUs - (this.#untilUs[cell] as number);
    if (passedUs > 0) {
      const area = (this.#connections[cell] as number) * passedUs;
      this.#areas[cell] = (this.#areas[cell] as number) + area;
      this.#untilUs[cell] = nowUs;
    }
    this.#connections[cell] = (this.#connections[cell] as number) + connections;
  }
}
