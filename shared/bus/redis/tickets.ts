/**
 * Tickets in BullMQ queues, one per run. The job carries a ticket and nothing else: taking it does no work, and its lock is no lease.
 * Used by redis-bus.ts. Invariants: a ticket that is not done in time comes back; a job's id stays known until its run
 * is forgotten, so an equal offer is a duplicate.
 */
import { randomUUID } from "node:crypto";
import { type Job, Queue, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { sleep, type Timers } from "../../time/timer.ts";
import { type OfferedText, RECORD_LIMITS, type TakenText } from "../transport.ts";

/** How often a waiting taker looks, beside the wake-ups that offers send. */
const POLL_MS = 500;
/** How long closing may take; the server may be gone. */
const CLOSE_MS = 1000;
/** Queues a coordinator keeps open; the oldest is closed, and opened again when it is needed. */
const MAX_QUEUES = 64;
/** Jobs that come back again and again are nobody's fault: never give one up. */
const MAX_STALLED = 1_000_000;

/** Jobs that are no JSON and that one call passes over; they are gone, or come back much later. */
const MAX_PASSED = 1024;

/** What a job carries; what is really in there is whatever somebody put there. */
interface JobData {
  readonly text?: unknown;
}

export interface RedisTicketsOptions {
  readonly client: Redis;
  readonly prefix: string;
  readonly visibilityMs: number;
  readonly timers: Timers;
  readonly onError: (error: Error) => void;
}

export class RedisTickets {
  readonly #options: RedisTicketsOptions;
  readonly #queues = new Map<string, Queue<JobData>>();
  /** Of the run tickets were taken of last. */
  #taker: { readonly run: string; readonly worker: Worker<JobData> } | null = null;
  #wake = new AbortController();

  constructor(options: RedisTicketsOptions) {
    this.#options = options;
  }

  async offer({ run, id, text }: OfferedText): Promise<"queued" | "duplicate"> {
    const { client } = this.#options;
    // The set says who was first; the job is added by everybody who is not sure, and only once by its id.
    const known = await client.hget(this.#known(run), id);
    await this.#queueOf(run).add(
      "ticket",
      { text },
      {
        jobId: id,
        removeOnComplete: false,
        removeOnFail: false,
      },
    );
    await client.hset(this.#known(run), id, "1");
    return known === null ? "queued" : "duplicate";
  }

  /** Looks again at once: something was offered. */
  wake(): void {
    this.#wake.abort();
  }

  /** Resolves with null after waitMs or when the signal aborts. */
  async take(run: string, waitMs: number, signal: AbortSignal): Promise<TakenText | null> {
    const { timers } = this.#options;
    let expired = false;
    const cancel = timers.after(waitMs, () => {
      expired = true;
      this.#wake.abort();
    });
    try {
      const worker = await this.#takerOf(run);
      for (;;) {
        this.#wake = new AbortController();
        const token = randomUUID();
        const job = await nextJob(worker, token);
        if (job !== undefined) return taken(job, token);
        if (expired || signal.aborted) return null;
        const either = AbortSignal.any([this.#wake.signal, signal]);
        await sleep(timers, POLL_MS, either);
      }
    } finally {
      cancel();
    }
  }

  async forgetRun(run: string): Promise<void> {
    const queue = this.#queueOf(run);
    await queue.obliterate({ force: true });
    await this.#options.client.del(this.#known(run));
    this.#queues.delete(run);
    await queue.close().catch(() => {});
  }

  async close(): Promise<void> {
    this.#wake.abort();
    const queues = [...this.#queues.values()].map((queue) => queue.close());
    const closing = Promise.all([this.#taker?.worker.close(true), ...queues]).catch(() => {});
    await Promise.race([closing, sleep(this.#options.timers, CLOSE_MS)]);
  }

  #queueOf(run: string): Queue<JobData> {
    const known = this.#queues.get(run);
    if (known !== undefined) return known;
    const { client, prefix, onError } = this.#options;
    const options = { connection: client, prefix, skipMetasUpdate: true };
    const queue = new Queue<JobData>(queueName(run), options);
    queue.on("error", onError);
    this.#queues.set(run, queue);
    const [oldest] = this.#queues;
    if (this.#queues.size > MAX_QUEUES && oldest !== undefined) {
      this.#queues.delete(oldest[0]);
      void oldest[1].close().catch(() => {});
    }
    return queue;
  }

  async #takerOf(run: string): Promise<Worker<JobData>> {
    if (this.#taker?.run === run) return this.#taker.worker;
    const { client, prefix, visibilityMs, onError } = this.#options;
    void this.#taker?.worker.close(true).catch(() => {});
    const worker = new Worker<JobData>(queueName(run), null, {
      connection: client,
      prefix,
      lockDuration: visibilityMs,
      stalledInterval: visibilityMs,
      maxStalledCount: MAX_STALLED,
      autorun: false,
      skipLockRenewal: true,
    });
    worker.on("error", onError);
    this.#taker = { run, worker };
    await worker.startStalledCheckTimer();
    return worker;
  }

  #known(run: string): string {
    return `${this.#options.prefix}:offered:${run}`;
  }
}

/** The next job that can be read at all. */
async function nextJob(worker: Worker<JobData>, token: string): Promise<Job<JobData> | undefined> {
  for (let passed = 0; passed < MAX_PASSED; passed++) {
    try {
      return await worker.getNextJob(token, { block: false });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}

function taken(job: Job<JobData>, token: string): TakenText {
  const text: unknown = job.data?.text;
  const isReadable = typeof text === "string" && text.length <= RECORD_LIMITS.ticket;
  let settled = false;
  // Refused when the lock is lost: then somebody else has the ticket, or will.
  const settle = async (how: () => Promise<unknown>) => {
    if (settled) return;
    settled = true;
    await how().catch(() => {});
  };
  return {
    text: isReadable ? text : null,
    done: () => settle(() => job.moveToCompleted(null, token, false)),
    back: () => settle(() => job.moveToWait(token)),
  };
}

function queueName(run: string): string {
  return `tickets-${run.replaceAll(":", "_")}`;
}
