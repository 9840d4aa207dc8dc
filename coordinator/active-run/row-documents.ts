/**
 * Rows of data of a run, a document for each shard, that this coordinator alone writes. Used by active-run.ts. Invariant: they are
 * on the bus before the plan that tells workers of them; each is made when it is written, and not kept.
 */
import { type CoordinatorBus, documentKey } from "../../shared/bus/bus.ts";
import type { PlanDocument } from "../../shared/wire/plan.ts";
import { DocumentWriter } from "../fleet/document-writer.ts";
import { hasSentRows, rowPart } from "../plan/sent-rows.ts";

/** Documents that are written at a time. */
const AT_ONCE = 16;

export class RowDocuments {
  readonly #bus: CoordinatorBus;
  #plan: PlanDocument | null = null;
  /** Shards below are on the bus. */
  #next = 0;
  /** One flush after another. */
  #tail: Promise<void> = Promise.resolve();

  constructor(bus: CoordinatorBus) {
    this.#bus = bus;
  }

  /** Has them on the bus from the next flush on. */
  offer(plan: PlanDocument): void {
    this.#plan = hasSentRows(plan) ? plan : null;
    this.#next = 0;
  }

  /** The bus may have lost them: the next flush writes them again. */
  forgotten(): void {
    this.#next = 0;
  }

  /** Writes what the bus does not hold. @throws what the bus throws */
  flush(): Promise<void> {
    const flushed = this.#tail.then(() => this.#flush());
    this.#tail = flushed.catch(() => {});
    return flushed;
  }

  async #flush(): Promise<void> {
    const plan = this.#plan;
    if (plan === null) return;
    while (this.#next < plan.shards) {
      const from = this.#next;
      const until = Math.min(plan.shards, from + AT_ONCE);
      const shards = Array.from({ length: until - from }, (_, at) => from + at);
      this.#next = until;
      try {
        await Promise.all(shards.map((shard) => this.#write(plan, shard)));
      } catch (error) {
        this.#next = Math.min(this.#next, from);
        throw error;
      }
    }
  }

  async #write(plan: PlanDocument, shard: number): Promise<void> {
    const writer = new DocumentWriter(this.#bus, documentKey.rows(plan.run, shard));
    writer.set(rowPart(plan, shard));
    await writer.flush();
  }
}
