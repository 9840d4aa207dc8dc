/** Goal: evidence about many stretches of a run is told in a sentence of bounded length. Method: evidence as it is computed again, as blocks. */
import { expect, test } from "vitest";
import { evidenceReport } from "../../../coordinator/report/outline/evidence.ts";

/** Blocks about as many seconds, every second one of the run. */
function blocksOf(stretches: number): string {
  const seconds = Array.from({ length: stretches }, (_, at) => ({ from: 2 * at, to: 2 * at + 1 }));
  const rows = [
    [0, 7],
    [1, 8],
  ];
  const part = { sentence: "It was so.", seconds, rows, moreRows: 0, failures: [] };
  const judgement = {
    ...{ id: "finding/one", cause: null, question: "Was it?", outcome: "fail" as const },
    ...{ sentence: "It was.", inSummary: "same" as const, evidence: [part] },
  };
  const run = {
    run: "one",
    columns: ["second", "open"],
    judgements: [judgement],
    notes: [],
    onlyInSummary: [],
    agrees: true,
  };
  return JSON.stringify(evidenceReport(run));
}

test("few stretches are all named, and their rows are marked", () => {
  const shown = blocksOf(2);
  expect(shown).toContain("Evidence 1 is about second 0, second 2 of the run (*).");
  expect(shown).toContain("0 *");
  expect(shown).not.toContain("1 *");
});

test("of many the first are", () => {
  const shown = blocksOf(1020);
  expect(shown).toContain("second 36, second 38 and 1,000 more of the run");
  expect(shown).not.toContain("second 40");
});

test("none are the whole run", () => {
  expect(blocksOf(0)).toContain("is about the whole run (*)");
});
