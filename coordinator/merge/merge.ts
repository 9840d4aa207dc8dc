/**
 * Merges frames into what the run came to: totals, timeline, failures and each worker's record. Used by
 * run-fold.ts, live and offline alike.
 * Invariant: a set union of frame identities over sums. Permuting, duplicating or replaying frames changes
 * nothing; a frame counts once or, when it cannot be read, not at all and is said so.
 */
import { OnrushError } from "../../shared/errors.ts";
import { namesOf, rolesOf } from "../../shared/scenario/names.ts";
import {
  NAME_COUNTERS,
  type NameCounter,
  PHASE_COUNTERS,
  type PhaseCounter,
  ROLE_COUNTERS,
  type RoleCounter,
  TARGET_COUNTERS,
  type TargetCounter,
} from "../../shared/stats/counters.ts";
import type { CloseCause } from "../../shared/stats/failure-kind.ts";
import { DecodedHistogram } from "../../shared/stats/histogram.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";
import { decodeFrame } from "../../shared/wire/frame/frame-codec.ts";
import { FrameDictionaries } from "../../shared/wire/frame/frame-dictionary.ts";
import type { JournalRecord } from "../store/journal-record.ts";
import { AgreedCounts } from "./agreed.ts";
import { addMissing, addTo, addWire, PartCounters, zeros } from "./counter-sums.ts";
import type { RunFacts } from "./facts.ts";
import { FailureGroups } from "./failure-groups.ts";
import { checkFrame } from "./frame-check.ts";
import { Overrun } from "./overrun.ts";
import { PushMerge } from "./push/push-merge.ts";
import type { Piece } from "./series/packed.ts";
import { Series } from "./series/series.ts";
import { Timeline } from "./timeline.ts";
import type { FrameSum } from "./worker/audit.ts";
import { LOOP_LAG, WorkerRecord } from "./worker/worker-record.ts";

/** Further unreadable frames are counted, not described. */
const MAX_UNREADABLE_MESSAGES = 10;

/** What a lost worker had not yet told of the messages it saw last. */
const PUSH_TOLD_US = 6_000_000;

type FrameRecord = Extract<JournalRecord, { type: "frame" }>;

export type Counters = Record<PhaseCounter, number>;
export type NameCounters = Record<NameCounter, number>;
export type TargetCounters = Record<TargetCounter, number>;
export type RoleCounters = Record<RoleCounter, number>;

export class RunMerge {
  readonly series = new Series();
  readonly timeline = new Timeline(this.series);
  readonly failures = new FailureGroups();
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
  readonly #facts: RunFacts;
  readonly #phases: readonly Counters[];
  readonly #names: readonly (readonly NameCounters[])[];
  /** Per target, per phase; made when a frame names them. Bound: targets x phases of the scenario. */
  readonly #targets = new PartCounters<TargetCounter>(TARGET_COUNTERS);
  /** As #targets, per role. */
  readonly #roles = new PartCounters<RoleCounter>(ROLE_COUNTERS);
  /** Counters that some frame so far lacked, because its build did not record them. */
  readonly #unrecorded = {
    phases: new Set<string>(),
    names: new Set<string>(),
  };

  constructor(facts: RunFacts) {
    this.#facts = facts;
    if (facts.counters !== undefined) this.dictionaries.add(facts.counters);
    const { phases } = facts.scenario;
    this.#phases = phases.map(() => zeros(PHASE_COUNTERS));
    this.#names = phases.map(() => namesOf(facts.scenario).map(() => zeros(NAME_COUNTERS)));
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
    const sum = zeros(PHASE_COUNTERS);
    this.#phases.forEach((counters, phase) => {
      if (phases === null || phases.has(phase)) addTo(sum, counters);
    });
    return sum;
  }

  /** Counters of one name (position in namesOf) over the phases that pass. */
  nameCounters(name: number, phases: ReadonlySet<number> | null = null): NameCounters {
    const sum = zeros(NAME_COUNTERS);
    this.#names.forEach((names, phase) => {
      const counters = names[name];
      if (counters && (phases === null || phases.has(phase))) addTo(sum, counters);
    });
    return sum;
  }

  /** As nameCounters, of several names together. */
  nameSums(names: readonly number[], phases: ReadonlySet<number> | null = null): NameCounters {
    const sum = zeros(NAME_COUNTERS);
    for (const name of names) addTo(sum, this.nameCounters(name, phases));
    return sum;
  }

  /** Counters of one target over the phases that pass; all 0 in a run of one target, where none are recorded. */
  targetCounters(target: number, phases: ReadonlySet<number> | null = null): TargetCounters {
    return this.#targets.sum(target, phases);
  }

  /** Counters of one role over the phases that pass; all 0 in a run of one role, where none are recorded. */
  roleCounters(role: number, phases: ReadonlySet<number> | null = null): RoleCounters {
    return this.#roles.sum(role, phases);
  }

  /** Counters are distinguished by role: the run has several, and its frames name them. */
  get hasRoleCounters(): boolean {
    return this.#roles.isUsed;
  }

  /** Counters are distinguished by target: the run has several, and its frames name them. */
  get hasTargetCounters(): boolean {
    return this.#targets.isUsed;
  }

  /** False when frames of a build that did not record the counter are among those merged. */
  hasPhaseCounter(counter: PhaseCounter): boolean {
    return !this.#unrecorded.phases.has(counter);
  }

  /** As hasPhaseCounter, for counters per message name. */
  hasNameCounter(counter: NameCounter): boolean {
    return !this.#unrecorded.names.has(counter);
  }

  /** As hasPhaseCounter, for counters per target. */
  hasTargetCounter(counter: TargetCounter): boolean {
    return this.#targets.has(counter);
  }

  #merge(worker: WorkerRecord, seq: number, frame: Frame, histograms: readonly Piece[]): void {
    this.frames++;
    for (const { phase, counters } of frame.phases) {
      addWire(this.#phases[phase] as Counters, PHASE_COUNTERS, counters);
      addMissing(this.#unrecorded.phases, PHASE_COUNTERS, counters);
      if (this.#facts.scenario.phases[phase]?.exclude === false) {
        this.timeline.addCounters(frame.second, counters);
      }
    }
    for (const { phase, name, counters } of frame.names) {
      addWire(this.#names[phase]?.[name] as NameCounters, NAME_COUNTERS, counters);
      addMissing(this.#unrecorded.names, NAME_COUNTERS, counters);
    }
    for (const { phase, target, counters } of frame.targets) {
      this.#targets.add(target, phase, counters);
    }
    for (const { phase, role, counters } of frame.roles) this.#roles.add(role, phase, counters);
    for (const { cause, count } of frame.closes) {
      this.closes.set(cause, (this.closes.get(cause) ?? 0) + count);
    }
    for (const { metric, values } of histograms) {
      if (metric === LOOP_LAG) worker.loopLag.addDecoded(values);
    }
    this.series.add(frame.second, frame.spanSeconds, histograms);
    this.timeline.addFrame(frame);
    this.failures.addFrame(frame);
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
