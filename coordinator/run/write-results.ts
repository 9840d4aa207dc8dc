/**
 * Puts a run's results on disk, at its end. Called by run.ts. For want of open files or of space it is tried again, for as
 * long as the request allows (patience.ts).
 * Invariant: what keeps the results from the disk is reported meanwhile (RunRequest.onDelayed); it ends at a bound.
 */
import type { ActiveRun } from "../active-run/active-run.ts";
import { buildReportModel, type ReportModel } from "../report/model/model.ts";
import { writeOutputs, writeResults } from "../report/results.ts";
import { buildSummary } from "../report/summary.ts";
import type { StoredRun } from "../store/run-store.ts";
import { patiently } from "./patience.ts";

/** Making the report of a longer run would stop the loop for seconds, and with it the lead and all other runs. */
const LONG_US = 1800 * 1_000_000;

/** @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_PDF_UNAVAILABLE; ONRUSH_COORDINATOR_TAKEN */
export function putOnDisk(run: ActiveRun): Promise<ReportModel["summary"]> {
  const { resultsPatienceMs = 0, onDelayed = () => {}, clock } = run.request;
  const { timers } = run;
  return patiently(() => write(run), {
    ...{ clock, timers, patienceMs: resultsPatienceMs, onDelayed },
  });
}

async function write(run: ActiveRun): Promise<ReportModel["summary"]> {
  const { scenario, outputs = [], writeElsewhere, source } = run.request;
  const { fold } = run.log;
  const wanted = [...scenario.outputs, ...outputs];
  await run.log.sync();
  if (writeElsewhere !== undefined && fold.facts.durationUs > LONG_US) {
    await writeElsewhere(wanted);
    await run.writeRunFile();
    return buildSummary(fold);
  }
  const into: StoredRun["write"] = (path, content) => run.stored.write(path, content);
  const model = buildReportModel(fold, { scenarioText: source.text, notes: [] });
  await writeResults(into, fold, model);
  await writeOutputs(into, wanted, model);
  await run.writeRunFile();
  return model.summary;
}
