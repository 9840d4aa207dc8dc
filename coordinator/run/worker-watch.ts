/**
 * Watches the workers that hold shards of a run: who has delivered everything, who failed, who is gone. Used by
 * watch.ts. Invariant: a worker is accounted as lost only after its log was fenced and read to its end, so
 * nothing of it can arrive later and be counted twice or not at all.
 */
import type { SessionRecord } from "../../shared/bus/bus.ts";
import type { WorkerRecord } from "../merge/worker-record.ts";
import type { ActiveRun } from "./active-run.ts";
import { type Holder, SILENT_MS } from "./dispatch.ts";

/** For the last frames of a worker that reports a failure. */
const FAILED_GRACE_US = 8_000_000;

export class WorkerWatch {
  readonly #run: ActiveRun;
  readonly #holders: readonly Holder[];
  readonly #readAll: () => Promise<void>;
  readonly #failedSinceUs = new Map<number, number>();

  /** @param readAll reads everything the log holds into the fold */
  constructor(run: ActiveRun, holders: readonly Holder[], readAll: () => Promise<void>) {
    this.#run = run;
    this.#holders = holders;
    this.#readAll = readAll;
  }

  /** All have delivered their last frame, or are accounted as lost. */
  allSettled(): boolean {
    return this.#holders.every(({ epoch }) => this.#isSettled(epoch));
  }

  /** Looks at the sessions of those that are not settled. */
  async check(): Promise<void> {
    const sessions = await this.#run.bus.listSessions();
    for (const holder of this.#holders) {
      if (this.#isSettled(holder.epoch)) continue;
      await this.#checkOne(
        holder,
        sessions.find(({ epoch }) => epoch === holder.epoch),
      );
    }
  }

  /** No more waiting: accounts all that are not settled as lost. */
  async giveUp(reason: string): Promise<void> {
    for (const holder of this.#holders) {
      if (!this.#isSettled(holder.epoch)) await this.#lose(holder, reason);
    }
  }

  async #checkOne(holder: Holder, session: SessionRecord | undefined): Promise<void> {
    if (!session) {
      // Gone; but perhaps it left in good order, with everything delivered.
      if (this.#record(holder.epoch).allFinal) this.#finish(holder, null);
      else await this.#lose(holder, "its process or its connection to the bus ended");
      return;
    }
    const { status, silentMs } = session;
    if (silentMs > SILENT_MS) {
      await this.#lose(holder, `nothing was heard of it for ${Math.round(silentMs / 1000)} s`);
    } else if (status?.state === "failed") await this.#checkFailed(holder, session);
    else if (status && status.lastSeq >= 0) this.#finish(holder, status.lastSeq);
  }

  /** A failed worker cuts its other engines and delivers what they measured; that is waited for. */
  async #checkFailed(holder: Holder, { status }: SessionRecord): Promise<void> {
    const { epoch } = holder;
    const sinceUs = this.#failedSinceUs.get(epoch) ?? this.#run.nowUs();
    this.#failedSinceUs.set(epoch, sinceUs);
    const lastSeq = status?.lastSeq ?? -1;
    const delivered = lastSeq >= 0 && this.#record(epoch).frames.contiguous >= lastSeq;
    if (!delivered && this.#run.nowUs() - sinceUs < FAILED_GRACE_US) return;
    await this.#lose(holder, status?.problem || "it failed and did not say why");
  }

  #finish(holder: Holder, lastSeq: number | null): void {
    const record = this.#record(holder.epoch);
    if (record.end === "finished") return;
    this.#run.log.event({
      type: "worker-finished",
      epoch: holder.epoch,
      lastSeq: lastSeq ?? record.frames.max,
    });
  }

  async #lose(holder: Holder, reason: string): Promise<void> {
    const { epoch, id } = holder;
    const { bus, id: run } = this.#run;
    await bus.fence(run, epoch);
    await this.#readAll();
    await bus.endSession(epoch);
    this.#run.log.event({ type: "worker-lost", epoch, id, reason });
  }

  #isSettled(epoch: number): boolean {
    const record = this.#record(epoch);
    return record.end === "lost" || (record.end === "finished" && record.complete);
  }

  #record(epoch: number): WorkerRecord {
    return this.#run.log.fold.merge.worker(epoch);
  }
}
