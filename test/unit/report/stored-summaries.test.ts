/**
 * Goal: whatever is rebuilt inside, a run's summary.json stays what it was, byte for byte, and so does every judgement of it, a line
 * each. Method: stored journals of runs that passed, failed, broke off, lost workers, found a limit, got nothing, and of
 * generators at their limit. The exit code follows from the judgements alone, by the order docs/cli.md promises.
 * `npx vitest run --project thorough test/unit/report/stored-summaries.test.ts -u` writes the summaries anew.
 */
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { renderText } from "../../../coordinator/report/outputs.ts";
import { rebuildRun } from "../../../coordinator/report/rebuild.ts";
import { summarySchema } from "../../../coordinator/report/summary-schema.ts";
import { STORED, storedDirectories, storedRuns } from "../../support/stored-journals.ts";

const directories = storedDirectories();
afterAll(() => directories[Symbol.dispose]());

test("there are enough of them", () => {
  expect(storedRuns.length).toBeGreaterThanOrEqual(20);
});

test.each(storedRuns)("%s", async (run) => {
  const { model } = await rebuildRun(directories.of(run));
  expect(summarySchema.safeParse(model.summary).error).toBeUndefined();
  const { judgements = [], decision, ...rest } = model.summary;
  expect(JSON.parse(renderText("json", model))).toEqual({ ...rest, judgements, decision });
  const text = renderText("json", { ...model, summary: rest });
  await expect(text).toMatchFileSnapshot(join(STORED, `${run}.summary.json`));
  const lines = judgements.map(
    ({ id, outcome, exitCode, sentence }) => `${exitCode ?? "-"} ${outcome} ${id}: ${sentence}\n`,
  );
  const { word, reason, risks = [] } = decision ?? {};
  const untried = risks.map(({ id, sentence }) => `untried ${id}: ${sentence}\n`);
  const decided = [`decision ${word}: ${reason}\n`, ...untried];
  await expect([...lines, ...decided].join("")).toMatchFileSnapshot(
    join(STORED, `${run}.judgements.txt`),
  );

  // Its exit code is the first of its judgements'.
  const { summary } = model;
  const codes = new Set(judgements.map(({ exitCode }) => exitCode));
  const first = [130, 105, 103, 104, 98, 107, 97, 99].find((code) => codes.has(code));
  expect(summary.exitCode).toBe(first ?? 0);
  const reasons = judgements.flatMap(({ kind, outcome, sentence, evidence }) =>
    kind === "validity" && outcome === "fail"
      ? [sentence, ...evidence.map((part) => part.sentence)]
      : [],
  );
  if (summary.started) expect(reasons).toEqual(expect.arrayContaining(summary.validity.reasons));
});
