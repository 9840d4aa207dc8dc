/**
 * Data tables in the hashes of a plan: a digest in place of each table's rows. Called by plan.ts. Pure. Invariant: equal tables
 * have equal digests, however their rows are held; secrets are masked before, so that no digest lets a reader test a guess of one.
 */
import { createHash } from "node:crypto";
import { createMask } from "../../shared/scenario/mask/mask.ts";
import type { DataRows, StrictScenario } from "../../shared/scenario/strict.ts";
import { packedCell } from "../../shared/scenario/template/data-row.ts";

/** Values that are masked at a time. */
const CHUNK = 1000;

export function digestsOf({ data, secrets }: Pick<StrictScenario, "data" | "secrets">): object {
  const mask = secrets.length === 0 ? null : createMask(secrets);
  const entries = Object.entries(data).map(([name, { rows, ...table }]) => {
    return [name, { ...table, numbers: numbersOf(rows), rows: digestOf(rows, mask) }] as const;
  });
  return Object.fromEntries(entries);
}

function digestOf(rows: DataRows, mask: ((text: string) => string) | null): string {
  const hash = createHash("sha256");
  const values = rows.kind === "packed" ? rows.ends.length : valuesOf(rows).length;
  for (let from = 0; from < values; from += CHUNK) {
    const length = Math.min(CHUNK, values - from);
    const chunk = Array.from({ length }, (_, at) =>
      rows.kind === "packed" ? packedCell(rows, from + at) : (valuesOf(rows)[from + at] ?? ""),
    );
    const text = JSON.stringify(chunk);
    hash.update(mask === null ? text : mask(text));
  }
  return hash.digest("base64");
}

function valuesOf(rows: DataRows): readonly string[] {
  return rows.kind === "listed" ? rows.values : [];
}

function numbersOf(rows: DataRows): string | null {
  if (rows.kind !== "packed" || rows.numbers === null) return null;
  return createHash("sha256").update(rows.numbers).digest("base64");
}
