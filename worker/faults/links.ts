/**
 * The links of an engine: of each connection that a network fault acts on, the stage between its socket and its transport. Put in
 * when the first fault asks for it, and gone by itself when the last one is over and what it held has passed. Kept by faults.ts.
 * Bound: one for each connection that a fault hits; what they hold is bounded by worker/socket/link.
 */
import type { LinkCondition } from "../../shared/scenario/sections/faults/link-condition.ts";
import { draw32, drawUnit, Stream } from "../../shared/time/random.ts";
import { Slots } from "../engine/slots.ts";
import { type TimerOwner, TimingWheel } from "../engine/turn/timing-wheel.ts";
import { asFaulty, type FaultySocket } from "../socket/driver.ts";
import { Link, type LinkHost } from "../socket/link/link.ts";
import type { ActiveWindow, Victim } from "./victim.ts";

/** Timers there is room for at first. */
const FIRST_LINKS = 64;
/** How far it is looked for the next one that has something to do. */
const LOOK_AHEAD_US = 100_000;

/** How fast it is learnt how late timers are, and what is not made up for: an engine that is busy. */
const LEARNING = 1 / 64;
const MOST_EARLY_US = 5000;

/** What links need of whoever keeps them. */
export interface LinksHost {
  readonly seed: number;
  /** Run time. */
  nowUs(): number;
  /** A link has something to do then. */
  sooner(dueUs: number): void;
  /** A condition of this window says that the connection is cut now. */
  cut(by: ActiveWindow, victim: Victim, signature: string): void;
}

interface Linked {
  readonly link: Link;
  readonly socket: FaultySocket;
  readonly victim: Victim;
  readonly conditions: Map<LinkCondition, ActiveWindow>;
}

export class Links implements LinkHost, TimerOwner {
  readonly #host: LinksHost;
  readonly #bySocket = new Map<FaultySocket, Linked>();
  readonly #slots = new Slots<Linked>();
  #wheel: TimingWheel | null = null;
  /** Half a turn at first, then as late as they were. */
  earlyUs = 500;

  constructor(host: LinksHost) {
    this.#host = host;
  }

  /** Links that are there. */
  get size(): number {
    return this.#bySocket.size;
  }

  /** The network between an open connection and its target is like this, too, until remove(). */
  add(by: ActiveWindow, victim: Victim, condition: LinkCondition): void {
    const socket = asFaulty(victim.socket);
    const linked = this.#bySocket.get(socket) ?? this.#put(by, victim, socket);
    linked.conditions.set(condition, by);
    linked.link.add(condition);
  }

  /** Nothing of what this window has added. */
  remove(by: ActiveWindow, { socket }: Victim): void {
    const linked = this.#bySocket.get(socket as FaultySocket);
    for (const [condition, of] of linked?.conditions ?? []) {
      if (of !== by) continue;
      linked?.conditions.delete(condition);
      linked?.link.remove(condition);
    }
  }

  turn(nowUs: number): void {
    this.#wheel?.advance(nowUs, this);
  }

  /** Not later than the next link has something to do. */
  nextUs(nowUs: number): number {
    if (this.#wheel === null || this.#wheel.size === 0) return Number.POSITIVE_INFINITY;
    return this.#wheel.nextDueUs(nowUs + LOOK_AHEAD_US);
  }

  onTimer(id: number, dueUs: number): void {
    const linked = this.#slots.all[id];
    if (!linked) return;
    // What is due at no time of its own tells nothing.
    const lateUs = this.nowUs() - (dueUs + this.earlyUs);
    if (Number.isFinite(dueUs)) {
      const earlyUs = this.earlyUs + lateUs * LEARNING;
      this.earlyUs = Math.min(MOST_EARLY_US, Math.max(0, earlyUs));
    }
    linked.link.turn();
  }

  nowUs(): number {
    return this.#host.nowUs();
  }

  schedule({ id }: Link, dueUs: number): void {
    if (dueUs === Number.POSITIVE_INFINITY) this.#wheel?.cancel(id);
    else {
      this.#wheel?.schedule(id, dueUs);
      this.#host.sooner(dueUs);
    }
  }

  cut({ id }: Link, condition: LinkCondition): void {
    const linked = this.#slots.all[id];
    if (!linked || linked.victim.socket !== linked.socket || !condition.cut) return;
    const { conditions, victim } = linked;
    // One that closes already does so as it has begun to.
    if (!victim.isHittable) return;
    const by = conditions.get(condition);
    if (by !== undefined) this.#host.cut(by, victim, condition.cut.signature);
  }

  gone({ id }: Link): void {
    const linked = this.#slots.all[id];
    if (!linked) return;
    this.#wheel?.cancel(id);
    this.#bySocket.delete(linked.socket);
    this.#slots.giveBack(id);
  }

  #put(by: ActiveWindow, victim: Victim, socket: FaultySocket): Linked {
    const id = this.#slots.take();
    this.#wheel ??= new TimingWheel(FIRST_LINKS);
    if (id >= this.#wheel.capacity) this.#wheel.grow(2 * this.#wheel.capacity);
    const draws = { in: this.#draws(by, victim, 0), out: this.#draws(by, victim, 1) };
    const link = new Link(this, { id, draws, tap: (sink) => socket.tap(sink) });
    const linked = { link, socket, victim, conditions: new Map() };
    this.#slots.all[id] = linked;
    this.#bySocket.set(socket, linked);
    return linked;
  }

  /** Of each window, connection, attempt and direction others. */
  #draws({ window }: ActiveWindow, { index, incarnation }: Victim, way: number): () => number {
    const key = draw32(this.#host.seed, Stream.network, 2 * window.position + way, incarnation);
    let counter = 0;
    return () => drawUnit(key, Stream.network, index, counter++);
  }
}
