/**
 * The generator's view of itself: is it the bottleneck? Sampled by the engine when a frame is cut; garbage
 * collections are told by the runtime as they happen. Invariant: it reads, it never judges; gates belong to
 * the coordinator's analysis.
 */
import { statSync } from "node:fs";
import { type EventLoopUtilization, PerformanceObserver, performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { EngineHealth } from "../../shared/wire/frame/frame.ts";
import { ProcessorWatch } from "./processor-watch.ts";
import { QuotaWatch } from "./quota-watch.ts";

export class SelfCheck {
  readonly #onGcPause: (pauseUs: number) => void;
  readonly #observer: PerformanceObserver;
  #utilisation: EventLoopUtilization = performance.eventLoopUtilization();
  readonly #quota = new QuotaWatch();
  readonly #processor = new ProcessorWatch();
  #cpu = process.cpuUsage();
  #sampledUs: number;
  #gcCount = 0;
  #loopLagMaxUs = 0;
  #rssBytes = 0;

  /** @param onGcPause told the length of each garbage collection of this thread */
  constructor(nowUs: number, onGcPause: (pauseUs: number) => void) {
    this.#sampledUs = nowUs;
    this.#onGcPause = onGcPause;
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        this.#gcCount++;
        this.#onGcPause(entry.duration * 1000);
      }
    });
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  /** A turn of the engine came this much later than planned. */
  lagged(lagUs: number): void {
    if (lagUs > this.#loopLagMaxUs) this.#loopLagMaxUs = lagUs;
  }

  /** Health since the last sample. `nowUs` on any one monotonic clock. */
  sample(nowUs: number, use: { readonly sockets: number; readonly ports: number }): EngineHealth {
    const total = performance.eventLoopUtilization();
    const since = performance.eventLoopUtilization(total, this.#utilisation);
    const cpu = process.cpuUsage(this.#cpu);
    const spanUs = Math.max(1, nowUs - this.#sampledUs);
    const heap = getHeapStatistics();
    const health: EngineHealth = {
      utilisation: Math.min(1, Math.max(0, since.utilization)),
      processCpu: (cpu.user + cpu.system) / spanUs,
      rssBytes: this.#memoryBytes(),
      heapUsedBytes: heap.used_heap_size,
      heapLimitBytes: heap.heap_size_limit,
      sockets: use.sockets,
      openFiles: openFiles(),
      ports: use.ports,
      bufferedBytes: 0,
      gcCount: this.#gcCount,
      loopLagMaxUs: Math.round(this.#loopLagMaxUs),
      throttled: this.#quota.sample(spanUs),
      processorWait: this.#processor.sample(spanUs),
    };
    this.#utilisation = total;
    this.#cpu = process.cpuUsage();
    this.#sampledUs = nowUs;
    this.#gcCount = 0;
    this.#loopLagMaxUs = 0;
    return health;
  }

  /** The system says it in a file: of a process that may open no more, the last figure stands. */
  #memoryBytes(): number {
    try {
      this.#rssBytes = process.memoryUsage.rss();
    } catch {
      // The load goes on; what it could not open is counted there.
    }
    return this.#rssBytes;
  }

  dispose(): void {
    this.#observer.disconnect();
  }
}

/** Linux from 6.2 on says the number of open files as the size of this folder; reading it would stall us. */
function openFiles(): number {
  try {
    return statSync("/proc/self/fd").size;
  } catch {
    return 0;
  }
}
