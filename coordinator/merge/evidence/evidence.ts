/**
 * What a diagnosis looks at beside the results of a run: single failures and healthy connections, the health of the generator,
 * and what kernels counted. Filled by merge.ts, read by coordinator/analysis. Invariant: the order of frames changes nothing.
 */
import { type Frame, HEALTH_FIELDS } from "../../../shared/wire/frame/frame.ts";
import {
  KERNEL_FIELDS,
  KERNEL_GAUGES,
  type KernelField,
} from "../../../shared/wire/frame/kernel.ts";
import type { SentinelRows } from "../../../shared/wire/frame/sentinel-rows.ts";
import { type EventFacts, FailureEvents } from "./failure-events.ts";
import { LadderSeries } from "./ladder-series.ts";
import { WorkerTimes } from "./worker-times.ts";
import { WorstSeries } from "./worst-series.ts";

interface EvidenceFacts extends EventFacts {
  /** Seconds of the plan. */
  readonly planned: number;
  /** All that is picked of pages, in order. */
  readonly picks: readonly string[];
}

export class Evidence {
  readonly events: FailureEvents;
  /** Of the worst engine. */
  readonly health = new WorstSeries(HEALTH_FIELDS);
  /** Of the worst machine; counters by the second. */
  readonly kernel = new WorstSeries(KERNEL_FIELDS);

  /** Of each worker. */
  readonly times: WorkerTimes;
  /** Of the targets, from beside the load. */
  readonly ladder = new LadderSeries();
  /** What targets told of themselves, by what was picked (observe.metrics). */
  readonly readings: WorstSeries<string>;
  readonly #picks: readonly string[];

  constructor(facts: EvidenceFacts) {
    this.events = new FailureEvents(facts);
    this.times = new WorkerTimes(facts.planned);
    this.#picks = facts.picks;
    this.readings = new WorstSeries(facts.picks);
  }

  /** @param epoch of the worker @param seq of the frame */
  addFrame(epoch: number, seq: number, frame: Frame): void {
    this.events.addFrame(epoch, seq, frame);
    if (frame.sentinel !== undefined) this.#addSentinel(frame, frame.sentinel);
    // A final frame covers a moment of its second; what was so in it says nothing.
    if (frame.final) return;
    const { health, kernel, spanSeconds } = frame;
    this.health.add(
      frame,
      HEALTH_FIELDS.map((field) => health[field]),
    );
    if (kernel === undefined) return;
    this.kernel.add(
      frame,
      KERNEL_FIELDS.map((field, at) => perSecond(field, kernel[at], spanSeconds)),
    );
  }

  #addSentinel(frame: Frame, { probes, readings }: SentinelRows): void {
    this.ladder.add(frame, probes);
    if (readings.length === 0) return;
    const values = this.#picks.map((_, at) => readings.findLast(({ pick }) => pick === at)?.value);
    this.readings.add({ second: frame.second, spanSeconds: 1 }, values);
  }
}

function perSecond(field: KernelField, value: number | undefined, seconds: number) {
  return value === undefined || KERNEL_GAUGES.has(field) ? value : value / seconds;
}
