/**
 * Goal: `onrush evidence` computes what a finding rests on from the journal, and says whether summary.json agrees. Method: the built command
 * on the directory of a stored run in which a service ended all of its 12 connections in second 1.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import type { RecomputedRun } from "../../coordinator/report/evidence/recomputed.ts";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { onrush, scratch } from "../support/programs.ts";

const folder = scratch();
afterAll(() => folder[Symbol.dispose]());

const stored = new URL("../fixtures/judged/dropped.journal.gz", import.meta.url);
const run = join(folder.path, "dropped");
mkdirSync(run);
writeFileSync(join(run, "journal"), gunzipSync(readFileSync(stored)));

async function evidence(...args: readonly string[]): Promise<RecomputedRun> {
  const { stdout, stderr, exitCode } = await onrush(["evidence", run, ...args, "--json"]);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as RecomputedRun;
}

describe("evidence", () => {
  it("has the sentences, the seconds and the failures of a cause", async () => {
    const { judgements, columns } = await evidence();
    expect(judgements.map(({ cause }) => cause)).toEqual(["crash-and-restart"]);
    const [first] = judgements[0]?.evidence ?? [];
    expect(first?.seconds).toEqual([{ from: 1, to: 3 }]);
    expect(first?.failures).toEqual([{ kind: "abnormal-close", code: null, count: 12 }]);
    const closed = columns.indexOf("closed");
    expect(first?.rows.map((row) => row[closed])).toEqual([0, 12, 0, 0, 0]);
  });

  it("says whether summary.json has the same sentences", async () => {
    expect((await evidence()).judgements[0]?.inSummary).toBe("absent");
    const refused = await onrush(["evidence", run, "--check"]);
    expect(refused.exitCode).toBe(99);
    const made = await onrush(["report", run, "--summary", "none"]);
    expect(made.stderr).toBe("");
    const agreed = await onrush(["evidence", run, "crash-and-restart", "--check", "--markdown"]);
    expect(agreed.exitCode).toBe(0);
    expect(agreed.stdout).toContain("12 connections ended without a Close frame");
    const path = join(run, "summary.json");
    const summary = JSON.parse(readFileSync(path, "utf8")) as Summary;
    const text = JSON.stringify(summary).replaceAll("12 connections ended", "13 connections ended");
    writeFileSync(path, text);
    const changed = await evidence();
    expect(changed.judgements[0]?.inSummary).toBe("different");
    expect(changed.agrees).toBe(false);
    const [cause] = summary.judgements?.filter(({ id }) => id === "finding/cause/0") ?? [];
    const more = [...(summary.judgements ?? []), { ...cause, id: "finding/cause/7" }];
    writeFileSync(path, JSON.stringify({ ...summary, judgements: more }));
    const told = await evidence();
    expect(told.judgements[0]?.inSummary).toBe("same");
    expect(told.onlyInSummary).toEqual(["finding/cause/7"]);
    expect((await onrush(["evidence", run, "--check"])).exitCode).toBe(99);
  });

  it("is the command that the report names", () => {
    const html = readFileSync(join(run, "report.html"), "utf8");
    expect(html).toMatch(/onrush evidence runs\/\S+ crash-and-restart/);
  });

  it.each([
    [["nonsense"], 2, 'no cause and no judgement "nonsense"'],
    [["--json", "--markdown"], 2, "cannot be used with"],
  ])("%j: exit %i", async (args, code, message) => {
    const { stderr, exitCode } = await onrush(["evidence", run, ...args]);
    expect(exitCode).toBe(code);
    expect(stderr).toContain(message);
  });

  it("refuses what is no run", async () => {
    const { stderr, exitCode } = await onrush(["evidence", folder.path]);
    expect(exitCode).toBe(98);
    expect(stderr).toContain("there is no run in");
  });
});
