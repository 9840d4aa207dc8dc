/**
 * The faults of one engine: begins and ends the windows of the plan by its run clock, hits their victims among its connections,
 * and follows what becomes of those. Owned by the connection pool, which gives it turns; connections tell it what happens to them.
 * Data plane: a connection that no fault touches is asked for nothing but its `shift`, a number that is added to a phase.
 * Invariant: who is hit, and when, follows from the plan alone, so it does not matter which engine holds a connection.
 */
import type { Population } from "../../shared/load/arrivals.ts";
import { victimsOf } from "../../shared/load/victims.ts";
import { countedPhases, type FaultWindow } from "../../shared/scenario/fault-windows.ts";
import { namesOf } from "../../shared/scenario/names.ts";
import { BEAT_US } from "../../shared/scenario/sections/faults/action.ts";
import type { StrictFault } from "../../shared/scenario/strict-fault.ts";
import { type CloseCause, DROP_CAUSES } from "../../shared/stats/failure-kind.ts";
import type { SocketEnd } from "../socket/driver.ts";
import type { AlteredAttempts, Spoiling } from "./altered-attempts.ts";
import type { FaultsHost } from "./faults-host.ts";
import { RunningWindow } from "./running-window.ts";
import { FaultTally } from "./tally.ts";
import { UpcomingWindows } from "./upcoming-windows.ts";
import { type Touch, untouched, type Victim } from "./victim.ts";
import { WindowTools } from "./window-tools.ts";

/** Connections looked at, and hit, in one turn: between them the engine reads and sends. */
const LOOKS_PER_TURN = 5000;
const HITS_PER_TURN = 200;
/** A moment that was missed by more than this belongs to whoever held the connections then. */
const LATEST_US = 1_000_000;
/** How long it is waited for those that a fault has let go of to catch up. */
const LONGEST_RECOVERY_US = 5_000_000;

export class Faults<V extends Victim> {
  readonly #host: FaultsHost<V>;
  readonly #tally: FaultTally;
  readonly #tools: WindowTools;
  readonly #shift: number;
  #population: Population;
  readonly #upcoming = new UpcomingWindows();
  #running: RunningWindow[] = [];
  /** When those that have been hit are acted on again. */
  #beatUs = 0;
  /** When there is something to do next. */
  nextUs = Number.POSITIVE_INFINITY;

  constructor(host: FaultsHost<V>, population: Population) {
    const { scenario, recorder } = host;
    this.#host = host;
    this.#shift = scenario.phases.length;
    this.#tally = new FaultTally(scenario, recorder, host);
    this.#population = population;
    this.#tools = new WindowTools(host, this.#tally, {
      sooner: (dueUs) => {
        this.nextUs = Math.min(this.nextUs, dueUs);
      },
      cut: (by, victim, signature) => {
        this.#tally.count(by.window, "cutOff", host.nowUs(), victim.pendingCount);
        (by as RunningWindow).cut(victim, signature, host.nowUs());
      },
    });
    this.change(scenario.faults, population);
  }

  /** More faults were asked for, or some were ended. Those there were keep their places, and what was counted of them. */
  change(faults: readonly StrictFault[], population: Population): void {
    const scenario = { ...this.#host.scenario, faults };
    this.#host.recorder.grow(countedPhases(scenario), namesOf(scenario).length);
    this.#tally.change(scenario);
    this.#upcoming.change(faults);
    this.follow(population);
  }

  /** The plan has changed: windows that have not begun move with their phases. */
  follow(population: Population): void {
    this.#population = population;
    for (const { position, untilUs } of this.#upcoming.follow(population)) {
      this.#tools.silent.endAt(position, untilUs);
      const running = this.#running.find(({ window }) => window.position === position);
      if (running !== undefined) running.untilUs = untilUs;
    }
    this.nextUs = Number.NEGATIVE_INFINITY;
  }

  /** Attempts whose request a fault alters are opened by these. */
  get altered(): AlteredAttempts {
    return this.#tools.altered;
  }

  turn(nowUs: number): void {
    if (nowUs < this.nextUs) return;
    for (const window of this.#upcoming.take(nowUs)) this.#begin(window, nowUs);
    let hits = HITS_PER_TURN;
    for (const running of this.#running) hits = this.#hitSome(running, hits, nowUs);
    for (const running of this.#running) {
      if (!running.follows) continue;
      if (running.isDue(nowUs)) {
        running.lift(nowUs);
        this.#recover(running, nowUs);
      } else if (running.beats && this.#beatUs <= nowUs) running.beat(nowUs);
    }
    if (this.#beatUs <= nowUs) this.#beatUs = nowUs + BEAT_US;
    this.#running = this.#running.filter((running) => !running.isOver);
    this.#tools.turn(nowUs);
    this.#plan(nowUs);
  }

  /** A connection is open: what lasts acts on it, too, and what beats does so from the first that it hits on. */
  opened(victim: V): void {
    if (victim.touch !== null) this.#tools.extras.firstBack(victim);
    const nowUs = this.#host.nowUs();
    for (const running of this.#running) {
      if (!running.lasts || running.spoiling || !running.mayHit(victim, nowUs)) continue;
      if (running.hit.has(victim)) running.begin(victim, nowUs);
      else this.#hit(running, victim, nowUs);
      if (running.beats) this.nextUs = Math.min(this.nextUs, this.#beatUs);
    }
  }

  /** It is as it was: open, its first steps done. */
  restored(victim: V): void {
    const { touch } = victim;
    if (touch === null || touch.awayBy === null) return;
    const window = touch.awayBy;
    touch.awayBy = null;
    // What acts on it, or has, tells by itself when it is over.
    if (touch.acting.some((one) => one.window === window)) return;
    this.#tally.restored(window, this.#host.nowUs(), window.fromUs);
    this.#letGo(victim, touch);
  }

  /** An attempt of it begins: what a fault does to it, or null. What comes of it is counted apart then. */
  spoiling(victim: V): Spoiling | null {
    for (const running of this.#running) {
      const { spoiling } = running;
      if (spoiling === null || !running.mayHit(victim, this.#host.nowUs())) continue;
      if (!running.hit.has(victim)) this.#hit(running, victim, this.#host.nowUs());
      if (victim.touch !== null) victim.touch.awayBy ??= running.window;
      return spoiling;
    }
    return null;
  }

  /** It tries to connect. */
  attempted({ touch, captured }: V): void {
    if (!touch?.awayBy) return;
    touch.capturedBefore ??= [...captured];
    this.#count(touch.awayBy, "attempts");
  }

  /** A pong of so many bytes came, to a ping behind what faults had sent on it. */
  ponged(victim: V, bytes: number): void {
    const { touch } = victim;
    if (touch?.fence !== bytes) return;
    touch.fence = 0;
    this.#tally.tell(touch.acting, victim, "answered");
  }

  /** Its socket is over, so. */
  closing(victim: V, end: SocketEnd): void {
    if (victim.touch) this.#tally.ended(victim.touch.acting, victim, end);
  }

  /** A message fell due while it was not open, or was silent. */
  notSent({ touch }: V): void {
    const by = touch?.awayBy ?? touch?.silencedBy[0];
    if (by) this.#count(by, "notSent");
  }

  /** It has ended; whether it connects again is not decided. */
  ended(victim: V, cause: CloseCause): void {
    const { touch } = victim;
    if (touch === null) return;
    if (DROP_CAUSES.has(cause)) this.#tools.extras.firstEnded(victim);
    touch.moves = cause === "migrated";
    touch.silencedBy.length = 0;
    touch.extras = 0;
    touch.fence = 0;
    const window = touch.acting.at(-1)?.window;
    if (window === undefined || touch.awayBy !== null) return;
    if (DROP_CAUSES.has(cause)) this.#tally.noticed(window, this.#host.nowUs());
    touch.awayBy = window;
  }

  /** It does not connect again. */
  gaveUp(victim: V): void {
    const { touch } = victim;
    if (!touch?.awayBy) return;
    const lostBy = touch.awayBy;
    touch.awayBy = null;
    this.#count(lostBy, "failed");
    for (const acting of touch.acting.splice(0)) {
      acting.forget(victim);
      if (acting.window !== lostBy) this.#count(acting.window, "abandoned");
    }
  }

  /** It is over. */
  released(victim: V): void {
    const { touch } = victim;
    if (touch === null) return;
    const counter = touch.moves && touch.acting.length > 0 ? "handedOn" : "abandoned";
    const windows = new Set(touch.acting.map(({ window }) => window));
    if (touch.awayBy !== null) windows.add(touch.awayBy);
    for (const one of touch.acting) one.forget(victim);
    for (const window of windows) this.#count(window, counter);
    victim.touch = null;
  }

  /** The run ends before its plan: nothing is to stand in its way. */
  stop(): void {
    this.#upcoming.drop();
    const nowUs = this.#host.nowUs();
    this.#tools.stop();
    for (const running of this.#running) running.lift(nowUs);
    this.#running = [];
    this.#plan(nowUs);
  }

  /** Destroys what it has kept open. */
  close(): void {
    this.#tools.close();
  }

  #begin(window: FaultWindow, nowUs: number): void {
    const { scenario, worker } = this.#host;
    const { victims } = window.fault;
    const isOurs = victims.worker === null || victims.worker === worker;
    const whom = victimsOf(scenario, this.#population, window);
    const running = new RunningWindow(window, whom, this.#tools);
    const isMissed = running.lasts ? window.untilUs <= nowUs : nowUs - window.fromUs > LATEST_US;
    if (isOurs && !isMissed) this.#running.push(running);
  }

  /** @returns hits that are left */
  #hitSome(running: RunningWindow, most: number, nowUs: number): number {
    const { live } = this.#host;
    let hits = Math.min(most, running.hitsPerTurn);
    const left = most - hits;
    const end = running.looksTo(LOOKS_PER_TURN, nowUs);
    while (running.cursor < end && hits > 0) {
      const victim = live[running.cursor++];
      if (!victim?.isHittable || running.hit.has(victim)) continue;
      if (!running.mayHit(victim, nowUs)) continue;
      this.#hit(running, victim, nowUs);
      hits--;
    }
    return hits + left;
  }

  #hit(running: RunningWindow, victim: V, nowUs: number): void {
    const { window } = running;
    if (victim.shift === 0) this.#host.shiftPending(victim, this.#shift);
    victim.shift = this.#shift;
    this.#host.recorder.uptime.touched(victim, nowUs);
    const touch = victim.touch ?? untouched();
    victim.touch = touch;
    this.#tally.count(window, "started", nowUs);
    if (running.follows) {
      touch.acting.push(running);
      running.hit.add(victim);
    } else {
      touch.awayBy = window;
      this.#tally.count(window, "cutOff", nowUs, victim.pendingCount);
    }
    running.begin(victim, nowUs);
  }

  /** Those that have caught up with what the fault made them miss are as they were. */
  #recover(running: RunningWindow, nowUs: number): void {
    const { untilUs } = running;
    const isLate = nowUs > untilUs + LONGEST_RECOVERY_US;
    for (const victim of running.hit as Set<V>) {
      const { touch } = victim;
      if (touch === null || touch.awayBy !== null || !victim.isHittable) continue;
      if (!isLate && (touch.fence > 0 || !this.#host.isClear(victim, untilUs))) continue;
      if (isLate) this.#tally.tell([running], victim, "noAnswer");
      running.forget(victim);
      touch.acting.splice(touch.acting.indexOf(running), 1);
      this.#tally.restored(running.window, nowUs, untilUs);
      this.#letGo(victim, touch);
    }
  }

  #letGo(victim: V, { acting, awayBy }: Touch): void {
    if (acting.length > 0 || awayBy !== null) return;
    victim.touch = null;
    victim.shift = 0;
    this.#host.recorder.uptime.letGo(victim, this.#host.nowUs());
  }

  #count(window: FaultWindow, counter: Parameters<FaultTally["count"]>[1]): void {
    this.#tally.count(window, counter, this.#host.nowUs());
  }

  #plan(nowUs: number): void {
    let nextUs = Math.min(this.#upcoming.nextUs, this.#tools.nextUs(nowUs));
    for (const running of this.#running) {
      nextUs = Math.min(nextUs, running.nextUs(nowUs, this.#beatUs));
    }
    this.nextUs = nextUs;
  }
}
