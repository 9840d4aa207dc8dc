/**
 * Attempts to connect whose request a fault alters: they send it slowly, or with another token. Called by the engine, which opens
 * them, and by faults.ts. Invariant: of each it is counted once what the target answered, and it is otherwise an attempt like any other.
 */
import type { FaultWindow } from "../../shared/scenario/fault-windows.ts";
import {
  type AlteredAttempt,
  BEAT_US,
  type SpoiltAttempt,
} from "../../shared/scenario/sections/faults/action.ts";
import type { Outcome } from "../../shared/scenario/sections/faults/outcome.ts";
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import type { Dribble } from "../socket/dribble.ts";
import { asFaulty, type DriverSocket, type SocketOwner } from "../socket/driver.ts";
import { PassingOwner } from "../socket/passing-owner.ts";
import { failedWith } from "./handshake-outcome.ts";
import type { FaultTally } from "./tally.ts";
import type { Victim } from "./victim.ts";

const SECOND_US = 1_000_000;

/** How the attempts of its victims fare while a window acts. */
export interface Spoiling {
  readonly window: FaultWindow;
  readonly spoilt: SpoiltAttempt;
}

interface Altering {
  readonly window: FaultWindow;
  readonly spoilt: AlteredAttempt;
}

interface AttemptsHost {
  /** By the clock, run time. */
  readonly host: { clockUs(): number };
  readonly tally: FaultTally;
  /** A turn is due then. */
  readonly sooner: (dueUs: number) => void;
}

export class AlteredAttempts {
  readonly #of: AttemptsHost;
  readonly #all = new Set<WatchedAttempt>();
  /** Run time; Infinity: there are none. */
  nextUs = Number.POSITIVE_INFINITY;

  constructor(of: AttemptsHost) {
    this.#of = of;
  }

  /** @param open makes the socket of the attempt for this owner */
  open(
    victim: Victim & SocketOwner,
    { window, spoilt: { bytesPerSec } }: Altering,
    open: (owner: SocketOwner) => DriverSocket,
  ): DriverSocket {
    const sinceUs = this.#of.host.clockUs();
    const one = new WatchedAttempt(this, { window, victim, sinceUs, bytesPerSec });
    const socket = open(one);
    one.socket = socket;
    // A request that cannot be sent has no socket that a fault could slow.
    if (bytesPerSec !== null && "dribble" in socket) one.slow(asFaulty(socket).dribble);
    this.#all.add(one);
    this.nextUs = Math.min(this.nextUs, sinceUs + BEAT_US);
    this.#of.sooner(this.nextUs);
    return socket;
  }

  turn(nowUs: number): void {
    if (nowUs < this.nextUs) return;
    for (const one of this.#all) {
      // Its connection has given it up: its time was over.
      if (one.victim.socket !== one.socket) this.told(one, "unanswered");
      else one.letOut(nowUs);
    }
    this.nextUs = this.#all.size > 0 ? nowUs + BEAT_US : Number.POSITIVE_INFINITY;
  }

  /** What waits of the requests that the window slowed leaves at once. */
  over({ position }: FaultWindow): void {
    for (const one of this.#all) if (one.window.position === position) one.hasten();
  }

  /** Those that are under way are no longer watched. */
  stop(): void {
    this.#all.clear();
  }

  told(one: WatchedAttempt, outcome: Outcome): void {
    if (!this.#all.delete(one)) return;
    this.#of.tally.answered(one.window, outcome, this.#of.host.clockUs() - one.sinceUs);
  }
}

class WatchedAttempt extends PassingOwner {
  readonly window: FaultWindow;
  readonly victim: Victim;
  readonly sinceUs: number;
  socket: DriverSocket | null = null;
  readonly #keeper: AlteredAttempts;
  readonly #bytesPerSec: number;
  #dribble: Dribble | null = null;
  #done = 0;

  constructor(
    keeper: AlteredAttempts,
    of: {
      readonly window: FaultWindow;
      readonly victim: Victim & SocketOwner;
      readonly sinceUs: number;
      readonly bytesPerSec: number | null;
    },
  ) {
    super(of.victim);
    this.#keeper = keeper;
    this.window = of.window;
    this.victim = of.victim;
    this.sinceUs = of.sinceUs;
    this.#bytesPerSec = of.bytesPerSec ?? 0;
  }

  slow(dribble: Dribble): void {
    this.#dribble = dribble;
    dribble.slow(true);
  }

  letOut(nowUs: number): void {
    const wanted = Math.floor((this.#bytesPerSec * (nowUs - this.sinceUs)) / SECOND_US);
    if (wanted > this.#done) this.#dribble?.let(wanted - this.#done);
    this.#done = wanted;
  }

  hasten(): void {
    this.#dribble?.slow(false);
    this.#dribble = null;
  }

  override onOpen(protocol: string, extensions: string): void {
    this.hasten();
    this.#keeper.told(this, "accepted");
    super.onOpen(protocol, extensions);
  }

  override onFail(kind: ConnectFailure, signature: string, detail: string): void {
    this.#keeper.told(this, failedWith(kind, signature, false));
    super.onFail(kind, signature, detail);
  }
}
