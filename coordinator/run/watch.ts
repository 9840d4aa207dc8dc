/**
 * Watches a run from its start to its last result: reads frames, keeps them, acknowledges them, judges thresholds, has
 * lost workers replaced, and knows when it is over. Called by run.ts.
 * Invariant: it ends when every worker has delivered its last frame or is accounted as lost, at the latest at the
 * deadline, whatever the bus does.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import { isTrouble, repeat } from "../active-run/bus-retry.ts";
import { judgeLive } from "../analysis/judge-run.ts";
import { abortingRule } from "../analysis/rules/thresholds.ts";
import { liveView } from "../live/live-view.ts";
import { OutsideFaults } from "../outside/outside-faults.ts";
import { Recovery } from "../placement/recovery.ts";
import { announceFaults } from "./announce-faults.ts";
import { oncePerPoll, type RunParts } from "./dispatch.ts";
import { searchOn } from "./limit-search.ts";
import { Staffing } from "./staffing.ts";

const SECOND_US = 1_000_000;
/** A view follows as soon as a second is there from all engines, but never this soon after the last one. */
const VIEW_GAP_US = 700_000;
/** When no second gets there, a view comes all the same. */
const VIEW_LATEST_US = 1_300_000;
/** Beyond plan and drain: workers give their engines 15 s to end before they end them. */
const GRACE_US = 20 * SECOND_US;
/** Clocks differ by less; a slice that is claimed later is not worked on any more. */
const CLAIM_GRACE_US = 500_000;
/** After an abort what is there is written, soon. */
const ABORT_GRACE_US = 2 * SECOND_US;
/** Without any worker for so long, a run is over; in one host nobody else will come. */
const ABANDONED_US = { ipc: 10 * SECOND_US, redis: 120 * SECOND_US, nats: 120 * SECOND_US };

/** Resolves when all results that will come are in the journal. */
export async function collectResults(run: ActiveRun, parts: RunParts): Promise<void> {
  const collector = new Collector(run, parts);
  try {
    await repeat(run, () => collector.step());
  } finally {
    await collector.outside.close();
  }
  await collector.finish();
}

class Collector {
  readonly #run: ActiveRun;
  readonly #parts: RunParts;
  readonly #recovery: Recovery;
  readonly #staffing: Staffing;
  readonly outside: OutsideFaults;
  readonly #polledAgain: () => boolean;
  #viewedUs: number;
  /** The newest second that is there from all engines, in the last view. */
  #viewedSecond = -1;
  #deadlineUs: number;
  /** Of the plan, as the deadline knows it: checkpoints may hold phases. */
  #plannedUs: number;
  #deadlineFor: "plan" | "stop" | "abort" = "plan";
  /** Since when the run is known to be off, and when the last look at claims began that was since then. */
  #offSinceUs: number | null = null;
  #polledOffUs = Number.NEGATIVE_INFINITY;
  /** Since when no worker serves the run; null while any does. */
  #abandonedSinceUs: number | null = null;

  constructor(run: ActiveRun, parts: RunParts) {
    this.#run = run;
    this.#parts = parts;
    this.#recovery = new Recovery(run);
    this.#staffing = new Staffing(run);
    this.outside = new OutsideFaults(run);
    this.#polledAgain = oncePerPoll(run);
    this.#viewedUs = run.nowUs();
    const { durationUs, drainUs } = run.plan.document;
    const leftUs = Math.max(0, durationUs - (run.log.elapsedUs ?? 0));
    this.#plannedUs = durationUs;
    this.#deadlineUs = run.nowUs() + leftUs + drainUs + GRACE_US;
  }

  /** @returns true when it is over */
  async step(): Promise<true | null> {
    const run = this.#run;
    const { intake, workers, placement, checkpoints } = this.#parts;
    this.#heedEnding();
    if (run.nowUs() > this.#deadlineUs) return this.#giveUp();
    await run.applyCommands();
    this.outside.look();
    checkpoints.look();
    await this.#drainWhenOver();
    await run.publish();
    await intake.readAll();
    if (this.#isViewDue()) await this.#everySecond();
    if (this.#polledAgain()) {
      await workers.check();
      this.#staffing.check();
      const offUs = run.isOn ? null : run.nowUs();
      await placement.look();
      if (offUs !== null) this.#polledOffUs = offUs;
      this.#recovery.check();
      await this.#checkAbandoned();
    }
    return workers.allSettled() && this.#nothingToWaitFor() ? true : null;
  }

  /** What is left in the log, made durable; without the bus, what there is. */
  async finish(): Promise<void> {
    const { intake } = this.#parts;
    try {
      await intake.readAll();
      await intake.keep();
    } catch (error) {
      if (!isTrouble(error)) throw error;
      await this.#run.log.sync();
    }
  }

  /** Bound to the seconds of run time, so that who watches is not a whole second behind for want of the right moment. */
  #isViewDue(): boolean {
    const sinceUs = this.#run.nowUs() - this.#viewedUs;
    if (sinceUs < VIEW_GAP_US) return false;
    return sinceUs >= VIEW_LATEST_US || this.#run.log.fold.closedThrough() > this.#viewedSecond;
  }

  /** Once a second, more or less. */
  async #everySecond(): Promise<void> {
    const run = this.#run;
    this.#viewedUs = run.nowUs();
    this.#viewedSecond = run.log.fold.closedThrough();
    const elapsedUs = run.log.elapsedUs ?? 0;
    const { fold } = run.log;
    const judgements = judgeLive(fold);
    searchOn(run);
    announceFaults(run);
    run.request.onView?.(liveView(fold, { state: run.state, elapsedUs, judgements }));
    const broken = run.state === "running" ? abortingRule(judgements, elapsedUs) : null;
    if (broken) {
      const { metric, rule } = broken;
      await run.requestEnd("stop", "threshold", `${metric}: ${rule} does not hold`);
    }
    await this.#drainWhenOver();
    await this.#parts.intake.keep();
  }

  async #drainWhenOver(): Promise<void> {
    const run = this.#run;
    const over = run.ending !== null || (run.log.elapsedUs ?? 0) >= run.plan.document.durationUs;
    if (over && run.state === "running") await run.move("draining");
  }

  /** An end that was asked for brings the deadline nearer; a phase that is held puts it off. */
  #heedEnding(): void {
    const { ending, plan } = this.#run;
    const { durationUs } = plan.document;
    if (this.#deadlineFor === "plan") this.#deadlineUs += Math.max(0, durationUs - this.#plannedUs);
    this.#plannedUs = Math.max(this.#plannedUs, durationUs);
    if (ending === null || ending === this.#deadlineFor) return;
    this.#deadlineFor = ending;
    const graceUs = ending === "abort" ? ABORT_GRACE_US : plan.document.drainUs + GRACE_US;
    this.#deadlineUs = Math.min(this.#deadlineUs, this.#run.nowUs() + graceUs);
  }

  async #giveUp(): Promise<true> {
    await this.#parts.workers.giveUp(
      this.#deadlineFor === "abort"
        ? "the run was cut before it delivered its last results"
        : "it did not deliver its last results in time",
    );
    return true;
  }

  /** Slices that others may still take over keep a run going; so does its plan, while anybody has a part in it. */
  #nothingToWaitFor(): boolean {
    const run = this.#run;
    if (!run.isOn) {
      return (run.state === "draining" || run.ending !== null) && !this.#mayBeClaimed();
    }
    return [...run.log.fold.slices.slices.values()].every(({ dropped }) => dropped);
  }

  /** Somebody may have taken a slice at the last moment, and have opened what it lacked. */
  #mayBeClaimed(): boolean {
    if (this.#run.log.fold.slices.free.length === 0) return false;
    this.#offSinceUs ??= this.#run.nowUs();
    return this.#polledOffUs < this.#offSinceUs + CLAIM_GRACE_US;
  }

  /** Nobody works on it, and nobody has come for long. */
  async #checkAbandoned(): Promise<void> {
    const run = this.#run;
    if (!run.isOn || run.assignment.workers().length > 0) {
      this.#abandonedSinceUs = null;
      return;
    }
    this.#abandonedSinceUs ??= run.nowUs();
    if (run.nowUs() - this.#abandonedSinceUs < ABANDONED_US[run.bus.kind]) return;
    await run.fail(
      new OnrushError({
        code: "ONRUSH_WORKER_FAILED",
        message: "All workers of the run are gone, and none has come in their place.",
        remedy: "Look at the workers' last lines; too little memory is a frequent cause.",
      }),
    );
  }
}
