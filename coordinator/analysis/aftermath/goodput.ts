/**
 * Does the service come back when a fault is over? Replies in time a second, of all connections, beside what the plan offers, and how long
 * the slowest took, before the fault and after it. A service that stays below although what disturbed it is gone, and no more is offered
 * than before, holds itself down: a metastable failure (N. Bronson et al., HotOS 2021; L. Huang et al., OSDI 2022). Pure; called for the
 * summary and its finding. Invariant: "no" only when it had the time that the definition gives it.
 */
import type { RunFold } from "../../merge/run-fold.ts";
import { median } from "../stats/interval.ts";
import type { Disturbance } from "./disturbance.ts";
import { type Row, SecondRows } from "./second-rows.ts";

const SECOND_US = 1_000_000;
/** As before: this share of the goodput before it, in the median of so many seconds. */
export const SHARE = 0.95;
const WINDOW_SECONDS = 5;
/** And the p99 of a second, in their median, no more than this times that before; a difference of less may be
 * the generator's own (gates.ts). */
export const SLOWER = 1.2;
const LEAST_SLOWER_US = 20_000;
/** It has this long, or three times as long as the fault lasted. */
const LEAST_WAIT_SECONDS = 30;
const TIMES_AS_LONG = 3;
const BEFORE_SECONDS = 10;
/** Load that is not more than before: the plan's curve is read at whole seconds. */
const AS_MUCH = 1.02;

export interface Aftermath {
  /** Replies in time a second at the load before it, medians; null: none was to be had. */
  readonly before: number | null;
  /** Of the last seconds that were looked at; where it stayed down, when it had had its time. */
  readonly after: number | null;
  /** unknown: no replies before it, or the run, or another fault, left it no time. */
  readonly back: "yes" | "no" | "unknown";
  /** From the end of the fault, seconds; null: it did not. */
  readonly backSeconds: number | null;
  /** How it stayed down; only where it did. */
  readonly down: Down | null;
}

export interface Down {
  /** Seconds it had to come back in. */
  readonly waited: number;
  /** What was not as before. */
  readonly lacks: "goodput" | "latency";
  /** Goodput then, as a share of that before the fault. */
  readonly share: number;
  /** Medians of the p99 of a second, microseconds; null: no reply came. */
  readonly p99Us: { readonly before: number; readonly after: number | null };
  /** The least load under which it stayed down, and above the one it came back at, as a share of that before the fault; null: it came
   * back at the same load. */
  readonly load: number | null;
  /** Afterwards it was as before, at this share of the load before; null: it was not. */
  readonly returned: { readonly seconds: number; readonly load: number } | null;
}

const UNKNOWN: Aftermath = {
  ...{ before: null, after: null, back: "unknown", backSeconds: null },
  down: null,
};

export function aftermathOf(fold: RunFold, disturbed: Disturbance): Aftermath {
  const { fromUs, toUs, untilSecond, gone } = disturbed;
  const begin = Math.floor(fromUs / SECOND_US);
  const last = Math.min(untilSecond, fold.closedThrough() + 1);
  const seconds = new SecondRows(fold, { gone, since: begin });
  const before = seconds.between(begin - BEFORE_SECONDS, begin);
  const usual = usualOf(before, seconds.offered(begin - 1));
  if (usual === null) return UNKNOWN;
  const end = Math.ceil(toUs / SECOND_US);
  const watch = new Watch(usual, Math.max(LEAST_WAIT_SECONDS, lastsThrice(disturbed)));
  for (let second = end; second < end + WINDOW_SECONDS - 1; second++) {
    watch.offer(seconds.offered(second));
  }
  for (let from = end; from + WINDOW_SECONDS <= last; from++) {
    watch.offer(seconds.offered(from + WINDOW_SECONDS - 1));
    const window = seconds.between(from, from + WINDOW_SECONDS);
    if (window.length < WINDOW_SECONDS - 1) continue;
    if (watch.look(window, Math.max(0, from - toUs / SECOND_US))) break;
  }
  return watch.aftermath();
}

function lastsThrice({ fromUs, toUs }: Disturbance): number {
  return (TIMES_AS_LONG * (toUs - fromUs)) / SECOND_US;
}

/** What it was like before. */
interface Usual {
  /** Replies in time a second for what was offered. */
  readonly share: number;
  readonly p99Us: number;
  readonly load: number;
}

function usualOf(before: readonly Row[], load: number): Usual | null {
  const share = before.length === 0 ? 0 : median(before.map((row) => row.share));
  if (share <= 0) return null;
  return { share, load, p99Us: p99Of(before) ?? 0 };
}

/** Median of the p99 of each second that had replies; null: none had. */
function p99Of(rows: readonly Row[]): number | null {
  const values = rows.flatMap(({ p99Us }) => (p99Us === null ? [] : [p99Us]));
  return values.length === 0 ? null : median(values);
}

/** A load that is not the one it came back at. */
const OTHER_LOAD = 1.05;

/** Looks at one window after another, until one is as before. */
class Watch {
  readonly #usual: Usual;
  readonly #wait: number;
  /** Seconds in which no more was offered than before. */
  #waited = 0;
  #lastShare: number | null = null;
  #down: Omit<Down, "load" | "returned"> | null = null;
  /** Of each window that was not as before. */
  readonly #loads: number[] = [];
  #back: { readonly seconds: number; readonly load: number } | null = null;

  constructor(usual: Usual, wait: number) {
    this.#usual = usual;
    this.#wait = wait;
  }

  offer(load: number): void {
    if (load > 0 && load <= AS_MUCH * this.#usual.load) this.#waited++;
  }

  /** @param seconds from the end of the fault to the window @returns it is as before */
  look(window: readonly Row[], seconds: number): boolean {
    const { share: usual, load: before, p99Us: usualP99Us } = this.#usual;
    const share = median(window.map((row) => row.share));
    const load = median(window.map((row) => row.load)) / before;
    const p99Us = p99Of(window);
    this.#lastShare = share;
    const isSlow =
      p99Us === null || (p99Us > SLOWER * usualP99Us && p99Us - usualP99Us > LEAST_SLOWER_US);
    const lacks = share < SHARE * usual ? "goodput" : isSlow ? "latency" : null;
    if (lacks === null) {
      this.#back = { seconds, load };
      return true;
    }
    this.#loads.push(load);
    if (this.#down === null && this.#waited >= this.#wait) {
      const p99s = { before: usualP99Us, after: p99Us };
      this.#down = { waited: this.#waited, lacks, share: share / usual, p99Us: p99s };
    }
    return false;
  }

  aftermath(): Aftermath {
    const { share, load } = this.#usual;
    const last = this.#down === null ? this.#lastShare : this.#down.share * share;
    const seen = { before: share * load, after: last === null ? null : last * load };
    if (this.#down !== null) {
      const { load: backAt = 0 } = this.#back ?? {};
      const above = this.#loads.filter((one) => one > OTHER_LOAD * backAt);
      const least = above.length === 0 ? null : Math.min(...above);
      const down = { ...this.#down, load: least, returned: this.#back };
      return { ...seen, back: "no", backSeconds: null, down };
    }
    const back = this.#back === null ? "unknown" : "yes";
    return { ...seen, back, backSeconds: this.#back?.seconds ?? null, down: null };
  }
}
