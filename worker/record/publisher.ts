/**
 * Carries frames from the engines to the run's log: gives each its seq (one sequence per session epoch and
 * run), appends in order, and keeps it until the coordinator has it on disk. Called by the control thread.
 *
 *   fresh --handed to append, gets its seq--> sent --acknowledged--> gone
 *     \--under pressure: siblings of one engine become a 2, 4, 8 s frame
 *
 * When the epoch is fenced, what is kept goes to the late log, verbatim and with its seq.
 *
 * Invariant: a frame that was ever handed to append is only ever sent again byte for byte; frames are
 * widened under back-pressure, and never dropped while the backlog is within its bound.
 */
import type { WorkerBus } from "../../shared/bus/bus.ts";
import { isBusClosed } from "../../shared/bus/bus-closed.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import { FreshFrames, type MeasuredFrame } from "./fresh-frames.ts";
import { SentFrames } from "./sent-frames.ts";

export interface PublisherLimits {
  /** Frames and bytes kept, handed over or not. */
  readonly frames: number;
  readonly bytes: number;
  /** Frames handed over and not acknowledged; the rest stays fresh, where it can still be widened. */
  readonly unacknowledged: number;
  readonly firstRetryMs: number;
  readonly lastRetryMs: number;
  /** How often to ask what is acknowledged, while anything is not. */
  readonly acknowledgedPollMs: number;
}

export const PUBLISHER_LIMITS: PublisherLimits = {
  frames: 600,
  bytes: 64 * 1024 * 1024,
  unacknowledged: 300,
  firstRetryMs: 50,
  lastRetryMs: 2000,
  acknowledgedPollMs: 1000,
};

/** Rewinds to the first unacknowledged frame without progress, after which the log is beyond repair. */
const MAX_REWINDS = 3;

export interface PublisherOptions {
  readonly bus: Pick<WorkerBus, "appendFrame" | "appendLateFrame" | "acknowledgedSeq" | "onHint">;
  readonly run: string;
  readonly epoch: number;
  readonly engines: number;
  readonly timers: Timers;
  /** Every frame so far was handed to the log: lastSeq may be known now. */
  readonly onHandedOver: () => void;
  /** Called at most once: frames are or will be missing, and why. */
  readonly onProblem: (problem: string) => void;
  readonly limits?: Partial<PublisherLimits>;
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #limits: PublisherLimits;
  readonly #fresh = new FreshFrames();
  readonly #sent = new SentFrames();
  readonly #unfinished: Set<number>;
  readonly #closing = new AbortController();
  readonly #unsubscribe: () => void;
  #state: "open" | "broken" | "closed" = "open";
  /** The epoch may not append any more; late frames it may. */
  #fenced = false;
  #pressure = false;
  #pumping = false;
  #asking = false;
  #rewinds = 0;
  #refused = 0;
  #settled: (() => void)[] = [];

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#limits = { ...PUBLISHER_LIMITS, ...options.limits };
    this.#unfinished = new Set(Array.from({ length: options.engines }, (_, engine) => engine));
    this.#unsubscribe = options.bus.onHint("frames-acknowledged", (run) => {
      if (run === options.run || run === "") void this.#askAcknowledged();
    });
    void this.#pollAcknowledged();
  }

  /** Highest seq this epoch will write for the run; -1 until every engine's final frame was handed over. */
  get lastSeq(): number {
    return this.#unfinished.size === 0 && this.#fresh.count === 0 ? this.#sent.lastSeq : -1;
  }

  /** Frames kept: not handed over yet, or not acknowledged. */
  get backlog(): number {
    return this.#fresh.count + this.#sent.count;
  }

  /** Takes a frame an engine has cut. */
  offer(frame: MeasuredFrame): void {
    if (frame.final) this.#unfinished.delete(frame.engine);
    const bytes = this.#fresh.bytes + this.#sent.bytes + frame.body.length;
    if (
      this.#state !== "open" ||
      this.backlog >= this.#limits.frames ||
      bytes > this.#limits.bytes
    ) {
      this.#refused += 1;
      if (this.#state === "open") {
        this.#problem(
          `the frames of ${this.backlog} intervals (${bytes} bytes) wait for the coordinator; no room for more`,
        );
      }
      return;
    }
    this.#fresh.add(frame, this.#pressure || this.#windowIsFull());
    void this.#pump();
  }

  /** The engine is dead: no final frame will come from it. */
  engineDied(engine: number): void {
    this.#unfinished.delete(engine);
  }

  /**
   * Resolves when everything was appended and acknowledged, when nothing more can be (closed, broken), or
   * after deadlineMs. @returns how many frames the coordinator does not have for certain.
   */
  async flush(deadlineMs: number): Promise<{ readonly missing: number }> {
    const { timers } = this.#options;
    const expiry = new AbortController();
    const cancel = timers.after(deadlineMs, () => expiry.abort());
    const shortPollMs = Math.min(100, this.#limits.acknowledgedPollMs);
    while (this.backlog > 0 && this.#state === "open" && !expiry.signal.aborted) {
      await this.#askAcknowledged();
      if (this.backlog === 0) break;
      const settled = new Promise<void>((resolve) => this.#settled.push(resolve));
      await Promise.race([settled, sleep(timers, shortPollMs, expiry.signal)]);
    }
    cancel();
    return { missing: this.backlog + this.#refused };
  }

  /** Stops all work; what is kept stays unsent. */
  close(): void {
    this.#end("closed");
  }

  #windowIsFull(): boolean {
    return (
      this.#sent.count >= this.#limits.unacknowledged || this.#sent.bytes > this.#limits.bytes / 2
    );
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#state === "open" && this.#handOver()) await this.#append();
    this.#pumping = false;
    if (this.backlog === 0) this.#settle();
  }

  /** @returns whether there is a frame to append. */
  #handOver(): boolean {
    if (this.#sent.next !== undefined) return true;
    if (this.#windowIsFull()) return false;
    const frame = this.#fresh.take();
    if (frame === undefined) return false;
    this.#sent.add(frame.body);
    if (this.#fresh.count === 0) this.#options.onHandedOver();
    return true;
  }

  /** Appends the next sent frame, however often it takes. */
  async #append(): Promise<void> {
    const { bus, run, epoch, timers } = this.#options;
    let retryMs = this.#limits.firstRetryMs;
    for (;;) {
      const frame = this.#sent.next;
      if (frame === undefined || this.#state !== "open") return;
      const id = { run, epoch, seq: frame.seq };
      const appending = this.#fenced
        ? bus.appendLateFrame(id, frame.body)
        : bus.appendFrame(id, frame.body, this.#sent.floor);
      const result = await appending.catch((error: unknown) =>
        isBusClosed(error) ? "closed" : "failed",
      );
      if (result === "ok" || result === "duplicate") {
        this.#sent.appended(frame.seq);
        // A late one is in nobody's way any more.
        if (this.#fenced) this.#sent.acknowledged(frame.seq);
        this.#pressure = false;
        if (result === "ok") this.#rewinds = 0;
        return;
      }
      if (result === "closed") {
        this.#end("closed");
        return;
      }
      if (result === "fenced") {
        this.#fenced = true;
        this.#sent.rewind();
        return;
      }
      if (result === "out-of-order" && !this.#rewind(frame.seq)) return;
      this.#pressure = true;
      await sleep(timers, retryMs, this.#closing.signal);
      retryMs = Math.min(retryMs * 2, this.#limits.lastRetryMs);
    }
  }

  /** The log lacks earlier frames: start again at the first one that is not on the coordinator's disk. */
  #rewind(seq: number): boolean {
    this.#rewinds += 1;
    if (this.#rewinds <= MAX_REWINDS) {
      this.#sent.rewind();
      return true;
    }
    this.#problem(`the frame log of run ${this.#options.run} refuses frame ${seq} as out of order`);
    return false;
  }

  async #pollAcknowledged(): Promise<void> {
    while (this.#state === "open") {
      await sleep(this.#options.timers, this.#limits.acknowledgedPollMs, this.#closing.signal);
      await this.#askAcknowledged();
    }
  }

  async #askAcknowledged(): Promise<void> {
    if (this.#asking || this.#state !== "open" || this.#sent.count === 0) return;
    this.#asking = true;
    const { bus, run, epoch } = this.#options;
    try {
      this.#sent.acknowledged(await bus.acknowledgedSeq(run, epoch));
    } catch (error) {
      // Any other trouble passes, or the lease runs out.
      if (isBusClosed(error)) this.#end("closed");
    }
    this.#asking = false;
    void this.#pump();
  }

  #problem(problem: string): void {
    this.#end("broken");
    this.#options.onProblem(problem);
  }

  #end(state: "broken" | "closed"): void {
    if (this.#state !== "open") return;
    this.#state = state;
    this.#unsubscribe();
    this.#closing.abort();
    this.#settle();
  }

  #settle(): void {
    const settled = this.#settled;
    this.#settled = [];
    for (const resolve of settled) resolve();
  }
}
