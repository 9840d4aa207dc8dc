/**
 * The process that makes reports: one job after another, as its parent asks. Started by report-process.ts. Invariant: it
 * ends with its parent.
 */
import { OnrushError } from "../../../shared/errors.ts";
import { type ReportJob, ReportJobs } from "../jobs.ts";
import type { JobAnswer } from "./report-process.ts";

const jobs = new ReportJobs();

process.once("disconnect", () => process.exit(0));
process.on("message", (job: ReportJob) => {
  void answerTo(job).then((answer) => process.send?.(answer));
});

async function answerTo(job: ReportJob): Promise<JobAnswer> {
  try {
    return { ok: true, content: await jobs.execute(job) };
  } catch (error) {
    if (!(error instanceof OnrushError)) {
      return { ok: false, bug: error instanceof Error ? (error.stack ?? "") : String(error) };
    }
    const { code, message, remedy } = error;
    // What the disk said, for whoever tries again.
    const cause = { code: (error.cause as { code?: unknown } | undefined)?.code };
    return { ok: false, error: { code, message, remedy, cause } };
  }
}
