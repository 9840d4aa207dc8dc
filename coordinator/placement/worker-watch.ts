/**
 * Watches the workers of a run: who has delivered everything, who failed, who is gone. Used before and after the start.
 * Invariant: a worker is accounted as lost only after its log was fenced and read to its end, so nothing of it can
 * arrive later and be counted twice or not at all. It is lost once, whatever fails in between.
 *
 *   live --last frame said--> finished
 *     \---gone | silent for too long | failed--> fenced, read, session ended --> lost
 */

import { OnrushError } from "../../shared/errors.ts";
import { rolesOf } from "../../shared/scenario/names.ts";
import type { Slice } from "../../shared/wire/slice.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import { isTrouble } from "../active-run/bus-retry.ts";
import type { FrameIngest } from "../active-run/ingest.ts";
import type { Member } from "../fleet/members.ts";
import type { WorkerRecord } from "../merge/worker/worker-record.ts";
import { messagesAtMost } from "./loss.ts";

/** For the last frames of a worker that reports a failure: its slices wait for that. */
const FAILED_GRACE_US = 1_000_000;
/** A run that loses more has another problem than its workers. */
const MAX_LOSSES = 1000;
/** Listings after which a worker the fleet never saw is gone. */
const LOOKS_UNTIL_GONE = 2;
/** … and so long after the first of them: they may follow one another at once. */
const GONE_US = 500_000;

export class WorkerWatch {
  readonly #run: ActiveRun;
  readonly #intake: FrameIngest;
  readonly #failedSinceUs = new Map<number, number>();
  readonly #missingSince = new Map<number, { readonly look: number; readonly atUs: number }>();

  constructor(run: ActiveRun, intake: FrameIngest) {
    this.#run = run;
    this.#intake = intake;
  }

  /** All have delivered their last frame, or are accounted as lost. */
  allSettled(): boolean {
    return this.#unsettled().length === 0;
  }

  /** Looks at those that are not settled. @throws what the bus throws */
  async check(): Promise<void> {
    for (const record of this.#unsettled()) {
      const member = this.#run.request.fleet.member(record.epoch);
      if (member) await this.#checkPresent(record, member);
      else await this.#checkAbsent(record);
    }
    await this.#endSilent();
  }

  /** No more waiting: accounts all that are not settled as lost, also when the bus does not answer. */
  async giveUp(reason: string): Promise<void> {
    for (const record of this.#unsettled()) {
      const unseen = await this.#silence(record).catch((error: unknown) => {
        if (!isTrouble(error)) throw error;
        return this.#free();
      });
      this.#record(record, reason, unseen);
    }
  }

  /** Sessions of workers that have left, and whose last word was lost. */
  async #endSilent(): Promise<void> {
    const { request, log } = this.#run;
    const { fleet } = request;
    for (const { epoch, end } of log.fold.merge.workers.values()) {
      if (end === "finished" && fleet.member(epoch)?.overdue) await fleet.endSession(epoch);
    }
  }

  async #checkPresent(record: WorkerRecord, member: Member): Promise<void> {
    const { status, overdue } = member;
    this.#missingSince.delete(record.epoch);
    this.#noteStart(record, member);
    if (overdue && this.#run.plan.policies.onBusLoss === "fence") {
      const silentUs = this.#run.nowUs() - member.heardUs;
      await this.#lose(record, `nothing was heard of it for ${Math.round(silentUs / 1e6)} s`);
    } else if (status?.state === "failed") await this.#checkFailed(record, member);
    else if (status && status.lastSeq >= 0) this.#finish(record, status.lastSeq);
  }

  async #checkAbsent(record: WorkerRecord): Promise<void> {
    const { looks } = this.#run.request.fleet;
    const nowUs = this.#run.nowUs();
    const since = this.#missingSince.get(record.epoch) ?? { look: looks, atUs: nowUs };
    this.#missingSince.set(record.epoch, since);
    // It may have come after the fleet looked last.
    if (looks - since.look < LOOKS_UNTIL_GONE || nowUs - since.atUs < GONE_US) return;
    await this.#intake.readAll();
    // Gone; but perhaps it left in good order, with everything delivered.
    if (record.allFinal) this.#finish(record, record.frames.max);
    else await this.#lose(record, "its process or its connection to the bus ended");
  }

  /** A failed worker cuts its other engines and delivers what they measured; that is waited for, a little. */
  async #checkFailed(record: WorkerRecord, { status }: Member): Promise<void> {
    const sinceUs = this.#failedSinceUs.get(record.epoch) ?? this.#run.nowUs();
    this.#failedSinceUs.set(record.epoch, sinceUs);
    const lastSeq = status?.lastSeq ?? -1;
    const delivered = lastSeq >= 0 && record.frames.contiguous >= lastSeq;
    if (!delivered && this.#run.nowUs() - sinceUs < FAILED_GRACE_US) return;
    await this.#lose(record, status?.problem || "it failed and did not say why");
  }

  #noteStart({ epoch, start }: WorkerRecord, { status }: Member): void {
    if (start !== null || status === null || status.startSkewUs === null) return;
    const { startSkewUs, clockErrorUs } = status;
    this.#run.log.event({ type: "worker-started", epoch, startSkewUs, clockErrorUs });
  }

  #finish({ epoch, end }: WorkerRecord, lastSeq: number): void {
    if (end === "finished") return;
    this.#run.log.event({ type: "worker-finished", epoch, lastSeq });
  }

  async #lose(record: WorkerRecord, reason: string): Promise<void> {
    const unseen = await this.#silence(record);
    this.#record(record, reason, unseen);
    await this.#heedPolicy(record);
  }

  /**
   * From here on nothing of it can come as a frame on time. Repeating it changes nothing.
   * @returns slices it may have held that nobody has seen it hold
   */
  async #silence({ epoch }: WorkerRecord): Promise<readonly Slice[]> {
    const { bus, id, request } = this.#run;
    const { fleet } = request;
    await bus.fence(id, epoch);
    await this.#intake.readAll();
    const claims = await bus.listClaims(id);
    // A session that is gone has no claims any more, and a store that was emptied has none at all.
    const told = fleet.member(epoch)?.attached && (await bus.generation()) === fleet.generation;
    await fleet.endSession(epoch);
    return told ? this.#free().filter((slice) => claims.get(slice.id) === epoch) : this.#free();
  }

  /** Offered, and held by nobody as far as this coordinator has seen. */
  #free(): readonly Slice[] {
    return this.#run.log.fold.slices.free.map(({ slice }) => slice);
  }

  #record(record: WorkerRecord, reason: string, unseenSlices: readonly Slice[]): void {
    const { log } = this.#run;
    const { epoch, id, open } = record;
    const known = log.fold.slices.heldBy(epoch).map(({ slice }) => slice);
    const held = [...known, ...unseenSlices];
    const reportedUs = record.reportedUs;
    const fromUs = reportedUs ?? 0;
    const given = log.fold.slices.givenBy(epoch).filter(({ untilUs }) => untilUs >= fromUs);
    const shards = new Set([...held, ...given.map(({ slice }) => slice)].map(({ shard }) => shard));
    const unseen = { shards: shards.size, fromUs, toUs: log.elapsedUs ?? 0 };
    log.event({
      type: "worker-lost",
      epoch,
      id,
      reason,
      slices: known.map((slice) => slice.id),
      reportedUs,
      open,
      opensAtMost: this.#opensAtMost(record, held),
      messagesAtMost: messagesAtMost(log.fold.facts, unseen),
    });
  }

  /** Each time it held a slice it attempted each of the slice's sessions at most once; without those it has reported the fate of. */
  #opensAtMost(record: WorkerRecord, held: readonly Slice[]): number {
    const { log, plan } = this.#run;
    const nowUs = Math.round(log.elapsedUs ?? 0);
    let opens = held.reduce((sum, slice) => sum + plan.opensOfSlice(slice, 0, nowUs), 0);
    for (const { slice, untilUs } of log.fold.slices.givenBy(record.epoch)) {
      opens += plan.opensOfSlice(slice, 0, Math.round(untilUs));
    }
    // With reconnects, reported attempts do not tell which of the plan's sessions they were.
    const roles = rolesOf(log.fold.facts.scenario);
    if (roles.some(({ connect }) => connect.reconnect.policy !== "none")) return opens;
    // What it has begun and not said the end of may have been opened since.
    for (const { established, failed } of record.shards.values()) opens -= established + failed;
    return Math.max(0, opens);
  }

  async #heedPolicy({ id, loss }: WorkerRecord): Promise<void> {
    const run = this.#run;
    const { workers } = run.log.fold.merge;
    const losses = [...workers.values()].filter(({ end }) => end === "lost").length;
    const spoiled = loss?.recovery === "open" && run.plan.policies.onWorkerLoss === "fail";
    if (!spoiled && losses <= MAX_LOSSES) return;
    await run.fail(
      new OnrushError({
        code: "ONRUSH_WORKER_FAILED",
        message: spoiled
          ? `Worker ${id} was lost, and the run is to fail then: ${loss.reason}`
          : `More than ${MAX_LOSSES} workers were lost, the last one was ${id}: ${loss?.reason}`,
        remedy: "Look at the workers' logs.",
      }),
    );
  }

  #unsettled(): readonly WorkerRecord[] {
    const { workers } = this.#run.log.fold.merge;
    return [...workers.values()].filter((record) => !isSettled(record));
  }
}

/** Nothing more will come of it, and all that came is known to be there. */
export function isSettled(record: WorkerRecord): boolean {
  return record.end === "lost" || (record.end === "finished" && record.complete);
}
