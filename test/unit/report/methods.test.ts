/**
 * Goal: every method that is named is computed where it says, and every statistic that judges runs is named. Method: its file is read
 * and looks for its function; and what the analysis imports from its statistics is held against the list.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { METHODS } from "../../../coordinator/report/methods/registry.ts";

const ROOT = new URL("../../../", import.meta.url);
const ROOMS = [
  "diagnosis",
  "decision",
  "trend",
  "onsets",
  "survival",
  "forecast",
  "search",
  "compare",
];
/** What methods are made of: no statistic of their own. */
const PARTS = new Set([
  ...["median", "mean", "BlockedValues", "LEAST_VALUES"],
  ...["MIN_BLOCK_SECONDS", "blockSeconds", "effectiveBlocks", "lagOneCorrelation"],
  ...["dispersionOf", "LEAST_BLOCKS", "MOST_HORIZON", "withoutTrend"],
]);

test.each(METHODS.map((method) => [method.title, method] as const))("%s", (_, { file, symbol }) => {
  const source = readFileSync(new URL(file, ROOT), "utf8");
  expect(source).toMatch(new RegExp(`^export (abstract )?(function|class) ${symbol}\\b`, "m"));
});

test("no statistic that the analysis imports is missing", () => {
  const named = new Set(METHODS.map(({ symbol }) => symbol));
  const imported = ROOMS.flatMap(statisticsOf);
  expect(new Set(imported)).toContain("logRank");
  expect(imported.filter((symbol) => !named.has(symbol) && !PARTS.has(symbol))).toEqual([]);
});

/** Values that a room of the analysis imports from analysis/stats. */
function statisticsOf(room: string): string[] {
  const folder = new URL(`coordinator/analysis/${room}/`, ROOT);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const source = readFileSync(new URL(file, folder), "utf8");
      return [...source.matchAll(/^import \{([^}]+)\} from "(?:\.\.\/)+stats\/[\w-]+\.ts";$/gm)];
    })
    .flatMap(([, names = ""]) => names.split(",").map((name) => name.trim()))
    .filter((name) => name !== "" && !name.startsWith("type "));
}
