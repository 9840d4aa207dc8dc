/**
 * Handshakes that faults make beside those of the plan, and the second connections that come of some. Used by the windows of an
 * engine. Bound: MOST open at a time, what there is no room for is counted, and not made later; one rival for each window and
 * connection.
 *
 *   opening ──▶ refused, or no answer in time ──────────────────────────▶ gone
 *      ├─accepted─▶ closing ───────────────────────────────────────────────▶ gone
 *      └─accepted─▶ staying, a rival of its connection, until its window is over ─▶ closing
 *                      └─ended by the target─▶ gone; what is told of it may still depend on its connection
 *
 * Invariant: each is counted once, under its window, and in no figure of the plan's connections.
 */
import type { FaultWindow } from "../../shared/scenario/fault-windows.ts";
import type { ExtraHandshake } from "../../shared/scenario/sections/faults/action.ts";
import type { Outcome } from "../../shared/scenario/sections/faults/outcome.ts";
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import { CLOSE_NORMAL } from "../socket/close-code.ts";
import type { DriverSocket, SocketOwner } from "../socket/driver.ts";
import { failedWith } from "./handshake-outcome.ts";
import { spoilerOf } from "./malformed.ts";
import type { FaultTally } from "./tally.ts";
import type { Victim } from "./victim.ts";

const MOST = 1000;
/** How long the target has to end one that we close. */
const CLOSING_US = 2_000_000;

export interface HandshakeHost {
  /** Run time by the clock, also between turns. */
  clockUs(): number;
  /** Opens a socket by the request of a connection. @param spoil null: the request stays as it is */
  openBeside(
    victim: Victim,
    owner: SocketOwner,
    spoil: ((head: string) => string) | null,
  ): DriverSocket;
  connectTimeoutUs(victim: Victim): number;
}

export class ExtraHandshakes {
  readonly #host: HandshakeHost;
  readonly #tally: Pick<FaultTally, "answered">;
  readonly #sooner: (dueUs: number) => void;
  /** That are not gone. */
  readonly #all = new Set<ExtraSocket>();
  /** By their connections, until it is counted what became of them; also such as are gone. */
  readonly #rivals = new Map<Victim, Set<ExtraSocket>>();
  /** When the time of the next is over, run time. */
  nextUs = Number.POSITIVE_INFINITY;

  constructor({
    host,
    tally,
    sooner,
  }: {
    readonly host: HandshakeHost;
    readonly tally: Pick<FaultTally, "answered">;
    /** A turn is due then. */
    readonly sooner: (dueUs: number) => void;
  }) {
    this.#host = host;
    this.#tally = tally;
    this.#sooner = sooner;
  }

  make(window: FaultWindow, victim: Victim, { request, stays, waitUs }: ExtraHandshake): void {
    const host = this.#host;
    if (this.#all.size >= MOST) {
      this.#tally.answered(window, "notMade", null);
      return;
    }
    const sinceUs = host.clockUs();
    const dueUs = sinceUs + (waitUs ?? host.connectTimeoutUs(victim));
    const spoil = spoilerOf(request);
    const one = new ExtraSocket(this, { window, victim, stays, sinceUs, isSpoilt: spoil !== null });
    this.#all.add(one);
    if (stays) this.#keepRival(one);
    one.socket = host.openBeside(victim, one, spoil);
    this.#await(one, dueUs);
  }

  turn(nowUs: number): void {
    if (nowUs < this.nextUs) return;
    this.nextUs = Number.POSITIVE_INFINITY;
    for (const one of this.#all) {
      if (one.dueUs > nowUs) this.#await(one, one.dueUs);
      else {
        this.#settle(one, "unanswered", nowUs);
        this.#drop(one, one.isLeaving);
      }
    }
  }

  /** A connection was ended by its target, or its heartbeat. */
  firstEnded(victim: Victim): void {
    const nowUs = this.#host.clockUs();
    for (const one of this.#rivals.get(victim) ?? []) {
      one.firstUs ??= nowUs;
      if (one.secondUs !== null) this.#settle(one, "bothClosed", one.secondUs);
    }
  }

  /** It is open again: what ends its rival from now on is another matter. */
  firstBack(victim: Victim): void {
    for (const one of this.#rivals.get(victim) ?? []) {
      if (one.firstUs !== null) this.#settle(one, "firstClosed", one.firstUs);
    }
  }

  /** The window is over, and with it what it keeps open. */
  over(window: FaultWindow): void {
    const nowUs = this.#host.clockUs();
    const isOfIt = (one: ExtraSocket) => one.window.position === window.position;
    this.#settleRivals(isOfIt, nowUs);
    for (const one of this.#all) {
      if (!isOfIt(one)) continue;
      this.#settleAsItIs(one, nowUs);
      if (one.isOpen) this.#leave(one, nowUs);
      else this.#drop(one, false);
    }
  }

  /** Nothing is to be opened or sent any more. */
  stop(): void {
    const nowUs = this.#host.clockUs();
    this.#settleRivals(() => true, nowUs);
    for (const one of this.#all) {
      this.#settleAsItIs(one, nowUs);
      this.#drop(one, true);
    }
  }

  /** Reports nothing. */
  close(): void {
    for (const one of this.#all) this.#drop(one, true);
  }

  accepted(one: ExtraSocket): void {
    const nowUs = this.#host.clockUs();
    one.isOpen = true;
    one.dueUs = Number.POSITIVE_INFINITY;
    if (one.stays) return;
    this.#settle(one, "accepted", nowUs);
    this.#leave(one, nowUs);
  }

  failed(one: ExtraSocket, outcome: Outcome): void {
    this.#settle(one, outcome, this.#host.clockUs());
    this.#all.delete(one);
  }

  ended(one: ExtraSocket): void {
    this.#all.delete(one);
    if (one.isLeaving) return;
    one.secondUs = this.#host.clockUs();
    if (one.firstUs !== null) this.#settle(one, "bothClosed", one.firstUs);
  }

  #keepRival(one: ExtraSocket): void {
    const rivals = this.#rivals.get(one.victim) ?? new Set();
    this.#rivals.set(one.victim, rivals.add(one));
  }

  #settleRivals(isMeant: (one: ExtraSocket) => boolean, nowUs: number): void {
    for (const rivals of this.#rivals.values()) {
      for (const one of rivals) if (isMeant(one)) this.#settleAsItIs(one, nowUs);
    }
  }

  #settleAsItIs(one: ExtraSocket, nowUs: number): void {
    const { isOpen, firstUs, secondUs } = one;
    if (!isOpen) this.#settle(one, "unanswered", nowUs);
    else if (firstUs !== null) this.#settle(one, "firstClosed", firstUs);
    else if (secondUs !== null) this.#settle(one, "secondClosed", secondUs);
    else this.#settle(one, "neitherClosed", null);
  }

  #settle(one: ExtraSocket, outcome: Outcome, atUs: number | null): void {
    if (one.isSettled) return;
    one.isSettled = true;
    const rivals = this.#rivals.get(one.victim);
    if (rivals?.delete(one) && rivals.size === 0) this.#rivals.delete(one.victim);
    this.#tally.answered(one.window, outcome, atUs === null ? null : atUs - one.sinceUs);
  }

  #leave(one: ExtraSocket, nowUs: number): void {
    if (one.isLeaving) return;
    one.isLeaving = true;
    one.socket?.close(CLOSE_NORMAL);
    this.#await(one, nowUs + CLOSING_US);
  }

  #await(one: ExtraSocket, dueUs: number): void {
    one.dueUs = dueUs;
    this.nextUs = Math.min(this.nextUs, dueUs);
    this.#sooner(this.nextUs);
  }

  #drop(one: ExtraSocket, reset: boolean): void {
    one.socket?.abort(reset);
    this.#all.delete(one);
  }
}

class ExtraSocket implements SocketOwner {
  readonly window: FaultWindow;
  readonly victim: Victim;
  readonly stays: boolean;
  readonly sinceUs: number;
  socket: DriverSocket | null = null;
  /** It is given up then. */
  dueUs = Number.POSITIVE_INFINITY;
  isOpen = false;
  /** It is counted what became of it. */
  isSettled = false;
  /** We close it. */
  isLeaving = false;
  /** When the target ended its connection, and when it ended this one. */
  firstUs: number | null = null;
  secondUs: number | null = null;
  readonly #keeper: ExtraHandshakes;
  readonly #isSpoilt: boolean;

  constructor(
    keeper: ExtraHandshakes,
    of: Pick<ExtraSocket, "window" | "victim" | "stays" | "sinceUs"> & {
      readonly isSpoilt: boolean;
    },
  ) {
    this.#keeper = keeper;
    this.window = of.window;
    this.victim = of.victim;
    this.stays = of.stays;
    this.sinceUs = of.sinceUs;
    this.#isSpoilt = of.isSpoilt;
  }

  onStage(): void {}

  onOpen(): void {
    this.#keeper.accepted(this);
  }

  onFail(kind: ConnectFailure, signature: string): void {
    this.#keeper.failed(this, failedWith(kind, signature, this.#isSpoilt));
  }

  onMessage(): void {}

  onPong(): void {}

  onClosing(): void {}

  onClosed(): void {
    this.#keeper.ended(this);
  }
}
