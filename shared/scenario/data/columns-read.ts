/**
 * Which tables and columns a document reads: no others are kept, or sent to workers. Called by sections/data.ts. Pure.
 * Invariants: what no placeholder names is not read; where it cannot be told what is read, all is.
 */
import { scanPieces } from "../template/scan.ts";

const WORD = String.raw`[\p{L}_][\p{L}\p{N}_-]*`;
const STEP = String.raw`\s*(?:\.\s*(${WORD})|\[\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*\])`;
/** data.users.name, data["users"]["name"]. */
const CELL = new RegExp(String.raw`\bdata${STEP}${STEP}`, "gu");

/** Names of columns of a table; null: any. */
export type ColumnsRead = ReadonlySet<string> | null;

/** By table. A table that is not in it is not read. */
export class DataReads {
  /** null: any. */
  readonly #read: ReadonlyMap<string, ReadonlySet<string>> | null;

  /** @param document its texts, names of headers and keys of messages included */
  constructor(document: Readonly<Record<string, unknown>>) {
    this.#read = readBy(placeholders({ ...document, data: null }));
  }

  of(table: string): ColumnsRead {
    return this.#read === null ? null : (this.#read.get(table) ?? new Set());
  }
}

function* placeholders(node: unknown): Generator<string> {
  if (typeof node === "string") {
    if (node.includes("{{")) yield* placeholdersIn(node);
  } else if (typeof node === "object" && node !== null) {
    for (const [key, child] of Object.entries(node)) {
      yield* placeholders(key);
      yield* placeholders(child);
    }
  }
}

function placeholdersIn(text: string): string[] {
  try {
    return scanPieces(text).flatMap((piece) => ("source" in piece ? [piece.source] : []));
  } catch {
    // It is no template.
    return [text];
  }
}

function readBy(sources: Iterable<string>): ReadonlyMap<string, ReadonlySet<string>> | null {
  const read = new Map<string, Set<string>>();
  for (const source of sources) {
    const cells = [...source.matchAll(CELL)];
    // Each `data` is one of them, or it cannot be told which it is.
    if (cells.length !== [...source.matchAll(/\bdata\b/g)].length) return null;
    for (const [, ...names] of cells) {
      const [name = "", column = ""] = names.filter((one) => one !== undefined);
      read.set(name, (read.get(name) ?? new Set()).add(column));
    }
  }
  return read;
}
