/**
 * Merges frames into what the run came to: totals, timeline, failures and each worker's record. Used by
 * run-fold.ts, live and offline alike.
 * Invariant: a set union of frame identities over sums. Permuting, duplicating or replaying frames changes
 * nothing; a frame counts once or, when it cannot be read, not at all and is said so.
 */
import { OnrushError } from "../../shared/errors.ts";
import { namesOf, rolesOf } from "../../shared/scenario/names.ts";
import { pickedOf } from "../../shared/scenario/strict-observe.ts";
import {
  NAME_COUNTERS,
  PHASE_COUNTERS,
  type PhaseCounter,
  ROLE_COUNTERS,
  TARGET_COUNTERS,
} from "../../shared/stats/counters.ts";
import type { CloseCause } from "../../shared/stats/failure-kind.ts";
import { DecodedHistogram } from "../../shared/stats/histogram.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";
import { decodeFrame } from "../../shared/wire/frame/frame-codec.ts";
import { FrameDictionaries } from "../../shared/wire/frame/frame-dictionary.ts";
import type { JournalRecord } from "../store/journal-record.ts";
import { AgreedCounts } from "./agreed.ts";
import { CounterTable } from "./counter-sums.ts";
import { Evidence } from "./evidence/evidence.ts";
import type { RunFacts } from "./facts.ts";
import { FailureGroups } from "./failure-groups.ts";
import { FailureSeriesTable } from "./failures/failure-series.ts";
import { checkFrame, lastPossibleSecond } from "./frame-check.ts";
import { Overrun } from "./overrun.ts";
import { PushMerge } from "./push/push-merge.ts";
import type { Piece } from "./series/packed.ts";
import { Series } from "./series/series.ts";
import { Timeline } from "./timeline.ts";
import { UptimeSeries } from "./uptime-series.ts";
import type { FrameSum } from "./worker/audit.ts";
import { LOOP_LAG, WorkerRecord } from "./worker/worker-record.ts";

/** Further unreadable frames are counted, not described. */
const MAX_UNREADABLE_MESSAGES = 10;

/** What a lost worker had not yet told of the messages it saw last. */
const PUSH_TOLD_US = 6_000_000;

type FrameRecord = Extract<JournalRecord, { type: "frame" }>;

/** The part of what is not told apart. */
const ALL = 0;

export type Counters = Record<PhaseCounter, number>;

export class RunMerge {
  readonly series = new Series();
  readonly timeline = new Timeline(this.series);
  readonly uptime = new UptimeSeries();
  readonly failures: FailureGroups;
  /** For a diagnosis. */
  readonly evidence: Evidence;
  readonly failureSeries: FailureSeriesTable;
  readonly workers = new Map<number, WorkerRecord>();
  readonly closes = new Map<CloseCause, number>();
  readonly agreed = new AgreedCounts();
  /** Pushed messages, by the names of listen. */
  readonly pushes = new PushMerge((epoch, atUs) => {
    const worker = this.workers.get(epoch);
    return worker?.end === "lost" && atUs >= (worker.loss?.reportedUs ?? 0) - PUSH_TOLD_US;
  });
  /** Of the builds whose frames there are. */
  readonly dictionaries = new FrameDictionaries();
  /** What lost workers did when others had their slices already. */
  readonly overrun = new Overrun();
  /** Frames merged. */
  frames = 0;
  readonly unreadable: string[] = [];
  /** By phase alone: of the part ALL. */
  readonly phases = new CounterTable(PHASE_COUNTERS);
  /** By position in namesOf. */
  readonly names = new CounterTable(NAME_COUNTERS);
  /** By index; only in runs of several. */
  readonly targets = new CounterTable(TARGET_COUNTERS);
  /** By position in rolesOf; only in runs of several. */
  readonly roles = new CounterTable(ROLE_COUNTERS);
  #facts: RunFacts;

  constructor(facts: RunFacts) {
    this.#facts = facts;
    if (facts.counters !== undefined) this.dictionaries.add(facts.counters);
    this.failures = new FailureGroups(facts.scenario.phases.length);
    this.evidence = new Evidence({
      seconds: lastPossibleSecond(facts),
      planned: Math.ceil(facts.durationUs / 1_000_000),
      phases: facts.scenario.phases.length,
      picks: pickedOf(facts.scenario.observe),
      openAt: (second) => this.timeline.openGauge.atEndOf(second),
    });
    this.failureSeries = new FailureSeriesTable(facts.scenario.phases.length);
  }

  /** The run has more faults than before: frames that follow may name them. What there is keeps its place. */
  follow({ scenario: { faults } }: RunFacts): void {
    const { scenario } = this.#facts;
    this.#facts = { ...this.#facts, scenario: { ...scenario, faults } };
  }

  /** Names that have counts of their own. */
  get nameCount(): number {
    return namesOf(this.#facts.scenario).length;
  }

  /** Names that are sequences. */
  get sequences(): readonly number[] {
    const parts = namesOf(this.#facts.scenario);
    return parts.flatMap(({ kind }, at) => (kind === "sequence" ? [at] : []));
  }

  get targetCount(): number {
    return this.#facts.scenario.targets.length;
  }

  get roleCount(): number {
    return rolesOf(this.#facts.scenario).length;
  }

  /** The record of a worker incarnation, made when missing. */
  worker(epoch: number): WorkerRecord {
    const known = this.workers.get(epoch);
    if (known) return known;
    const made = new WorkerRecord(epoch);
    this.workers.set(epoch, made);
    return made;
  }

  /**
   * Adds a frame as it came from the log, on time or late. Of a lost worker, only what had ended before its loss was
   * recorded is merged. @returns false for a duplicate, which changes nothing.
   */
  add({ epoch, seq, body, late }: Omit<FrameRecord, "type">): boolean {
    const worker = this.worker(epoch);
    if (!worker.frames.add(seq)) return false;
    let frame: Frame;
    let histograms: readonly Piece[];
    let sum: FrameSum;
    try {
      frame = decodeFrame(body, this.dictionaries);
      checkFrame(frame, this.#facts);
      histograms = frame.histograms.map(({ metric, phase, name, bytes }) => ({
        metric,
        phase,
        name,
        values: new DecodedHistogram(bytes),
      }));
      sum = sumOf(frame, histograms);
    } catch (error) {
      if (!(error instanceof OnrushError)) throw error;
      this.#refuse(worker, seq, error.message);
      return true;
    }
    if (worker.isOverrun(frame)) {
      this.overrun.add(frame);
      worker.audit.add(seq, sum);
      return true;
    }
    this.#merge(worker, seq, frame, histograms);
    worker.audit.add(seq, sum);
    if (late) worker.lateFrames++;
    return true;
  }

  /** Counters of the phases that pass. */
  counters(phases: ReadonlySet<number> | null = null): Counters {
    return this.phases.sum(ALL, phases);
  }

  #merge(worker: WorkerRecord, seq: number, frame: Frame, histograms: readonly Piece[]): void {
    this.frames++;
    for (const { phase, counters } of frame.phases) {
      this.phases.add(ALL, phase, counters);
      if (this.#facts.scenario.phases[phase]?.exclude === false) {
        this.timeline.addCounters(frame.second, counters);
      }
    }
    for (const { phase, name, counters } of frame.names) this.names.add(name, phase, counters);
    for (const { phase, target, counters } of frame.targets) {
      this.targets.add(target, phase, counters);
    }
    for (const { phase, role, counters } of frame.roles) this.roles.add(role, phase, counters);
    for (const { cause, count } of frame.closes) {
      this.closes.set(cause, (this.closes.get(cause) ?? 0) + count);
    }
    for (const { metric, values } of histograms) {
      if (metric === LOOP_LAG) worker.loopLag.addDecoded(values);
    }
    this.series.add(frame.second, frame.spanSeconds, histograms);
    this.timeline.addFrame(frame);
    this.uptime.addFrame(frame);
    this.failures.addFrame(frame);
    this.evidence.addFrame(worker.epoch, seq, frame);
    this.evidence.times.add(worker.epoch, frame.second, histograms);
    this.failureSeries.addFrame(frame);
    this.agreed.addFrame(frame);
    this.pushes.addFrame(worker.epoch, frame);
    worker.addFrame(seq, frame);
  }

  #refuse(worker: WorkerRecord, seq: number, why: string): void {
    worker.unreadable++;
    worker.audit.add(seq, null);
    if (this.unreadable.length >= MAX_UNREADABLE_MESSAGES) return;
    this.unreadable.push(`frame ${seq} of ${worker.id}: ${why}`);
  }
}

function sumOf(frame: Frame, histograms: readonly Piece[]): FrameSum {
  const counters = PHASE_COUNTERS.map((_, at) =>
    frame.phases.reduce((sum, phase) => sum + (phase.counters[at] ?? 0), 0),
  );
  const unknown = (frame.unknownHistograms ?? []).map((bytes) => new DecodedHistogram(bytes));
  const known = histograms.map(({ values }) => values);
  const histogramValues = [...known, ...unknown].reduce((sum, { count }) => sum + count, 0);
  return { engine: frame.engine, counters, histogramValues, cumulative: frame.cumulative };
}
