/**
 * Watches the workers that hold shards of a run: who has delivered everything, who failed, who is gone, and who takes over.
 * Used by watch.ts. Invariant: a worker is accounted as lost only after its log was fenced and read to its end, so
 * nothing of it can arrive later and be counted twice or not at all; only then are its shards offered again.
 */
import type { SessionRecord } from "../../shared/bus/bus.ts";
import type { WorkerRecord } from "../merge/worker-record.ts";
import type { ActiveRun } from "./active-run.ts";
import { type Holder, SILENT_MS } from "./dispatch.ts";

/** Until every worker that is alive has renewed its session, after the bus was away. */
const RENEWALS_US = 5_000_000;
/** Offers before the start are counted below it. */
const FIRST_OFFER_AGAIN = 1000;
/** For the last frames of a worker that reports a failure. */
const FAILED_GRACE_US = 8_000_000;

export class WorkerWatch {
  readonly #run: ActiveRun;
  readonly #holders: Holder[];
  readonly #readAll: () => Promise<void>;
  readonly #failedSinceUs = new Map<number, number>();
  /** Shard -> who holds it, as last seen. */
  #claims: ReadonlyMap<number, number> = new Map();
  /** How often each shard was offered again. */
  readonly #offers = new Map<number, number>();
  /** Shards offered again that nobody has taken yet. */
  readonly #waiting = new Set<number>();
  /** Nobody is judged by silence before. */
  #judgeFromUs = 0;

  /** @param readAll reads everything the log holds into the fold */
  constructor(run: ActiveRun, holders: readonly Holder[], readAll: () => Promise<void>) {
    this.#run = run;
    this.#holders = [...holders];
    this.#readAll = readAll;
  }

  /** The bus was away: sessions could not be renewed, so their silence says nothing for a while. */
  busCameBack(): void {
    this.#judgeFromUs = this.#run.nowUs() + RENEWALS_US;
  }

  /** All have delivered their last frame, or are accounted as lost; and no shard waits for another worker. */
  allSettled(): boolean {
    const mayBeTaken = this.#run.state === "running" && this.#run.bus.kind !== "ipc";
    if (mayBeTaken && this.#waiting.size > 0) return false;
    return this.#holders.every(({ epoch }) => this.#isSettled(epoch));
  }

  /** Looks at the sessions of those that are not settled. */
  async check(): Promise<void> {
    const { bus, id } = this.#run;
    const claims = await bus.listClaims(id);
    const sessions = await bus.listSessions();
    // What was held by somebody who is gone is in the last look, not in this one.
    this.#claims = new Map([...this.#claims, ...claims]);
    this.#welcome(claims, sessions);
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

  /** Notes who has taken shards that were offered again. */
  #welcome(claims: ReadonlyMap<number, number>, sessions: readonly SessionRecord[]): void {
    const taken = new Map<number, number>();
    for (const shard of this.#waiting) {
      const epoch = claims.get(shard);
      if (epoch === undefined) continue;
      this.#waiting.delete(shard);
      taken.set(epoch, (taken.get(epoch) ?? 0) + 1);
    }
    for (const [epoch, shards] of taken) {
      const known = this.#holders.find((holder) => holder.epoch === epoch);
      const info = sessions.find((session) => session.epoch === epoch)?.info;
      const id = known?.id ?? info?.id ?? `epoch ${epoch}`;
      if (known === undefined) {
        this.#holders.push({ epoch, id, shards });
        const { host = "unknown", engines = 1 } = info ?? {};
        this.#run.log.event({ type: "worker-joined", epoch, id, host, engines, shards });
      }
      const message = `Worker ${id} took over ${shards} shards.`;
      this.#run.log.event({ type: "note", message });
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
    if (silentMs > SILENT_MS && this.#run.nowUs() >= this.#judgeFromUs) {
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
    if (this.#run.state === "running") await this.#offerAgain(epoch);
  }

  async #offerAgain(lost: number): Promise<void> {
    const { bus, id: run } = this.#run;
    for (const [shard, epoch] of this.#claims) {
      if (epoch !== lost) continue;
      const offer = (this.#offers.get(shard) ?? FIRST_OFFER_AGAIN) + 1;
      this.#offers.set(shard, offer);
      this.#waiting.add(shard);
      await bus.offerTicket({ run, shard, offer });
    }
    await bus.hint("tickets-offered", run);
  }

  #isSettled(epoch: number): boolean {
    const record = this.#record(epoch);
    return record.end === "lost" || (record.end === "finished" && record.complete);
  }

  #record(epoch: number): WorkerRecord {
    return this.#run.log.fold.merge.worker(epoch);
  }
}
