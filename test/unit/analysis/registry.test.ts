/**
 * Goal: every check of the registry keeps what the form promises: one id, a question, its row in docs/validity.md, a sentence
 * for each outcome; it changes nothing it looks at, and neither the order of frames nor that of workers changes what it says.
 * Method: all checks over the stored journals, as they are and with their frames in another order.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { judgeRun } from "../../../coordinator/analysis/judge-run.ts";
import type { Judgement } from "../../../coordinator/analysis/judgement.ts";
import { REGISTRY } from "../../../coordinator/analysis/registry.ts";
import { readFacts } from "../../../coordinator/merge/facts.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import type { JournalRecord } from "../../../coordinator/store/journal-record.ts";
import { recordsOf, storedDirectories, storedRuns } from "../../support/stored-journals.ts";

const directories = storedDirectories();
afterAll(() => directories[Symbol.dispose]());

function foldOf([header, ...records]: readonly JournalRecord[]): RunFold {
  const fold = new RunFold(readFacts(header?.type === "header" ? header.header : null));
  for (const record of records) if (record.type !== "header") fold.apply(record);
  return fold;
}

/** Frames between two events the other way round, so that workers change places too. */
function reordered(records: readonly JournalRecord[]): JournalRecord[] {
  const stretches: JournalRecord[][] = [[]];
  for (const record of records) {
    if (record.type === "frame") stretches.at(-1)?.push(record);
    else stretches.push([record], []);
  }
  return stretches.flatMap((stretch) => stretch.reverse());
}

describe("the registry", () => {
  test("names every check once, with a question and a row for docs/validity.md", () => {
    const ids = REGISTRY.map(({ meta }) => meta.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { meta } of REGISTRY) {
      expect(meta.question).toMatch(/^[A-Z].*\?$/);
      expect(meta.doc[0]).not.toBe("");
      expect(meta.doc[1]).not.toBe("");
    }
  });

  test("is what docs/validity.md lists", () => {
    const rows = readFileSync(new URL("../../../docs/validity.md", import.meta.url), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    for (const { meta } of REGISTRY) {
      const row = rows.find(([first]) => first === meta.doc[0]);
      expect(row, meta.id).toEqual(meta.doc.filter((cell) => cell !== ""));
    }
    const listed = REGISTRY.filter(({ meta }) => meta.kind === "validity").map(
      ({ meta }) => meta.doc[0],
    );
    expect(rows.map(([first]) => first).filter((first) => listed.includes(first ?? ""))).toEqual(
      listed,
    );
  });
});

describe("what it says of the stored runs", () => {
  const said = new Map<string, readonly Judgement[]>();
  beforeAll(async () => {
    for (const run of storedRuns) {
      said.set(run, judgeRun(foldOf(await recordsOf(directories.of(run)))).judgements);
    }
  });

  test.each(storedRuns)("%s: complete, the same again, and in any order of frames", async (run) => {
    const records = await recordsOf(directories.of(run));
    const fold = foldOf(records);
    const first = judgeRun(fold);
    expect(judgeRun(fold)).toEqual(first);
    expect(judgeRun(foldOf(reordered(records))).judgements).toEqual(first.judgements);
    const ids = first.judgements.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, sentence, observed, outcome, evidence } of first.judgements) {
      expect(sentence, id).toMatch(/\S.*[.!?]$/);
      expect(observed.measure, id).not.toBe("");
      if (outcome === "not-judged") expect(evidence[0]?.sentence, id).toMatch(/\S/);
      for (const { seconds } of evidence)
        for (const [from, to] of seconds) expect(from).toBeLessThan(to);
    }
  });

  test.each(REGISTRY.map(({ meta }) => meta))(
    "$id: passes in one, does not in another",
    ({ id }) => {
      const outcomes = new Set(
        [...said.values()]
          .flat()
          .filter((one) => one.id === id || one.id.startsWith(`${id}/`))
          .map(({ outcome }) => outcome),
      );
      expect(outcomes).toContain("pass");
      expect(outcomes.has("fail") || outcomes.has("warn")).toBe(true);
    },
  );
});
