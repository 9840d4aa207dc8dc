/**
 * A run as the fold of its journal: header, events and frames in, everything results are made of out. The live
 * run applies each record as it journals it; `onrush report` applies the journal's. There is no second
 * implementation. Invariant: depends on the records alone, never on a clock or a bus.
 */
import { OnrushError } from "../../shared/errors.ts";
import { isFinal, type RunState } from "../../shared/wire/command.ts";
import { type CounterLists, counterListsSchema } from "../../shared/wire/frame/counter-lists.ts";
import type { RunEvent, WorkerEvent } from "../store/event.ts";
import type { JournalRecord } from "../store/journal-record.ts";
import { BesideLog, isBeside, type RunBesideEvent } from "./beside-log.ts";
import { Disturbances } from "./disturbances.ts";
import type { RunFacts } from "./facts.ts";
import { FaultLog } from "./fault-log.ts";
import { RunMerge } from "./merge.ts";
import { OutsideLog } from "./outside-log.ts";
import { Searches } from "./searches.ts";
import { SliceTable } from "./slice-table.ts";
import type { Loss } from "./worker/worker-record.ts";

/** Seconds a lagging engine may hold the newest closed second back. */
const CLOSING_WINDOW_SECONDS = 5;
/** Notes kept for the report; what is beyond is only in the journal. */
const MAX_NOTES = 100;

type EndRequest = Extract<RunEvent, { type: "end-requested" }>;
type Probed = Extract<RunEvent, { type: "probed" }>;
type Problem = Extract<RunEvent, { type: "problem" }>;

export class RunFold {
  /** As planned, and as decided since: searches move the ends of phases, and faults may be asked for. */
  facts: RunFacts;
  readonly merge: RunMerge;
  readonly slices: SliceTable;
  readonly disturbances = new Disturbances();
  readonly searches: Searches;
  readonly faults = new FaultLog();
  readonly outside = new OutsideLog(this.disturbances);
  readonly beside = new BesideLog();
  /** Sessions the plan opens that nobody could open, because their worker was lost. */
  excusedOpens = 0;
  state: RunState = "created";
  /** Start of run time on the bus clock; null before. */
  startAtUs: number | null = null;
  /** Milliseconds since the Unix epoch at run time 0; null before the start. */
  startWallMs: number | null = null;
  /** Run time when merging began, that is, when the run was over; null before. */
  endedUs: number | null = null;
  /** The strongest command to end before the plan does: abort over stop, else the first. */
  end: EndRequest | null = null;
  /** The first thing that kept the run from being done. */
  problem: Problem | null = null;
  readonly notes: string[] = [];
  /** What other runs, made to tell causes apart, have said. */
  readonly probes: Probed[] = [];
  /** What came of holding it against its baseline; null when that was not asked for, or not done yet. */
  comparison: unknown = null;

  constructor(facts: RunFacts) {
    this.facts = facts;
    this.merge = new RunMerge(facts);
    this.slices = new SliceTable(facts.shards);
    this.searches = new Searches(facts);
  }

  /** Run time began: without it nothing was measured, and nothing is judged. */
  get began(): boolean {
    return this.startAtUs !== null;
  }

  /** The journal holds the whole run. */
  get complete(): boolean {
    return isFinal(this.state);
  }

  /** @returns false for a frame that was there already. */
  apply(record: Exclude<JournalRecord, { type: "header" }>): boolean {
    if (record.type === "frame") return this.merge.add(record);
    const { event } = record;
    if (isBeside(event)) this.beside.apply(event);
    else if (event.type === "probed") this.probes.push(event);
    else this.#applyEvent(event);
    return true;
  }

  /** The newest second of run time all engines have reported, or -1. A laggard counts for a while only. */
  closedThrough(): number {
    let newest = -1;
    let oldest = Number.POSITIVE_INFINITY;
    for (const worker of this.merge.workers.values()) {
      for (const engine of worker.engines.values()) {
        newest = Math.max(newest, engine.lastSecond);
        if (!engine.final && worker.end === "live") oldest = Math.min(oldest, engine.lastSecond);
      }
    }
    return Math.max(Math.min(oldest, newest), newest - CLOSING_WINDOW_SECONDS);
  }

  /** Frames that must exist and were never merged, unreadable ones included. */
  get framesMissing(): number {
    let missing = 0;
    for (const worker of this.merge.workers.values()) {
      missing += worker.framesMissing + worker.unreadable;
    }
    return missing;
  }

  #applyEvent(event: Exclude<RunEvent, RunBesideEvent | Probed>): void {
    switch (event.type) {
      case "state":
        this.state = event.to;
        if (event.to === "merging") this.endedUs = event.elapsedUs;
        return;
      case "start":
        this.startAtUs = event.startAtUs;
        this.startWallMs = event.startWallMs;
        return;
      case "end-requested":
        if (this.end === null || (event.mode === "abort" && this.end.mode === "stop")) {
          this.end = event;
        }
        return;
      case "problem":
        this.problem ??= event;
        return;
      case "note":
        if (this.notes.length < MAX_NOTES) this.notes.push(event.message);
        return;
      case "counters":
        this.merge.dictionaries.add(readCounters(event.counters));
        return;
      case "compared":
        this.comparison = event.comparison;
        return;
      case "worker-joined":
      case "worker-started":
      case "worker-finished":
      case "worker-lost":
      case "worker-recovered":
        this.#applyWorkerEvent(event, event.elapsedUs);
        return;
      case "search-level":
      case "search-judged":
      case "search-ended":
      case "phase-stretched":
        this.facts = this.searches.apply(event, this.facts);
        return;
      case "fault-asked":
      case "outside-asked":
      case "fault-end-asked":
        this.facts = this.faults.change(event, this.facts);
        this.merge.follow(this.facts);
        return;
      case "fault-began":
      case "fault-ended":
        this.faults.apply(event);
        return;
      case "outside-began":
      case "outside-ordered":
      case "outside-ended":
        this.outside.apply(event);
        return;
      case "slices-held":
      case "slices-dropped":
        this.excusedOpens += event.opens;
        this.slices.apply(event, event.elapsedUs);
        return;
      default:
        this.slices.apply(event, event.elapsedUs);
    }
  }

  #applyWorkerEvent(event: WorkerEvent, elapsedUs: number | null): void {
    const worker = this.merge.worker(event.epoch);
    switch (event.type) {
      case "worker-joined":
        worker.id = event.id;
        worker.host = event.host;
        worker.engineCount = event.engines;
        worker.machine = event.machine ?? null;
        worker.limits = event.limits ?? null;
        worker.capacity = event.capacity;
        worker.fenceAfterMs = event.fenceAfterMs;
        worker.generation = event.generation;
        return;
      case "worker-started":
        worker.start = { skewUs: event.startSkewUs, clockErrorUs: event.clockErrorUs };
        return;
      case "worker-finished":
        worker.lastSeq = event.lastSeq;
        worker.end = "finished";
        return;
      case "worker-lost":
        worker.end = "lost";
        worker.loss = this.#lossOf(event, elapsedUs);
        this.slices.leave(event.epoch);
        this.#disturb(worker.epoch, worker.loss);
        return;
      case "worker-recovered":
        if (worker.loss) worker.loss.recovery = "recovered";
        this.disturbances.end(event.epoch, event.untilUs);
        this.excusedOpens += event.opens;
    }
  }

  #lossOf(event: Extract<WorkerEvent, { type: "worker-lost" }>, atUs: number | null): Loss {
    const { reason, reportedUs, open, opensAtMost, messagesAtMost, slices } = event;
    const recovery = this.#recoveryOf(event, atUs);
    return { reason, atUs, reportedUs, open, opensAtMost, messagesAtMost, slices, recovery };
  }

  /** Without slices, or before the start, nothing is missing; with "shrink" the run goes on without it. */
  #recoveryOf({ slices }: { readonly slices: readonly number[] }, elapsedUs: number | null) {
    if (slices.length === 0 || elapsedUs === null || elapsedUs < 0) return "none-needed";
    return this.facts.policies.onWorkerLoss === "shrink" ? "dropped" : "open";
  }

  /** From the last second it reported the load is not what was planned; without it, from its loss on it is again. */
  #disturb(epoch: number, { recovery, reportedUs, atUs }: Loss): void {
    if (recovery === "none-needed" || atUs === null) return;
    const toUs = recovery === "dropped" ? atUs : Number.POSITIVE_INFINITY;
    this.disturbances.begin(epoch, Math.min(reportedUs ?? 0, atUs), toUs);
  }
}

/** @throws OnrushError ONRUSH_JOURNAL_CORRUPT */
function readCounters(counters: unknown): CounterLists {
  const read = counterListsSchema.safeParse(counters);
  if (read.success) return read.data;
  throw new OnrushError({
    code: "ONRUSH_JOURNAL_CORRUPT",
    message: "The journal holds a list of counters that is none.",
    remedy: "Read it with the version of Onrush that wrote it, or a later one.",
  });
}
