/**
 * Tickets in a BullMQ queue. The job carries a ticket and nothing else: taking it does no work, and its lock is no lease.
 * Used by redis-bus.ts. Invariants: a ticket that is not done in time comes back; a job's id stays known until its run
 * is forgotten, so an equal offer is a duplicate.
 */
import { randomUUID } from "node:crypto";
import { type Job, Queue, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { sleep, type Timers } from "../../time/timer.ts";
import type { Ticket } from "../../wire/ticket.ts";
import type { TakenTicket } from "../bus.ts";

const QUEUE = "tickets";
/** How often a waiting taker looks, beside the wake-ups that offers send. */
const LOOK_MS = 500;
/** How long closing may take; the server may be gone. */
const CLOSE_MS = 1000;
/** Jobs that come back again and again are nobody's fault: never give one up. */
const MAX_STALLED = 1_000_000;

export interface RedisTicketsOptions {
  readonly client: Redis;
  readonly prefix: string;
  readonly visibilityMs: number;
  readonly timers: Timers;
  readonly onError: (error: Error) => void;
}

export class RedisTickets {
  readonly #options: RedisTicketsOptions;
  readonly #queue: Queue<Ticket>;
  #worker: Worker<Ticket> | null = null;
  #wake = new AbortController();

  constructor(options: RedisTicketsOptions) {
    const { client, prefix, onError } = options;
    this.#options = options;
    this.#queue = new Queue<Ticket>(QUEUE, { connection: client, prefix, skipMetasUpdate: true });
    this.#queue.on("error", onError);
  }

  async offer(ticket: Ticket): Promise<"queued" | "duplicate"> {
    const { client } = this.#options;
    const jobId = idOf(ticket);
    // The set says who was first; the job is added by everybody who is not sure, and only once by its id.
    const known = await client.hget(this.#known(ticket.run), jobId);
    await this.#queue.add("ticket", ticket, {
      jobId,
      removeOnComplete: false,
      removeOnFail: false,
    });
    await client.hset(this.#known(ticket.run), jobId, "1");
    return known === null ? "queued" : "duplicate";
  }

  /** Looks again at once: something was offered. */
  wake(): void {
    this.#wake.abort();
  }

  /** Resolves with null after waitMs or when the signal aborts. */
  async take(waitMs: number, signal: AbortSignal): Promise<TakenTicket | null> {
    const { timers } = this.#options;
    let expired = false;
    const cancel = timers.after(waitMs, () => {
      expired = true;
      this.#wake.abort();
    });
    try {
      const worker = await this.#taker();
      for (;;) {
        this.#wake = new AbortController();
        const token = randomUUID();
        const job = await worker.getNextJob(token, { block: false });
        if (job !== undefined) return taken(job, token);
        if (expired || signal.aborted) return null;
        const either = AbortSignal.any([this.#wake.signal, signal]);
        await sleep(timers, LOOK_MS, either);
      }
    } finally {
      cancel();
    }
  }

  async forgetRun(run: string): Promise<void> {
    const { client } = this.#options;
    for (const jobId of await client.hkeys(this.#known(run))) {
      const job = await this.#queue.getJob(jobId);
      // One that somebody holds cannot be removed; it comes back to nobody's use and is settled by its taker.
      await job?.remove().catch(() => {});
    }
    await client.del(this.#known(run));
  }

  async close(): Promise<void> {
    this.#wake.abort();
    const closing = Promise.all([this.#worker?.close(true), this.#queue.close()]).catch(() => {});
    await Promise.race([closing, sleep(this.#options.timers, CLOSE_MS)]);
  }

  async #taker(): Promise<Worker<Ticket>> {
    if (this.#worker !== null) return this.#worker;
    const { client, prefix, visibilityMs, onError } = this.#options;
    const worker = new Worker<Ticket>(QUEUE, null, {
      connection: client,
      prefix,
      lockDuration: visibilityMs,
      stalledInterval: visibilityMs,
      maxStalledCount: MAX_STALLED,
      autorun: false,
      skipLockRenewal: true,
    });
    worker.on("error", onError);
    this.#worker = worker;
    await worker.startStalledCheckTimer();
    return worker;
  }

  #known(run: string): string {
    return `${this.#options.prefix}:offered:${run}`;
  }
}

function taken(job: Job<Ticket>, token: string): TakenTicket {
  const { run, shard, offer } = job.data;
  let settled = false;
  return {
    ticket: { run, shard, offer },
    done: async () => {
      if (settled) return;
      settled = true;
      // Refused when the lock is lost: then somebody else has the ticket, or will.
      await job.moveToCompleted(null, token, false).catch(() => {});
    },
  };
}

/** BullMQ's own ids are numbers and its separator is a colon. */
function idOf({ run, shard, offer }: Ticket): string {
  return `t-${run}-${shard}-${offer}`.replaceAll(":", "_");
}
