/**
 * What is known of one worker incarnation (one epoch) of a run: its frames, its shards' ledgers, its health.
 * Filled by merge.ts from frames and by run-fold.ts from events. Invariant: sums, maxima and sets only,
 * so the order of frames does not matter.
 */
import {
  METRICS,
  PHASE_COUNTERS,
  SHARD_FIELDS,
  TICK_SERIES,
} from "../../../shared/stats/counters.ts";
import { MergedHistogram } from "../../../shared/stats/histogram.ts";
import type { Counts, Frame } from "../../../shared/wire/frame/frame.ts";
import type { WorkerLimits, WorkerMachine } from "../../store/worker-joined.ts";
import { FrameAudit } from "./audit.ts";
import { SaturatedSeconds } from "./saturated-seconds.ts";
import { SeqSet } from "./seq-set.ts";
import { TickGauge } from "./tick-gauge.ts";

export interface ShardRecord {
  attempted: number;
  established: number;
  failed: number;
  closed: number;
  /** Gauge of the newest frame that names the shard. */
  open: number;
  openSeq: number;
}

interface EngineRecord {
  /** Last second of run time delivered. */
  lastSecond: number;
  final: boolean;
}

export interface Loss {
  readonly reason: string;
  /** Run time when it was recorded; null before the start. */
  readonly atUs: number | null;
  /** End of the last second reported until then; null when there was none. */
  readonly reportedUs: number | null;
  readonly open: number;
  readonly opensAtMost: number;
  readonly messagesAtMost: number;
  readonly slices: readonly number[];
  /** The run had somebody to go on without it. */
  recovery: "none-needed" | "open" | "recovered" | "dropped";
}

/** live: neither has said its last frame nor been lost. */
export type WorkerEnd = "live" | "finished" | "lost";

export const LOOP_LAG = METRICS.indexOf("loopLag");
const OPEN = TICK_SERIES.indexOf("open");
const CPU_SCALE = 1_000_000;

export class WorkerRecord {
  readonly epoch: number;
  id: string;
  host = "";
  engineCount = 0;
  /** null when nobody wrote it down. */
  machine: WorkerMachine | null = null;
  limits: WorkerLimits | null = null;
  end: WorkerEnd = "live";
  /** How it was lost; null unless it was. */
  loss: Loss | null = null;
  /** How late run time began here, and how exactly that is known; null before. */
  start: { readonly skewUs: number; readonly clockErrorUs: number } | null = null;
  capacity = 0;
  fenceAfterMs = 0;
  /** The bus it was seen on first. */
  generation = "";
  /** Frames that came when its log was fenced already, merged ones only. */
  lateFrames = 0;
  /** Highest seq it will ever write, once it has said so. */
  lastSeq: number | null = null;
  readonly frames = new SeqSet();
  readonly audit = new FrameAudit();
  readonly counters: number[] = PHASE_COUNTERS.map(() => 0);
  readonly shards = new Map<number, ShardRecord>();
  readonly engines = new Map<number, EngineRecord>();
  readonly openGauge = new TickGauge();
  readonly loopLag = new MergedHistogram();
  readonly saturated = new SaturatedSeconds();
  unreadable = 0;
  /** Sum of CPU shares weighted by seconds; integers, so that sums do not depend on order. */
  #cpuSum = 0;
  #cpuSeconds = 0;

  constructor(epoch: number) {
    this.epoch = epoch;
    this.id = `epoch-${epoch}`;
  }

  /** Frames that must exist and are not there. What a lost worker still meant to send is declared with its loss. */
  get framesMissing(): number {
    const last = this.end === "lost" ? -1 : (this.lastSeq ?? -1);
    return Math.max(this.frames.max, last) + 1 - this.frames.size;
  }

  /** Everything it will ever send is merged. */
  get complete(): boolean {
    return this.lastSeq !== null && this.frames.contiguous >= this.lastSeq;
  }

  /** Every engine it has said to have delivered its final frame, and nothing before it is missing. */
  get allFinal(): boolean {
    const finals = [...this.engines.values()].filter(({ final }) => final).length;
    return finals > 0 && finals >= this.engineCount && this.frames.contiguous === this.frames.max;
  }

  /** Mean CPU of the process in cores, or null without frames. */
  get cpu(): number | null {
    if (this.#cpuSeconds === 0) return null;
    return Math.round(this.#cpuSum / this.#cpuSeconds / 1000) / (CPU_SCALE / 1000);
  }

  /** End of the last second that every engine it has has reported; null before. */
  get reportedUs(): number | null {
    if (this.engines.size === 0 || this.engines.size < this.engineCount) return null;
    let lastSecond = Number.POSITIVE_INFINITY;
    for (const engine of this.engines.values()) {
      if (!engine.final) lastSecond = Math.min(lastSecond, engine.lastSecond);
    }
    if (lastSecond === Number.POSITIVE_INFINITY) {
      lastSecond = Math.max(...[...this.engines.values()].map((engine) => engine.lastSecond));
    }
    return lastSecond < 0 ? null : (lastSecond + 1) * 1_000_000;
  }

  /** Connections open by its newest frames. */
  get open(): number {
    let open = 0;
    for (const shard of this.shards.values()) open += shard.open;
    return open;
  }

  /** The frame holds what it did when its loss had been recorded. */
  isOverrun({ second, spanSeconds }: Frame): boolean {
    return this.loss !== null && (second + spanSeconds) * 1_000_000 > (this.loss.atUs ?? 0);
  }

  addFrame(seq: number, frame: Frame): void {
    for (const { counters } of frame.phases) {
      for (let at = 0; at < PHASE_COUNTERS.length; at++) {
        this.counters[at] = (this.counters[at] ?? 0) + (counters[at] ?? 0);
      }
    }
    for (const { shard, counters } of frame.shards) this.#addShard(seq, shard, counters);
    if (frame.second >= 0) this.openGauge.add(frame.second, frame.ticks[OPEN] ?? []);
    this.saturated.addFrame(frame);
    // A final frame covers a moment of its second; what that took says nothing.
    if (!frame.final) {
      this.#cpuSum += Math.round(frame.health.processCpu * CPU_SCALE) * frame.spanSeconds;
      this.#cpuSeconds += frame.spanSeconds;
    }
    const engine = this.engines.get(frame.engine) ?? { lastSecond: -1, final: false };
    engine.lastSecond = Math.max(engine.lastSecond, frame.second + frame.spanSeconds - 1);
    engine.final ||= frame.final;
    this.engines.set(frame.engine, engine);
    this.#settle();
  }

  /** An engine's frames follow each other in the log, so without a gap in it all engines are past what they have reported. */
  #settle(): void {
    if (this.engineCount === 0 || this.frames.contiguous !== this.frames.max) return;
    this.openGauge.settle((this.reportedUs ?? 0) / 1_000_000);
  }

  #addShard(seq: number, shard: number, counters: Counts): void {
    const none = { attempted: 0, established: 0, failed: 0, closed: 0, open: 0, openSeq: -1 };
    const record = this.shards.get(shard) ?? none;
    this.shards.set(shard, record);
    for (const [at, field] of SHARD_FIELDS.entries()) {
      if (field !== "open") record[field] += counters[at] ?? 0;
      else if (seq > record.openSeq) {
        record.open = counters[at] ?? 0;
        record.openSeq = seq;
      }
    }
  }
}
