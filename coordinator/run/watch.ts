/**
 * Watches a run from its start to its last result: reads frames, keeps them, acknowledges them, judges
 * thresholds, notices workers that finish or go, and knows when it is over. Called by run.ts.
 * Invariant: a frame is acknowledged only after it is on disk. It ends when every worker has delivered its
 * last frame or is accounted as lost, at the latest at the deadline.
 */
import { OnrushError } from "../../shared/errors.ts";
import { abortingThreshold, judgeThresholds } from "../analysis/thresholds.ts";
import { PENDING_BYTES_BOUND } from "../store/journal.ts";
import type { ActiveRun } from "./active-run.ts";
import type { Holder } from "./dispatch.ts";
import { liveView } from "./live-view.ts";
import { WorkerWatch } from "./worker-watch.ts";

const POLL_MS = 150;
const SECOND_US = 1_000_000;
const FRAMES_PER_READ = 256;
/** Beyond plan and drain: workers give their engines 15 s to end before they end them. */
const GRACE_US = 20 * SECOND_US;
/** After an abort what is there is written, soon. */
const ABORT_GRACE_US = 2 * SECOND_US;

/** Resolves when all results that will come are in the journal. */
export async function collectResults(run: ActiveRun, holders: readonly Holder[]): Promise<void> {
  const collector = new Collector(run, holders);
  await collector.collect();
}

/** The broker does not answer now; it may again. */
function isBusAway(error: unknown): error is OnrushError {
  return error instanceof OnrushError && error.code === "ONRUSH_BUS_UNREACHABLE";
}

class Collector {
  readonly #run: ActiveRun;
  readonly #workers: WorkerWatch;
  #cursor = "";
  #acknowledged = "";
  #nextSecondUs: number;
  #deadlineUs: number;
  #awaySinceUs: number | null = null;
  #deadlineFor: "plan" | "stop" | "abort" = "plan";

  constructor(run: ActiveRun, holders: readonly Holder[]) {
    this.#run = run;
    this.#nextSecondUs = run.nowUs() + SECOND_US;
    const { durationUs, drainUs } = run.plan.document;
    const leftUs = durationUs - (run.log.elapsedUs ?? 0);
    this.#deadlineUs = run.nowUs() + leftUs + drainUs + GRACE_US;
    this.#workers = new WorkerWatch(run, holders, () => this.#readAll());
  }

  async collect(): Promise<void> {
    const run = this.#run;
    while (!(await this.#turn())) {
      if (run.nowUs() > this.#deadlineUs) {
        await this.#workers.giveUp(
          this.#deadlineFor === "abort"
            ? "the run was cut before it delivered its last results"
            : "it did not deliver its last results in time",
        );
        break;
      }
      await run.pause(POLL_MS);
    }
    await this.#readAll();
    await this.#keep();
  }

  /** @returns whether all results are in; false also while the bus does not answer: workers go on and keep their frames */
  async #turn(): Promise<boolean> {
    const run = this.#run;
    try {
      await run.heedWishes();
      this.#heedEnding();
      await this.#readAll();
      if (run.state === "draining") await this.#workers.check();
      if (run.nowUs() >= this.#nextSecondUs) await this.#everySecond();
      this.#busIsBack();
      return this.#workers.allSettled();
    } catch (error) {
      if (!isBusAway(error)) throw error;
      this.#busIsAway(error);
      return false;
    }
  }

  #busIsAway(error: OnrushError): void {
    if (this.#awaySinceUs !== null) return;
    this.#awaySinceUs = this.#run.nowUs();
    this.#run.log.event({ type: "note", message: `The bus is away: ${error.message}` });
  }

  #busIsBack(): void {
    if (this.#awaySinceUs === null) return;
    const seconds = (this.#run.nowUs() - this.#awaySinceUs) / SECOND_US;
    this.#awaySinceUs = null;
    this.#workers.busCameBack();
    this.#run.log.event({
      type: "note",
      message: `The bus is back after ${seconds.toFixed(1)} s.`,
    });
  }

  async #everySecond(): Promise<void> {
    const run = this.#run;
    this.#nextSecondUs = Math.max(this.#nextSecondUs + SECOND_US, run.nowUs());
    await this.#keep();
    await run.document.flush();
    await this.#workers.check();
    const elapsedUs = run.log.elapsedUs ?? 0;
    const over = run.ending !== null || elapsedUs >= run.plan.document.durationUs;
    if (over && run.state === "running") await run.move("draining");
    const { fold } = run.log;
    const thresholds = judgeThresholds(fold);
    const broken = run.state === "running" ? abortingThreshold(thresholds, elapsedUs) : null;
    if (broken) {
      const { metric, rule } = broken.threshold;
      await run.requestEnd("stop", "threshold", `${metric}: ${rule} does not hold`);
    }
    run.request.onView?.(liveView(fold, { state: run.state, elapsedUs, thresholds }));
  }

  /** An end that was asked for brings the deadline nearer. */
  #heedEnding(): void {
    const { ending, plan } = this.#run;
    if (ending === null || ending === this.#deadlineFor) return;
    this.#deadlineFor = ending;
    const graceUs = ending === "abort" ? ABORT_GRACE_US : plan.document.drainUs + GRACE_US;
    this.#deadlineUs = Math.min(this.#deadlineUs, this.#run.nowUs() + graceUs);
  }

  /** Reads what the log holds beyond the cursor. */
  async #readAll(): Promise<void> {
    const { bus, id, log } = this.#run;
    for (;;) {
      const entries = await bus.readFrames(id, this.#cursor, FRAMES_PER_READ);
      for (const entry of entries) {
        log.frame(entry);
        this.#cursor = entry.cursor;
      }
      if (log.pendingBytes > PENDING_BYTES_BOUND) await this.#keep();
      if (entries.length < FRAMES_PER_READ) return;
    }
  }

  /** Makes everything read so far durable, then lets workers forget it. */
  async #keep(): Promise<void> {
    const { bus, id, log } = this.#run;
    await log.sync();
    if (this.#cursor === this.#acknowledged) return;
    await bus.acknowledgeFrames(id, this.#cursor);
    this.#acknowledged = this.#cursor;
    await bus.hint("frames-acknowledged", id);
  }
}
