/**
 * One engine: executes slices of a run on its own thread. A turn takes one time sample, checks the lease, and
 * only then fires what is due: time-outs, sends, opens. Turns follow one another each millisecond; while nothing
 * is due and nothing happens the engine rests (nextTurnUs). Connections and their messages are in
 * worker/connection, numbers in worker/record; this file is when things happen.
 *
 *   preparing -> armed (start time known) -> running -> ended (final frame reported)
 *
 * Invariant: nothing is opened or sent after the lease's deadline, and nothing that fell due during a pause
 * of this process is made up for in a burst.
 */
import { buildPopulation, type Population } from "../../shared/load/arrivals.ts";
import type { Profile } from "../../shared/load/profile.ts";
import { changesFromUs, steer } from "../../shared/load/steering.ts";
import { systemClock } from "../../shared/time/clock.ts";
import type { Decided, HandOver } from "../../shared/wire/command.ts";
import type { SliceWithRows } from "../../shared/wire/row-part.ts";
import { METRIC } from "../record/recorder.ts";
import { SelfCheck } from "../record/self-check.ts";
import { Agenda } from "./agenda.ts";
import { ConnectionPool } from "./connection-pool.ts";
import type { EngineContext } from "./engine-context.ts";
import { FrameCuts } from "./frame-cuts.ts";
import { HeldSlices } from "./held-slices.ts";
import { Migration } from "./migration.ts";
import { TotalPacer } from "./total-pacer.ts";
import { MAX_REST_US, TURN_US, TurnPlan } from "./turn/turn-plan.ts";

/** A turn that comes this late means the process was paused, not merely busy. */
const PAUSE_US = 250_000;
/** A newcomer gets ready within this: what opens before stays where it is. */
const CUT_LEAD_US = 2_000_000;
/** Opens and stops per turn, so that a burst of them leaves room for reading and sending. */
const OPENS_PER_TURN = 32;
const STOPS_PER_TURN = 256;
const SECOND_US = 1_000_000;

export class Engine {
  readonly #context: EngineContext;
  #population: Population;
  #profile: Profile;
  readonly #agenda = new Agenda();
  readonly #pool: ConnectionPool;
  readonly #totalPacer: TotalPacer | null;
  readonly #selfCheck: SelfCheck;
  readonly #frames: FrameCuts;
  readonly #slices: HeldSlices;
  readonly #migrations = new Map<number, Migration>();
  #startUs = Number.POSITIVE_INFINITY;
  #leaseUs = Number.POSITIVE_INFINITY;
  readonly #turns = new TurnPlan();
  #end: "stop" | "abort" | "fenced" | null = null;
  finished = false;

  constructor(context: EngineContext) {
    this.#context = context;
    const { scenario } = context.plan;
    this.#population = buildPopulation(scenario);
    this.#profile = this.#population.profile;
    this.#selfCheck = new SelfCheck(context.monotonicUs(), (pauseUs) => {
      if (this.running) this.#record(METRIC.gcPause, pauseUs);
    });
    const clock = { nowUs: () => this.#readClock(), wallMs: context.wallMs ?? systemClock.wallMs };
    this.#pool = new ConnectionPool(context, this.#population, clock);
    this.#frames = new FrameCuts(context, this.#pool, this.#selfCheck);
    this.#slices = new HeldSlices(this.#population, context.plan.shards);
    this.#totalPacer = TotalPacer.for(scenario, this.#population, (index, atUs) =>
      this.#slices.isOurs(index, atUs),
    );
  }

  get running(): boolean {
    return this.#turns.dueUs > 0 && !this.finished;
  }

  get openConnections(): number {
    return this.#pool.recorder.open;
  }

  /**
   * When the next turn is due, on the host's monotonic clock, unless something happens before: a command, or what
   * onWoken says. Its lateness is counted from then.
   */
  get nextTurnUs(): number {
    if (this.#turns.dueUs > 0) return this.#startUs + this.#turns.dueUs;
    return this.#end === null ? Math.min(this.#startUs, this.#leaseUs) : 0;
  }

  /** Takes on slices; while running, in phase with the plan and without a burst. */
  addSlices(slices: readonly SliceWithRows[]): void {
    const { shards: shardCount, recoverWithinUs } = this.#context.plan;
    const runUs = this.#runUs();
    const nowUs = runUs > 0 ? runUs : Number.NEGATIVE_INFINITY;
    const added = slices.filter(({ id }) => this.#slices.find(id) === null);
    for (const slice of added) {
      if (slice.rows) this.#pool.correlator.rows.add(slice.shard, slice.rows);
      this.#slices.add(slice, nowUs);
      this.#pool.recorder.addShard(slice.shard);
    }
    if (this.#end !== null) return;
    this.#agenda.add(this.#population, added, { shardCount, nowUs, recoverWithinUs });
  }

  /** Leaves sessions of the slice that are planned to open at toUs or later to others. */
  cutSlice(slice: number, toUs: number): void {
    const held = this.#slices.find(slice);
    if (held === null || (held.toUs !== null && held.toUs <= toUs)) return;
    this.#agenda.drop(slice, toUs);
    this.#slices.cut(slice, toUs);
  }

  /** Gives work of a slice away: what is not open yet, or all of it. Reported when it is done. */
  handOver({ id, slice, scope, withinUs }: Omit<HandOver, "epoch">): void {
    const nowUs = this.#runUs();
    if (scope === "unopened") {
      const held = this.#slices.find(slice);
      const fromUs = Math.max(nowUs, 0) + CUT_LEAD_US;
      this.cutSlice(slice, fromUs);
      this.#context.report({
        type: "handedOver",
        id,
        slice,
        fromUs: Math.min(fromUs, held?.toUs ?? fromUs),
      });
      return;
    }
    this.#agenda.drop(slice, Number.NEGATIVE_INFINITY);
    const total = this.#pool.leaving.liveIn(slice);
    this.#migrations.set(id, new Migration({ id, slice, withinUs }, { nowUs, total }));
  }

  /** Goes on by the plan as it is by now. What it says of the time before the change is what it said. */
  steer({ steering, faults }: Decided): void {
    const { plan } = this.#context;
    const scenario = { ...plan.scenario, phases: steer(plan.scenario.phases, steering) };
    const population = buildPopulation(scenario);
    if (this.#end === null) this.#pool.followFaults(faults, population);
    const fromUs = changesFromUs(this.#profile, population.profile);
    if (fromUs === Number.POSITIVE_INFINITY) return;
    this.#population = population;
    this.#profile = population.profile;
    this.#slices.follow(population);
    this.#pool.follow(population);
    const runUs = this.#runUs();
    this.#totalPacer?.follow(scenario, population, Math.max(fromUs, runUs));
    if (this.#end !== null) return;
    const moving = new Set([...this.#migrations.values()].map(({ handOver }) => handOver.slice));
    const { shards: shardCount, recoverWithinUs } = plan;
    this.#agenda.replan(
      population,
      this.#slices.all.filter(({ id }) => !moving.has(id)),
      { shardCount, recoverWithinUs, fromUs, nowUs: runUs > 0 ? runUs : Number.NEGATIVE_INFINITY },
    );
  }

  /** @param startUs run time 0 on the host's monotonic clock */
  start(startUs: number): void {
    this.#startUs = startUs;
  }

  /** @param deadlineUs on the host's monotonic clock */
  setLease(deadlineUs: number): void {
    this.#leaseUs = deadlineUs;
  }

  /** Ends the run before its plan does. The stronger of two commands counts. */
  end(mode: "stop" | "abort" | "fenced"): void {
    if (this.finished || (this.#end !== null && mode === "stop")) return;
    this.#end = mode;
    this.#agenda.clear();
    this.#pool.faults?.stop();
    if (mode === "stop") return;
    this.#pool.leaving.abortAll(mode === "fenced" ? "fenced" : "stop");
  }

  /** Of no more use: gives back what the runtime holds for it, and reports nothing. */
  dispose(): void {
    this.finished = true;
    this.#pool.close();
    this.#selfCheck.dispose();
  }

  /** One turn; the caller has it run at nextTurnUs, or each millisecond. */
  turn(): void {
    if (this.finished) return;
    this.#turns.rests = false;
    const monotonicUs = this.#context.monotonicUs();
    if (monotonicUs > this.#leaseUs) this.end("fenced");
    const nowUs = monotonicUs - this.#startUs;
    if (nowUs < 0) {
      if (this.#end !== null) this.#finish();
      return;
    }
    if (this.#turns.dueUs === 0) this.#begin(nowUs);
    const lagUs = this.#measureLag(nowUs);
    const pool = this.#pool;
    // Before the timers: a slot that lies before a connection's close is sent before it is closed.
    if (this.#end === null) this.#totalPacer?.advance(pool.nowUs(), pool);
    pool.advance(this.#readClock(), lagUs);
    if (this.#migrations.size > 0) this.#migrate(nowUs);
    if (this.#end === null) this.#openDue(nowUs);
    else if (this.#end === "stop") pool.leaving.stopSome(STOPS_PER_TURN);
    this.#finishWhenOver(nowUs);
    if (!this.finished) this.#restFrom(nowUs);
  }

  /** An engine that joins while the run goes on has nothing to say of the time before. */
  #begin(nowUs: number): void {
    const joinsLate = nowUs > PAUSE_US;
    this.#frames.begin(joinsLate ? Math.floor(nowUs / SECOND_US) : 0);
    this.#turns.dueUs = joinsLate ? nowUs : TURN_US;
    if (!joinsLate) this.#context.report({ type: "started", skewUs: nowUs });
  }

  #migrate(nowUs: number): void {
    for (const [id, migration] of this.#migrations) {
      if (!migration.advance(nowUs, this.#pool.leaving)) continue;
      const { slice } = migration.handOver;
      this.#migrations.delete(id);
      this.#slices.remove(slice);
      this.#context.report({ type: "handedOver", id, slice, fromUs: 0 });
    }
  }

  /** Run time now; -Infinity while the start is not known. */
  #runUs(): number {
    return this.#context.monotonicUs() - this.#startUs;
  }

  #measureLag(nowUs: number): number {
    const lagUs = this.#turns.turned(nowUs);
    this.#record(METRIC.loopLag, lagUs);
    this.#selfCheck.lagged(lagUs);
    if (lagUs > PAUSE_US) this.#pool.forgetBefore(nowUs);
    return lagUs;
  }

  /** Puts the next turn off until something is due; not while anything goes on from turn to turn. */
  #restFrom(nowUs: number): void {
    if (this.#end !== null || this.#migrations.size > 0) return;
    const pool = this.#pool;
    const untilUs = Math.min(
      nowUs + MAX_REST_US,
      this.#leaseUs - this.#startUs,
      this.#frames.nextUs,
      this.#agenda.nextUs,
      this.#totalPacer?.nextUs ?? Number.POSITIVE_INFINITY,
      pool.live > 0 ? Number.POSITIVE_INFINITY : this.#profile.durationUs,
    );
    if (untilUs > this.#turns.dueUs) this.#turns.rest(pool.nextDueUs(untilUs));
  }

  #wake(nowUs: number): void {
    this.#turns.wake(nowUs);
    this.#pool.recorder.touch(nowUs);
    this.#context.onWoken?.();
  }

  /** Records a value under the phase of the present. */
  #record(metric: number, valueUs: number): void {
    const pool = this.#pool;
    pool.recorder.value(metric, pool.phaseAt(pool.lastNowUs), valueUs);
  }

  #openDue(nowUs: number): void {
    const agenda = this.#agenda;
    for (let opened = 0; opened < OPENS_PER_TURN && agenda.nextUs <= nowUs; opened++) {
      this.#pool.open(agenda, agenda.nextIndex % this.#context.plan.shards);
      agenda.take();
    }
  }

  #finishWhenOver(nowUs: number): void {
    if (this.#pool.live > 0 || this.#waitsForHooks) return;
    if (this.#end === null && (this.#agenda.remaining > 0 || nowUs < this.#profile.durationUs)) {
      return;
    }
    this.#finish();
  }

  /** What they say at the end still counts; their calls are bounded in time. */
  get #waitsForHooks(): boolean {
    const isCut = this.#end === "abort" || this.#end === "fenced";
    return !isCut && this.#pool.hooks?.busy === true;
  }

  #finish(): void {
    if (this.#turns.dueUs === 0) this.#begin(0);
    this.#frames.cutLast();
    this.dispose();
  }

  /** Run time now; cuts frames first for every second that is over. */
  #readClock(): number {
    const nowUs = this.#context.monotonicUs() - this.#startUs;
    if (this.running && nowUs >= this.#frames.nextUs) this.#frames.cutUntil(nowUs);
    if (this.#turns.rests) this.#wake(nowUs);
    return nowUs;
  }
}
