/**
 * What the connections of a run agreed on with the target, and the statuses and close codes of its failures, both counted
 * exactly. Filled by merge.ts, read by the summary. Invariant: the order of frames changes nothing.
 * Bound: one count per code; MAX_AGREED pairs of texts, the rest in one row "other". Which are kept depends on the texts
 * alone (those that sort first), so it does not depend on the order, either.
 */
import { CODED_KINDS, type CodedKind } from "../../shared/stats/failure-code.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";

const MAX_AGREED = 50;
const OTHER = "other";
const COMPRESSION = /^permessage-deflate\b/;

export interface Agreed {
  readonly protocol: string;
  readonly extensions: string;
  readonly count: number;
}

export class AgreedCounts {
  #rows = new Map<string, { protocol: string; extensions: string; count: number }>();
  #others = 0;
  readonly #codes = new Map<CodedKind, Map<number, number>>(
    CODED_KINDS.map((kind) => [kind, new Map()]),
  );

  addFrame({ agreed, codes }: Frame): void {
    for (const row of agreed) this.#add(row);
    for (const { kind, code, count } of codes) {
      const counts = this.#codes.get(kind);
      counts?.set(code, (counts.get(code) ?? 0) + count);
    }
  }

  /** The most frequent first; "other" for what there was no room for. */
  get agreed(): readonly Agreed[] {
    const rows = [...this.#rows.values()].map((row) => ({ ...row }));
    if (this.#others > 0) rows.push({ protocol: OTHER, extensions: OTHER, count: this.#others });
    return rows.sort((a, b) => b.count - a.count || (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  /** Connections on which messages may be compressed, and all. */
  get compression(): { readonly compressed: number; readonly all: number } {
    const sum = (rows: readonly Agreed[]) => rows.reduce((total, { count }) => total + count, 0);
    const rows = this.agreed;
    const compressed = rows.filter(({ extensions }) => COMPRESSION.test(extensions));
    return { compressed: sum(compressed), all: sum(rows) };
  }

  /** Exact count by code, in the order of the codes. */
  codes(kind: CodedKind): ReadonlyMap<number, number> {
    return new Map([...(this.#codes.get(kind) ?? [])].sort(([a], [b]) => a - b));
  }

  #add(row: Agreed): void {
    if (row.protocol === OTHER && row.extensions === OTHER) {
      this.#others += row.count;
      return;
    }
    const key = keyOf(row);
    const known = this.#rows.get(key);
    if (known) {
      known.count += row.count;
      return;
    }
    this.#rows.set(key, { ...row });
    if (this.#rows.size <= MAX_AGREED) return;
    let last = "";
    for (const one of this.#rows.keys()) if (one > last) last = one;
    this.#others += this.#rows.get(last)?.count ?? 0;
    this.#rows.delete(last);
  }
}

function keyOf({ protocol, extensions }: Agreed): string {
  return `${protocol}\n${extensions}`;
}
