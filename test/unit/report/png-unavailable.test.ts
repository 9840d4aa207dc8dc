/**
 * Goal: that the renderer is not installed is said only when it is not; else what it says itself, and it is tried again the next time.
 * Method: one that fails, as such a one does.
 */
import { expect, test } from "vitest";
import { buildReportModel } from "../../../coordinator/report/model/model.ts";
import { chartFiles } from "../../../coordinator/report/png/png.ts";
import { goodRun } from "../merge/synthetic-run.ts";

const model = buildReportModel(goodRun(), { scenarioText: null, notes: [] });
const failing = (cause: Error) => chartFiles(model, () => Promise.reject(cause)).next();

test("a package that is not there is called absent", async () => {
  const code = "ERR_MODULE_NOT_FOUND";
  await expect(failing(Object.assign(new Error("none"), { code }))).rejects.toMatchObject({
    message: "charts as PNG need the package @resvg/resvg-wasm, and it is not here",
    remedy: expect.stringMatching(/^`npm install @resvg\/resvg-wasm`;/),
  });
});

test("a package that does not start is not called absent, and is started again", async () => {
  for (const message of ["no memory", "still none"]) {
    const cause = new Error(message);
    await expect(failing(cause)).rejects.toMatchObject({
      code: "ONRUSH_PNG_UNAVAILABLE",
      message: `charts as PNG cannot be drawn: @resvg/resvg-wasm does not start: ${message}`,
      cause,
    });
  }
  const { done } = await chartFiles(model).next();
  expect(done).toBe(false);
});
