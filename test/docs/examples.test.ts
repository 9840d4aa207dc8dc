/**
 * Goal: every example is listed, runs as it is, and takes as long as its table says. Method: the files and the table, read;
 * each scenario checked with an empty environment.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { formatSeconds } from "../../coordinator/report/text/format.ts";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";

const FOLDER = fileURLToPath(new URL("../../examples/", import.meta.url));
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));
const rows = [
  ...readFileSync(join(FOLDER, "README.md"), "utf8").matchAll(
    /^\| `(\S+\.yaml)` +\|.*\| +(.*?) +\|$/gm,
  ),
];

describe("examples", () => {
  it("are all in the table of their README, and no others", () => {
    expect(rows.map(([, name]) => name).sort()).toEqual([...files].sort());
  });

  it.each(files)(
    "%s is valid without any variable, and takes as long as the table says",
    (name) => {
      const parsed = parseScenario(readFileSync(join(FOLDER, name)), {
        fileName: name,
        env: {},
        readFile: (path) => readFileSync(join(FOLDER, path)),
      });
      expect(parsed.ok ? [] : parsed.issues).toEqual([]);
      if (!parsed.ok) return;
      const seconds = buildPopulation(parsed.scenario).profile.durationUs / 1e6;
      const [, , takes = ""] = rows.find(([, listed]) => listed === name) ?? [];
      const isSearch = takes.startsWith("to ");
      expect(takes).toBe(
        isSearch ? `to ${formatSeconds(seconds).replace(/ \d+ s$/, "")}` : formatSeconds(seconds),
      );
    },
  );
});
