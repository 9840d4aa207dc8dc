/**
 * Puts a run's results on disk, at its end. Called by run.ts. For want of open files or of space it is tried again, for as
 * long as the request allows: others give them back.
 * Invariant: what keeps the results from the disk is reported meanwhile (RunRequest.onDelayed); it ends at a bound.
 */
import { OnrushError } from "../../shared/errors.ts";
import { sleep } from "../../shared/time/timer.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import { buildReportModel, type ReportModel } from "../report/model/model.ts";
import { writeOutputs, writeResults } from "../report/results.ts";
import { buildSummary } from "../report/summary.ts";
import type { StoredRun } from "../store/run-store.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** Others may give back what is missing. */
const PASSING = new Set(["EMFILE", "ENFILE", "ENOSPC", "EDQUOT", "EFBIG", "EAGAIN", "ENOMEM"]);

/** Making the report of a longer run would stop the loop for seconds, and with it the lead and all other runs. */
const LONG_US = 1800 * 1_000_000;

/** @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_PDF_UNAVAILABLE; ONRUSH_COORDINATOR_TAKEN */
export async function putOnDisk(run: ActiveRun): Promise<ReportModel["summary"]> {
  const { resultsPatienceMs = 0, onDelayed } = run.request;
  const giveUpUs = run.nowUs() + resultsPatienceMs * 1000;
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    try {
      const summary = await write(run);
      onDelayed?.(null);
      return summary;
    } catch (error) {
      if (!isPassing(error) || run.nowUs() + pauseMs * 1000 > giveUpUs) throw error;
      onDelayed?.(`the results cannot be written yet: ${error.message}; it is tried again`);
    }
    await sleep(run.timers, pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
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

function isPassing(error: unknown): error is OnrushError {
  if (!(error instanceof OnrushError)) return false;
  const { code } = (error.cause ?? {}) as { readonly code?: unknown };
  return typeof code === "string" && PASSING.has(code);
}
