/**
 * The sentences that summary.json of a run directory has for each judgement. Called by recomputed.ts. Invariant: a file that is missing,
 * too large or of another shape is none. Bound: MAX_BYTES.
 */
import { readFile, stat } from "node:fs/promises";
import { runPath } from "../../store/run-directory.ts";
import { judgementsSchema } from "../summary-judged-schema.ts";

const MAX_BYTES = 64 * 1024 * 1024;

export interface StoredJudgement {
  /** Its sentence, and behind it those of its evidence. */
  readonly sentences: readonly string[];
  readonly isFinding: boolean;
}

/** By id of the judgement. null: there is no summary.json that can be read. */
export async function storedJudgements(
  directory: string,
): Promise<ReadonlyMap<string, StoredJudgement> | null> {
  const content = await contentOf(runPath.summary(directory));
  const read = judgementsSchema.safeParse(content);
  if (!read.success) return null;
  return new Map(
    read.data.judgements.map(({ id, kind, outcome, sentence, evidence }) => [
      id,
      {
        sentences: [sentence, ...evidence.map((one) => one.sentence)],
        isFinding: kind === "finding" && outcome === "fail",
      },
    ]),
  );
}

async function contentOf(path: string): Promise<unknown> {
  try {
    const { size } = await stat(path);
    return size > MAX_BYTES ? null : JSON.parse(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}
