/**
 * Goal: whatever is rebuilt inside, a run's summary.json stays what it was, byte for byte. Method: stored journals of runs that
 * passed, failed, broke off, lost workers, found a limit, got nothing, and of generators at their limit.
 * `npx vitest run --project fast test/unit/report/stored-summaries.test.ts -u` writes the summaries anew.
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
  const text = renderText("json", model);
  await expect(text).toMatchFileSnapshot(join(STORED, `${run}.summary.json`));
});
