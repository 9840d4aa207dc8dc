/**
 * Goal: sequences that went with a lost worker are named in the report, and only those. Method: the section alone, over a summary
 * whose counts leave some open.
 */
import { expect, test } from "vitest";
import { buildReportModel } from "../../../coordinator/report/model/model.ts";
import type { Facts } from "../../../coordinator/report/outline/section.ts";
import { sequences } from "../../../coordinator/report/outline/sections/sequences.ts";
import type { Summary } from "../../../coordinator/report/summary-schema.ts";
import { goodRun } from "../merge/synthetic-run.ts";

const LOST = "36 more were under way on a worker that was lost: nothing is known of their end.";

const ASK: Summary["sequences"][string] = {
  ...{ started: 2250, completed: 1355, failed: 859, unjudged: 0, unfollowed: 0 },
  ...{ violations: {}, durationMs: null, events: {}, arrived: {} },
};

function textsOf(ask: Summary["sequences"][string], lost: number): string[] {
  const model = buildReportModel(goodRun(), { scenarioText: "version: 1\n", notes: [] });
  const lostWorkers = Array.from({ length: lost }) as Summary["lostWorkers"];
  const summary = { ...model.summary, sequences: { ask }, lostWorkers };
  const blocks = sequences.build({ ...model, summary } as Facts);
  return blocks.flatMap((block) => (block.kind === "text" ? [String(block.text)] : []));
}

test("sequences that went with a lost worker are named", () => {
  expect(textsOf(ASK, 1)).toContain(LOST);
});

test("where all were settled, or no worker was lost, there are none", () => {
  for (const texts of [textsOf({ ...ASK, unjudged: 36 }, 1), textsOf(ASK, 0)]) {
    expect(texts.filter((text) => text.includes("under way"))).toEqual([]);
  }
});
