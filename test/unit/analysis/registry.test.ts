/**
 * Goal: every check of the registry keeps what the form promises: one id, a question, its row in docs/validity.md, a sentence
 * for each outcome; it changes nothing it looks at, and neither the order of frames nor that of workers changes what it says.
 * Method: all checks over the stored journals, as they are and with their frames in another order.
 */
import { afterAll, describe, expect, test } from "vitest";
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
});

describe("what it says of the stored runs", () => {
  /** By run; each is judged once for all tests. */
  const known = new Map<string, readonly Judgement[]>();
  const judgementsOf = async (run: string): Promise<readonly Judgement[]> => {
    const judgements =
      known.get(run) ?? judgeRun(foldOf(await recordsOf(directories.of(run)))).judgements;
    known.set(run, judgements);
    return judgements;
  };
  let said: Promise<readonly Judgement[]> | null = null;
  const everything = async () => (await Promise.all(storedRuns.map(judgementsOf))).flat();

  test.each(storedRuns)("%s: complete, the same again, and in any order of frames", async (run) => {
    const records = await recordsOf(directories.of(run));
    const fold = foldOf(records);
    const first = judgeRun(fold);
    known.set(run, first.judgements);
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

  /** All runs are judged once, for whoever asks first. */
  const outcomesOf = async (id: string) => {
    said ??= everything();
    const own = (await said).filter((one) => one.id === id || one.id.startsWith(`${id}/`));
    return new Set(own.map(({ outcome }) => outcome));
  };

  test.each(REGISTRY.map(({ meta }) => meta))("$id is seen", async ({ id }) => {
    expect((await outcomesOf(id)).size).toBeGreaterThan(0);
  });

  // Findings have tests of their own: what causes one is seldom in a run that is stored.
  test.each(REGISTRY.map(({ meta }) => meta).filter(({ kind }) => kind !== "finding"))(
    "$id passes in one, does not in another",
    async ({ id }) => {
      const outcomes = await outcomesOf(id);
      expect(outcomes).toContain("pass");
      expect(outcomes.has("fail") || outcomes.has("warn")).toBe(true);
    },
  );
});
