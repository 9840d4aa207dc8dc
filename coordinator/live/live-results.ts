/**
 * The results of a run so far, from the fold it keeps anyway. Made by run.ts, asked for by the HTTP API while the run goes
 * on. Invariant: asking often costs no more than asking seldom: what was made is told again for COST_SHARE times as long as
 * it took, and what is long is made in slices.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../shared/time/clock.ts";
import type { RunFacts } from "../merge/facts.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { timelineCsv } from "../report/formats/timeline-csv.ts";
import { buildSummary } from "../report/summary.ts";
import type { Summary } from "../report/summary-schema.ts";

/** Of the loop at most one part in so many is spent on one kind of answer. */
const COST_SHARE = 20;
const LEAST_FRESH_US = 500_000;
const ROWS_A_SLICE = 200;

interface Cached<T> {
  readonly value: T;
  readonly untilUs: number;
}

export class LiveResults {
  readonly #fold: RunFold;
  readonly #clock: Clock;
  #summary: Cached<Summary> | null = null;
  #timeline: Cached<Promise<string>> | null = null;

  constructor(fold: RunFold, clock: Clock) {
    this.#fold = fold;
    this.#clock = clock;
  }

  /** As far as it is known; read, never written. */
  get fold(): RunFold {
    return this.#fold;
  }

  get facts(): RunFacts {
    return this.#fold.facts;
  }

  summary(): Summary {
    const nowUs = this.#clock.monotonicUs();
    if (this.#summary !== null && nowUs < this.#summary.untilUs) return this.#summary.value;
    const value = buildSummary(this.#fold);
    this.#summary = { value, untilUs: this.#freshUntil(nowUs) };
    return value;
  }

  /** timeline.csv so far. */
  timeline(): Promise<string> {
    const nowUs = this.#clock.monotonicUs();
    if (this.#timeline !== null && nowUs < this.#timeline.untilUs) return this.#timeline.value;
    // Who asks meanwhile waits for the same one.
    const value = this.#slices().then((text) => {
      this.#timeline = { value, untilUs: this.#freshUntil(nowUs) };
      return text;
    });
    this.#timeline = { value, untilUs: Number.POSITIVE_INFINITY };
    return value;
  }

  async #slices(): Promise<string> {
    const parts: string[] = [];
    for (const line of timelineCsv(this.#fold)) {
      if (parts.push(line) % ROWS_A_SLICE === 0) await nextTurn();
    }
    return parts.join("");
  }

  #freshUntil(sinceUs: number): number {
    const nowUs = this.#clock.monotonicUs();
    return nowUs + Math.max(LEAST_FRESH_US, COST_SHARE * (nowUs - sinceUs));
  }
}
