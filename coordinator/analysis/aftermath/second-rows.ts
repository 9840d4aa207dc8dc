/**
 * The seconds around a fault: what the plan offers in each, and what came back. Used by goodput.ts and meanwhile.ts. Pure. Invariant: seconds
 * that say nothing of the target, because of the generator, are none.
 */
import { phaseAt, phaseSpans } from "../../merge/facts.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { isLeftOut } from "../judged.ts";

const SECOND_US = 1_000_000;

export interface Row {
  /** Connections that send at their usual rate; of a total rate, as much of it. */
  readonly load: number;
  /** Replies in time, of that. */
  readonly share: number;
  /** null: no reply came. */
  readonly p99Us: number | null;
}

export class SecondRows {
  readonly #fold: RunFold;
  readonly #gone: number;
  readonly #since: number;
  readonly #spans: ReturnType<typeof phaseSpans>;
  /** All connections together send at one rate, however many there are. */
  readonly #isTotal: boolean;
  readonly #rows = new Map<number, Row | null>();

  /** @param gone connections that stay away from this second on, because their client has given up: nothing is offered by them */
  constructor(fold: RunFold, { gone, since }: { readonly gone: number; readonly since: number }) {
    this.#fold = fold;
    this.#gone = gone;
    this.#since = since;
    const { scenario } = fold.facts;
    this.#spans = phaseSpans(scenario);
    this.#isTotal = scenario.roles.length === 0 && scenario.messages?.rate.kind === "total";
  }

  /** What the plan offers in a second. */
  offered(second: number): number {
    const { scenario, plannedOpen } = this.#fold.facts;
    const phase = phaseAt(this.#spans, second * SECOND_US);
    const factor = scenario.phases[phase?.index ?? -1]?.messageFactor ?? 1;
    const planned = ((plannedOpen[second - 1] ?? 0) + (plannedOpen[second] ?? 0)) / 2;
    const there = Math.max(0, planned - (second >= this.#since ? this.#gone : 0));
    if (planned === 0) return 0;
    return factor * (this.#isTotal ? there / planned : there);
  }

  /** Those of [from, to) that count. */
  between(from: number, to: number): Row[] {
    const rows: Row[] = [];
    for (let second = Math.max(0, from); second < to; second++) {
      const row = this.#row(second);
      if (row !== null) rows.push(row);
    }
    return rows;
  }

  #row(second: number): Row | null {
    const known = this.#rows.get(second);
    if (known !== undefined) return known;
    const load = this.offered(second);
    let row: Row | null = null;
    if (load > 0 && !isLeftOut(this.#fold, second)) {
      const replies = this.#fold.merge.series.quantiles(second, "latency");
      row = { load, share: (replies?.count ?? 0) / load, p99Us: replies?.p99 ?? null };
    }
    this.#rows.set(second, row);
    return row;
  }
}
