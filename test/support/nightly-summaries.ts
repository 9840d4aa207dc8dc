/**
 * The same small run, night after night: summary.json files of a stored run, each with a name, a start and a latency of its own. Used by
 * the tests of trends. Invariant: the same arguments give the same files.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { STORED } from "./stored-journals.ts";

const NIGHT_MS = 86_400_000;
const FIRST_NIGHT = Date.UTC(2026, 0, 1, 2);

/** @returns the files; from run `slowerFrom` on replies take half as long again */
export function nightlySummaries(
  folder: string,
  { runs, slowerFrom }: { readonly runs: number; readonly slowerFrom: number },
): string[] {
  const stored = JSON.parse(readFileSync(join(STORED, "good.summary.json"), "utf8")) as Summary;
  return Array.from({ length: runs }, (_, night) => {
    const run = `nightly-${String(night).padStart(2, "0")}`;
    // A few per cent of difference between runs, the same each time.
    const factor = (night < slowerFrom ? 1 : 1.5) * (1 + 0.01 * ((night * 7) % 4));
    const latencyMs = Object.fromEntries(
      Object.entries(stored.messages.latencyMs ?? {}).map(([name, value]) => [
        name,
        name === "count" ? value : 20 * value * factor,
      ]),
    );
    const file = join(folder, `${run}.json`);
    const summary = {
      ...stored,
      run,
      startedAt: new Date(FIRST_NIGHT + night * NIGHT_MS).toISOString(),
      messages: { ...stored.messages, latencyMs },
    };
    writeFileSync(file, JSON.stringify(summary));
    return file;
  });
}
