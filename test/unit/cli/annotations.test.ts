/** Goal: the action says once why a run did not start. Method: its annotations of a summary; how others look is in github-action.test.ts. */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

const MODULE = new URL("../../../deploy/github-action/annotations.mjs", import.meta.url).href;

function annotationsOf(run: object, summary: object): unknown {
  const program = `import { annotationsOf } from ${JSON.stringify(MODULE)};
    console.log(JSON.stringify(annotationsOf(${JSON.stringify(run)}, ${JSON.stringify(summary)})));`;
  const args = ["--input-type=module", "-e", program];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
}

it("a run that did not start has one annotation, and no warning beside it", () => {
  const reason = "nothing accepts connections at 127.0.0.1:9 (ECONNREFUSED)";
  const summary = {
    started: false,
    verdict: "invalid",
    validity: { reasons: [reason], notes: ["The rule connect p99 < 1s cannot be judged."] },
    thresholds: [],
    failures: [],
    baseline: null,
  };
  expect(annotationsOf({ exitCode: 98, errors: "", file: "load.yaml" }, summary)).toEqual([
    { level: "error", title: "Onrush: the run did not start", file: "load.yaml", message: reason },
  ]);
});
