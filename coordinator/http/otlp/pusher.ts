/**
 * One collector of a run: everything counted so far, at once and every PUSH_EVERY_MS from then on, and once more when the
 * run is over, so that its last points are those of the summary. Made by launch/metrics/push.ts. Invariant: one export at a time, and
 * one that fails is noted once, counted, and never tried again: the next one holds all that it held.
 */
import { assert } from "../../../shared/assert.ts";
import { oneLine } from "../../../shared/log.ts";
import type { Clock } from "../../../shared/time/clock.ts";
import { sleep, type Timers } from "../../../shared/time/timer.ts";
import type { RunMeasures } from "../../live/measures.ts";
import { runMetrics } from "../metrics/run-metrics.ts";
import { MAX_REASON, type OtlpExporter } from "./exporter.ts";
import { resourceMetrics } from "./points.ts";

/** From the begin of one export to that of the next. */
const PUSH_EVERY_MS = 5000;

export interface PusherParts {
  /** Shown. */
  readonly url: string;
  readonly exporter: OtlpExporter;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Takes a line for people. */
  readonly note: (line: string) => void;
}

export class Pusher {
  readonly #parts: PusherParts;
  readonly #over = new AbortController();
  #read: (() => RunMeasures) | null = null;
  #pushing: Promise<void> = Promise.resolve();
  /** When counting began; what follows is told by the monotonic clock. */
  #startUs = 0;
  #monotonicStartUs = 0;
  #exports = 0;
  #failed = 0;
  #lastReason: string | null = null;
  #lastFailed = false;

  constructor(parts: PusherParts) {
    this.#parts = parts;
  }

  /** Once, before anything is counted. */
  begin(read: () => RunMeasures): void {
    assert(this.#read === null, "a run begins once");
    const { clock } = this.#parts;
    this.#read = read;
    this.#startUs = clock.wallMs() * 1000;
    this.#monotonicStartUs = clock.monotonicUs();
    this.#pushing = this.#pushOn(read);
  }

  /** The last export, when the run is over. @returns what is to be said; null when all went well */
  async finish(): Promise<string | null> {
    this.#over.abort();
    await this.#pushing;
    if (this.#read === null) return null;
    await this.#push(this.#read);
    if (this.#failed === 0) return null;
    const last = this.#lastFailed
      ? "the last one too, so the collector has no end of this run"
      : "the last one arrived, and it holds everything";
    return `metrics to ${this.#parts.url}: ${this.#failed} of ${this.#exports} exports failed (${this.#lastReason}); ${last}`;
  }

  async #pushOn(read: () => RunMeasures): Promise<void> {
    const { clock, timers } = this.#parts;
    const { signal } = this.#over;
    while (!signal.aborted) {
      const begunUs = clock.monotonicUs();
      await this.#push(read);
      const tookMs = (clock.monotonicUs() - begunUs) / 1000;
      await sleep(timers, Math.max(0, PUSH_EVERY_MS - tookMs), signal);
    }
  }

  async #push(read: () => RunMeasures): Promise<void> {
    const { note, url } = this.#parts;
    this.#exports++;
    const reason = await this.#export(read);
    this.#lastFailed = reason !== null;
    if (reason === null) return;
    if (this.#failed === 0) note(`metrics to ${url} failed (${reason}); the run goes on`);
    this.#failed++;
    this.#lastReason = reason;
  }

  /** @returns why it failed, on one line */
  async #export(read: () => RunMeasures): Promise<string | null> {
    try {
      const measures = read();
      const metrics = resourceMetrics(runMetrics(measures), measures.view.run, this.#span());
      return await this.#parts.exporter.export(metrics);
    } catch (error) {
      return oneLine((error as Error).message, MAX_REASON);
    }
  }

  #span(): { startUs: number; endUs: number } {
    const sinceUs = this.#parts.clock.monotonicUs() - this.#monotonicStartUs;
    return { startUs: this.#startUs, endUs: this.#startUs + sinceUs };
  }
}
