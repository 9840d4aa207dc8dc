/**
 * The sentences that summary.json of a run directory has for each judgement. Called by recomputed.ts. Invariant: a file that is missing,
 * too large or of another shape is none. Bound: MAX_BYTES.
 */
import { readFile, stat } from "node:fs/promises";
import { runPath } from "../../store/run-directory.ts";
import { judgementsSchema } from "../summary-judged-schema.ts";

const MAX_BYTES = 64 * 1024 * 1024;

/** By id of the judgement: its sentence, and behind it those of its evidence. null: there is no summary.json that can be read. */
export async function storedSentences(
  directory: string,
): Promise<ReadonlyMap<string, readonly string[]> | null> {
  const content = await contentOf(runPath.summary(directory));
  const read = judgementsSchema.safeParse(content);
  if (!read.success) return null;
  return new Map(
    read.data.judgements.map(({ id, sentence, evidence }) => [
      id,
      [sentence, ...evidence.map((one) => one.sentence)],
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
