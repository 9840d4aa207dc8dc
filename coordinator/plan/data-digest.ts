/**
 * Data tables in the hashes of a plan: a digest in place of each table's rows. Called by plan.ts. Pure. Invariant: equal tables
 * have equal digests, however their rows are held; secrets are masked before, so that no digest lets a reader test a guess of one.
 */
import { createHash } from "node:crypto";
import { createMask } from "../../shared/scenario/mask/mask.ts";
import type { DataRows, StrictScenario } from "../../shared/scenario/strict.ts";
import { packedCell } from "../../shared/scenario/template/data-row.ts";

/** Values that are masked at a time, and so many characters of them that no more are taken: masking needs many times their memory. */
const CHUNK = 1000;
const CHUNK_CHARS = 256 * 1024;

/** By name, each table with the digest of its rows. */
export type DataDigests = Readonly<Record<string, object>>;

export function digestsOf({
  data,
  secrets,
}: Pick<StrictScenario, "data" | "secrets">): DataDigests {
  const mask = secrets.length === 0 ? null : createMask(secrets);
  const entries = Object.entries(data).map(([name, { rows, ...table }]) => {
    return [name, { ...table, numbers: numbersOf(rows), rows: digestOf(rows, mask) }] as const;
  });
  return Object.fromEntries(entries);
}

function digestOf(rows: DataRows, mask: ((text: string) => string) | null): string {
  const hash = createHash("sha256");
  for (const chunk of chunksOf(rows)) {
    const text = JSON.stringify(chunk);
    hash.update(mask === null ? text : mask(text));
  }
  return hash.digest("base64");
}

function* chunksOf(rows: DataRows): Generator<readonly string[]> {
  let chunk: string[] = [];
  let chars = 0;
  const values = rows.kind === "packed" ? rows.ends.length : valuesOf(rows).length;
  for (let at = 0; at < values; at++) {
    const value = rows.kind === "packed" ? packedCell(rows, at) : (valuesOf(rows)[at] ?? "");
    chunk.push(value);
    chars += value.length;
    if (chunk.length < CHUNK && chars < CHUNK_CHARS) continue;
    yield chunk;
    chunk = [];
    chars = 0;
  }
  if (chunk.length > 0) yield chunk;
}

function valuesOf(rows: DataRows): readonly string[] {
  return rows.kind === "listed" ? rows.values : [];
}

function numbersOf(rows: DataRows): string | null {
  if (rows.kind !== "packed" || rows.numbers === null) return null;
  return createHash("sha256").update(rows.numbers).digest("base64");
}
