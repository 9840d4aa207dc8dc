/**
 * The scopes of pushed messages in a run: how much came in each, and how many connections of which engine belonged to it when.
 * Filled by push-merge.ts. Invariant: the order of frames changes nothing. Bound: MAX_SCOPES scopes; of more, those whose
 * hash is a multiple of a power of two are kept. What is known of members is forgotten with the messages it was needed for.
 */
import type { FrameScope } from "../../../shared/wire/frame/frame.ts";

const MAX_SCOPES = 20_000;
/** Seconds around the moment a message was sent in which its receivers had to belong, for those nobody heard of. */
const BEFORE = 1;
const AFTER = 6;
const SECOND_US = 1_000_000;

interface History {
  /** Highest number there was. */
  peak: number;
  /** End of the seconds in which the number changed, and what it was then; in any order. */
  readonly changes: Map<number, number>;
}

interface Scope {
  readonly scope: number;
  label: string;
  received: number;
  late: number;
  readonly engines: Map<number, History>;
}

export interface ScopeFigures {
  readonly label: string;
  readonly received: number;
  readonly late: number;
  /** Highest number that belonged to it, over the engines; 0 where it is not known. */
  readonly members: number;
}

export class ScopeTable {
  readonly #scopes = new Map<number, Scope>();
  #step = 1;
  received = 0;
  late = 0;

  /** @param second the last one that the frame covers */
  add(
    row: FrameScope,
    { engine, second }: { readonly engine: number; readonly second: number },
  ): void {
    this.received += row.received;
    this.late += row.late;
    const scope = this.#scope(row.scope);
    if (scope === null) return;
    scope.received += row.received;
    scope.late += row.late;
    if (row.label !== "" && (scope.label === "" || row.label < scope.label))
      scope.label = row.label;
    if (row.members === 0 && !scope.engines.has(engine)) return;
    const history = scope.engines.get(engine) ?? { peak: 0, changes: new Map<number, number>() };
    history.peak = Math.max(history.peak, row.members);
    history.changes.set(second, row.members);
    scope.engines.set(engine, history);
  }

  /** Scopes there are; about as many where there are more than are kept. */
  get count(): number {
    return this.#scopes.size * this.#step;
  }

  labelOf(scope: number): string {
    return this.#scopes.get(scope)?.label ?? "";
  }

  /** Those in which the most came. */
  top(most: number): readonly ScopeFigures[] {
    return [...this.#scopes.values()]
      .sort((a, b) => b.received - a.received || (a.label < b.label ? -1 : 1))
      .slice(0, most)
      .map(({ label, received, late, engines }) => {
        let members = 0;
        for (const { peak } of engines.values()) members += peak;
        return { label, received, late, members };
      });
  }

  /** Connections of an engine that belonged to the scope all the time around a moment. */
  *belonging(scope: number, atUs: number): Generator<readonly [engine: number, members: number]> {
    const second = Math.floor(atUs / SECOND_US);
    for (const [engine, { changes }] of this.#scopes.get(scope)?.engines ?? []) {
      let before = -1;
      let least = Number.POSITIVE_INFINITY;
      for (const [at, members] of changes) {
        if (at <= second - BEFORE && at > before) before = at;
        else if (at > second - BEFORE && at <= second + AFTER) least = Math.min(least, members);
      }
      least = Math.min(least, changes.get(before) ?? 0);
      if (least > 0) yield [engine, least];
    }
  }

  /** Nothing is asked about what was before. */
  forget(beforeUs: number): void {
    const second = Math.floor(beforeUs / SECOND_US) - BEFORE;
    for (const { engines } of this.#scopes.values()) {
      for (const { changes } of engines.values()) {
        let newest = -1;
        for (const at of changes.keys()) if (at <= second && at > newest) newest = at;
        for (const at of [...changes.keys()]) if (at < newest) changes.delete(at);
      }
    }
  }

  /** Only multiples of the step are kept; it doubles as often as it must. */
  #scope(scope: number): Scope | null {
    const known = this.#scopes.get(scope);
    if (known !== undefined) return known;
    if (scope % this.#step !== 0) return null;
    const made: Scope = { scope, label: "", received: 0, late: 0, engines: new Map() };
    this.#scopes.set(scope, made);
    while (this.#scopes.size > MAX_SCOPES) {
      this.#step *= 2;
      for (const one of this.#scopes.keys()) if (one % this.#step !== 0) this.#scopes.delete(one);
    }
    return this.#scopes.get(scope) ?? null;
  }
}
