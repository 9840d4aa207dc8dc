/**
 * Rebuilds a run's results from its directory alone, also when its process was killed: the same fold the
 * live run uses, over the journal. Called by `onrush report` and `onrush compare`.
 * Invariant: for a whole journal the result is the one the run itself wrote.
 */
import { readFile } from "node:fs/promises";
import { OnrushError } from "../../shared/errors.ts";
import { type RunFacts, readFacts } from "../merge/facts.ts";
import { RunFold } from "../merge/run-fold.ts";
import { readJournal } from "../store/journal-reader.ts";
import type { JournalRecord } from "../store/journal-record.ts";
import { lockHolder } from "../store/lock.ts";
import { runPath } from "../store/run-directory.ts";
import { buildReportModel, type ReportModel } from "./model/model.ts";
import type { Summary } from "./summary-schema.ts";

export interface RebuiltRun {
  readonly summary: Summary;
  /** The journal ends before the run does. */
  readonly incomplete: boolean;
  /** What a reader should know: why it is incomplete, what was cut. Plain sentences. */
  readonly notes: readonly string[];
  /** For the other results: writeResults(directory, fold, model). */
  readonly fold: RunFold;
  readonly model: ReportModel;
}

/** A journal's fold up to a byte: the reading can go on from there. */
export interface ReadSoFar {
  readonly fold: RunFold;
  readonly endByte: number;
}

/**
 * @throws OnrushError ONRUSH_RUN_DIRECTORY when there is no journal, ONRUSH_JOURNAL_CORRUPT when it does not even
 * say what the run was
 */
export async function rebuildRun(directory: string): Promise<RebuiltRun> {
  return rebuiltOf(directory, await readOn(directory, null));
}

/** Reads what a journal has beyond an earlier reading, into the same fold. @throws OnrushError as rebuildRun */
export async function readOn(
  directory: string,
  before: ReadSoFar | null,
): Promise<ReadSoFar & { readonly tornBytes: number }> {
  const journal = readJournal(runPath.journal(directory), before?.endByte);
  const fold = before?.fold ?? new RunFold(await factsOf(journal, directory));
  return { fold, ...(await applyAll(fold, journal)) };
}

/** The results of what was read. */
export async function rebuiltOf(
  directory: string,
  { fold, tornBytes }: { readonly fold: RunFold; readonly tornBytes: number },
): Promise<RebuiltRun> {
  const notes: string[] = [];
  if (tornBytes > 0) {
    notes.push(`The journal's last ${tornBytes} bytes are no whole record and were left out.`);
  }
  if (!fold.complete) notes.push(await whyIncomplete(directory, fold.state));
  const model = buildReportModel(fold, { scenarioText: await scenarioTextOf(directory), notes });
  return { summary: model.summary, incomplete: !fold.complete, notes, fold, model };
}

/**
 * What a run is, of which nothing else is needed.
 * @throws OnrushError as rebuildRun
 */
export async function readRunFacts(directory: string): Promise<RunFacts> {
  const journal = readJournal(runPath.journal(directory));
  try {
    return await factsOf(journal, directory);
  } finally {
    await journal.return({ endByte: 0, tornBytes: 0 });
  }
}

async function factsOf(
  journal: ReturnType<typeof readJournal>,
  directory: string,
): Promise<RunFacts> {
  const first = await journal.next();
  if (!first.done && first.value.type === "header") return readFacts(first.value.header);
  throw new OnrushError({
    code: "ONRUSH_JOURNAL_CORRUPT",
    message: `The journal in ${directory} does not begin with a header, so nothing is known of its run.`,
    remedy: "The run was killed before it began; run it again.",
  });
}

async function applyAll(fold: RunFold, journal: ReturnType<typeof readJournal>) {
  for (;;) {
    const step = await journal.next();
    if (step.done) return step.value;
    const record: JournalRecord = step.value;
    if (record.type !== "header") fold.apply(record);
  }
}

/** null when it is not there, or cannot be read: a report does without. */
async function scenarioTextOf(directory: string): Promise<string | null> {
  return readFile(runPath.scenario(directory), "utf8").catch(() => null);
}

async function whyIncomplete(directory: string, state: string): Promise<string> {
  const holder = await lockHolder(directory);
  return holder
    ? `The run is incomplete: process ${holder.pid} on ${holder.host} is still at it (state "${state}").`
    : `The run is incomplete: its process was killed in state "${state}".`;
}
