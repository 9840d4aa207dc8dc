/**
 * The recorder: turns what happens on an engine's connections into counters, histograms and ticks, and cuts
 * them into frames at second boundaries of run time. Called by connections and the engine, asks nobody.
 * Invariant: everything recorded is in exactly one frame; recording allocates nothing in the steady state.
 */

import { TargetText } from "../../shared/scenario/mask/target-text.ts";
import {
  indexOf,
  METRICS,
  NAME_COUNTERS,
  PHASE_COUNTERS,
  ROLE_COUNTERS,
  SHARD_FIELDS,
  TARGET_COUNTERS,
} from "../../shared/stats/counters.ts";
import type { CloseCause } from "../../shared/stats/failure-kind.ts";
import type { EngineHealth, Frame } from "../../shared/wire/frame/frame.ts";
import { AgreedRows } from "./agreed-rows.ts";
import { CloseRows } from "./close-rows.ts";
import { FailureEvents } from "./failure-events.ts";
import { FailureLog } from "./failure-log.ts";
import { HistogramRows, type MakeHistogram } from "./histogram-rows.ts";
import { type MessageCounters, NOT_BY_TARGET, type SKIPPED } from "./message-counters.ts";
import { NameRows } from "./name-rows.ts";
import { PartRows } from "./part-rows.ts";
import { cutPhaseRows, phaseRows } from "./phase-rows.ts";
import { PushRows } from "./push-rows.ts";
import { ShardRows } from "./shard-rows.ts";
import { SERIES, TickRows } from "./tick-rows.ts";
import { UptimeRows } from "./uptime-rows.ts";

export const COUNT = indexOf(PHASE_COUNTERS);
export const METRIC = indexOf(METRICS);
export const TARGET = indexOf(TARGET_COUNTERS);
export const ROLE = indexOf(ROLE_COUNTERS);
export const NAME = indexOf(NAME_COUNTERS);
const SHARD = indexOf(SHARD_FIELDS);

const SECOND_US = 1_000_000;
const CUMULATIVE_EVERY = 10;

/** A connection as it is counted; `phase` is that of its intended open. */
export interface Counted {
  readonly phase: number;
  readonly shard: number;
  readonly target: number;
  readonly role: number;
  /** Added to the phase where a fault is to blame. */
  readonly shift: number;
}

export class Recorder {
  readonly failures: FailureLog;
  readonly events: FailureEvents;
  readonly #text: TargetText;
  readonly agreed: AgreedRows;
  readonly pushes: PushRows;
  /** They count nothing in a run of one. */
  readonly targets: PartRows;
  readonly roles: PartRows;
  readonly uptime: UptimeRows;
  #phases: number;
  #counters: Float64Array;
  readonly #nameRows: NameRows;
  readonly #totals = new Float64Array(PHASE_COUNTERS.length);
  readonly #histograms: HistogramRows;
  readonly #closes = new CloseRows();
  readonly #ticks = new TickRows();
  readonly #shards: ShardRows;
  #second = -1;
  #framesCut = 0;

  constructor(sizes: {
    readonly phases: number;
    /** Of the phases, those of the scenario; behind them is what faults are to blame for. Default: all. */
    readonly shift?: number;
    readonly names: number;
    readonly shards: number;
    readonly targets?: number;
    readonly roles?: number;
    /** Masked in whatever the target says. */
    readonly secrets?: readonly string[];
    readonly seed?: number;
    readonly makeHistogram?: MakeHistogram | undefined;
    /** Default: one that only keeps them. */
    readonly makeFailures?: (text: TargetText) => FailureLog;
  }) {
    const text = new TargetText(sizes.secrets);
    this.#text = text;
    this.failures = sizes.makeFailures?.(text) ?? new FailureLog(text);
    this.events = new FailureEvents(text, sizes.seed ?? 0);
    this.agreed = new AgreedRows(text);
    this.pushes = new PushRows(text);
    this.#phases = sizes.phases;
    const names = Math.max(1, sizes.names);
    this.#counters = phaseRows(sizes.phases);
    this.#nameRows = new NameRows(sizes.phases, names);
    this.#histograms = new HistogramRows(sizes.phases, names, sizes.makeHistogram);
    this.#shards = new ShardRows(sizes.shards);
    this.targets = new PartRows(sizes.phases, sizes.targets ?? 1, TARGET_COUNTERS);
    this.roles = new PartRows(sizes.phases, sizes.roles ?? 1, ROLE_COUNTERS);
    this.uptime = new UptimeRows(this, sizes.targets ?? 1, sizes.shift ?? sizes.phases);
  }

  /** Makes room for more phases and names than there were; what was counted stays. */
  grow(phases: number, names: number): void {
    if (phases > this.#phases) this.#counters = phaseRows(phases, this.#counters);
    this.#phases = Math.max(phases, this.#phases);
    this.#nameRows.grow(this.#phases, names);
    this.#histograms.grow(this.#phases, names);
    this.targets.grow(this.#phases);
    this.roles.grow(this.#phases);
  }

  /** A secret that was captured: masked from now on. */
  keepSecret(value: string): void {
    this.#text.keepSecret(value);
  }

  get open(): number {
    return this.#ticks.open;
  }

  /** Run time of the next second boundary, microseconds. */
  get nextCutUs(): number {
    return (this.#second + 1) * SECOND_US;
  }

  get second(): number {
    return this.#second;
  }

  addShard(shard: number): void {
    this.#shards.add(shard);
  }

  /** Adds to a counter of PHASE_COUNTERS (index from COUNT). */
  count(phase: number, counter: number, amount: number): void {
    const at = phase * PHASE_COUNTERS.length + counter;
    this.#counters[at] = (this.#counters[at] as number) + amount;
  }

  /** Records microseconds under a metric without message names. */
  value(metric: number, phase: number, valueUs: number): void {
    this.#histograms.at(metric, phase, 0).record(valueUs);
  }

  /** Adds to a counter of NAME_COUNTERS (index from NAME) alone. */
  countName(phase: number, name: number, counter: number, amount = 1): void {
    this.#nameRows.count(phase, name, counter, amount);
  }

  /** Records microseconds under a metric of NAMED_METRICS. */
  namedValue(metric: number, phase: number, name: number, valueUs: number): void {
    this.#histograms.at(metric, phase, name).record(valueUs);
  }

  attempted({ phase, shard, target, role, shift }: Counted, again: boolean): void {
    this.count(phase, COUNT.attempted, 1);
    this.targets.count(phase, target, TARGET.attempted);
    this.roles.count(phase, role, ROLE.attempted);
    this.#shards.count(shard, SHARD.attempted);
    if (!again) return;
    this.count(phase + shift, COUNT.reconnects, 1);
    this.targets.count(phase + shift, target, TARGET.reconnects);
    this.roles.count(phase + shift, role, ROLE.reconnects);
  }

  established({ phase, shard, target, role }: Counted, nowUs: number): void {
    this.count(phase, COUNT.established, 1);
    this.targets.count(phase, target, TARGET.established);
    this.roles.count(phase, role, ROLE.established);
    this.#shards.count(shard, SHARD.established);
    this.#ticks.moveTo(nowUs, this.#second);
    this.#ticks.open++;
    this.#ticks.count(SERIES.opened);
  }

  failed({ phase, shard, target, role }: Counted, nowUs: number): void {
    this.count(phase, COUNT.failed, 1);
    this.targets.count(phase, target, TARGET.failed);
    this.roles.count(phase, role, ROLE.failed);
    this.#shards.count(shard, SHARD.failed);
    this.#ticks.moveTo(nowUs, this.#second);
    this.#ticks.count(SERIES.failed);
  }

  closed({ phase, shard, role }: Counted, cause: CloseCause, nowUs: number): void {
    this.count(phase, COUNT.closed, 1);
    this.roles.count(phase, role, ROLE.closed);
    this.#shards.count(shard, SHARD.closed);
    this.#closes.count(cause);
    this.#ticks.moveTo(nowUs, this.#second);
    this.#ticks.open--;
    this.#ticks.count(SERIES.closed);
  }

  /** The connection that closed() is told of was dropped. @param phase the one it ended in */
  dropped(phase: number, { target, role }: Pick<Counted, "target" | "role">): void {
    this.count(phase, COUNT.dropped, 1);
    this.targets.count(phase, target, TARGET.dropped);
    this.roles.count(phase, role, ROLE.dropped);
  }

  sent(phase: number, name: number, bytes: number): void {
    const at = phase * PHASE_COUNTERS.length;
    this.#counters[at + COUNT.sent] = (this.#counters[at + COUNT.sent] as number) + 1;
    this.#counters[at + COUNT.bytesSent] = (this.#counters[at + COUNT.bytesSent] as number) + bytes;
    this.#nameRows.count(phase, name, NAME.sent);
    this.#ticks.count(SERIES.sent);
  }

  /** A message slot fell due. */
  planned(phase: number, role: number): void {
    this.count(phase, COUNT.planned, 1);
    this.roles.count(phase, role, ROLE.planned);
  }

  /** Nothing was sent in it; `why` is one of SKIPPED. */
  skipped(phase: number, role: number, why: (typeof SKIPPED)[keyof typeof SKIPPED]): void {
    this.count(phase, why.phase, 1);
    this.roles.count(phase, role, why.role);
  }

  received(phase: number, role: number, bytes: number): void {
    this.roles.count(phase, role, ROLE.received);
    const at = phase * PHASE_COUNTERS.length;
    this.#counters[at + COUNT.received] = (this.#counters[at + COUNT.received] as number) + 1;
    this.#counters[at + COUNT.bytesReceived] =
      (this.#counters[at + COUNT.bytesReceived] as number) + bytes;
    this.#ticks.count(SERIES.received);
  }

  /** A reply matched: corrected latency (done - intended) and service time (done - sent). */
  matched(phase: number, name: number, latencyUs: number, serviceUs: number): void {
    this.count(phase, COUNT.matched, 1);
    this.#nameRows.count(phase, name, NAME.matched);
    this.#histograms.at(METRIC.latency, phase, name).record(latencyUs);
    this.#histograms.at(METRIC.service, phase, name).record(serviceUs);
  }

  /** Counts what became of a message of the mix; `counters` is one of MESSAGE. */
  message(counters: MessageCounters, phase: number, name: number, target: number): void {
    this.count(phase, counters.phase, 1);
    this.#nameRows.count(phase, name, counters.name);
    if (counters.target !== NOT_BY_TARGET) this.targets.count(phase, target, counters.target);
  }

  /** Moves ticks on; the engine calls it once a turn, so gauges hold where nothing happens. */
  touch(nowUs: number): void {
    this.#ticks.moveTo(nowUs, this.#second);
  }

  /** Starts recording at a second of run time (0 for a run's start). */
  begin(second: number): void {
    this.#second = second;
    this.#ticks.begin();
    this.uptime.begin(second * SECOND_US);
  }

  /** Cuts the current second into a frame and goes on with the next. */
  cut(engine: number, health: EngineHealth, final: boolean): Frame {
    this.#ticks.moveTo(this.nextCutUs - 1, this.#second);
    this.uptime.flush(this.nextCutUs, final);
    this.#framesCut++;
    const histograms = this.#histograms.cut();
    const phases = cutPhaseRows(this.#counters, this.#totals);
    const frame: Frame = {
      engine,
      second: this.#second,
      spanSeconds: 1,
      final,
      shards: this.#shards.cut(final),
      phases,
      names: this.#nameRows.cut(),
      histograms,
      ticks: this.#ticks.cut(),
      failures: this.failures.cut(),
      closes: this.#closes.cut(),
      health,
      cumulative:
        final || this.#framesCut % CUMULATIVE_EVERY === 0
          ? {
              counters: Array.from(this.#totals),
              histogramValues: this.#histograms.valuesCut,
            }
          : null,
      targets: this.targets.cut().map(({ part, ...row }) => ({ ...row, target: part })),
      agreed: this.agreed.cut(),
      codes: this.failures.codes.cut(),
      scopes: this.pushes.cutScopes(),
      reaches: this.pushes.cutReaches(),
      ...this.events.cut(),
      roles: this.roles.cut().map(({ part, ...row }) => ({ ...row, role: part })),
    };
    this.#second++;
    return frame;
  }
}
