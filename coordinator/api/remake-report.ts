/** The results of a run made again, for callers of the API. Called by api.ts. */
import { OnrushError } from "../../shared/errors.ts";
import { type ReportOutput, readReportOutput } from "../launch/outputs.ts";
import { remakeResults } from "../launch/remake.ts";
import { resultFiles } from "../launch/result-files.ts";
import type { Summary } from "../report/summary-schema.ts";

/** The results of a run made again from its directory. */
export interface Report {
  readonly summary: Summary;
  /** The journal ends before the run does. */
  readonly incomplete: boolean;
  /** What a reader should know, e.g. why it is incomplete. */
  readonly notes: readonly string[];
  /** Paths of the results that were written. */
  readonly files: readonly string[];
}

/** @throws OnrushError as remakeResults; what could not be written; ONRUSH_USAGE for what is no format */
export async function remakeReport(directory: string, formats: readonly string[]): Promise<Report> {
  const outputs = formats.map(formatOf);
  const { rebuilt, refusal } = await remakeResults(directory, outputs);
  if (refusal !== null) throw refusal;
  const { summary, incomplete, notes } = rebuilt;
  const { report, others } = resultFiles(directory, outputs);
  return { summary, incomplete, notes, files: report === null ? others : [report, ...others] };
}

function formatOf(text: string): ReportOutput {
  const output = readReportOutput(text);
  if ("value" in output) return output.value;
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: output.wrong,
    remedy: 'give formats such as "md" or "junit=reports/junit.xml"',
  });
}
