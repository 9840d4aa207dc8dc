/**
 * A window that has begun: its victims, how far they have been looked for, and whom it has hit. Made by faults.ts. Invariant: what a
 * fault keeps open is destroyed when its window is over.
 */
import type { Victims } from "../../shared/load/victims.ts";
import type { FaultWindow } from "../../shared/scenario/fault-windows.ts";
import type {
  AttemptAction,
  FaultAction,
  FaultVictim,
  SpoiltAttempt,
} from "../../shared/scenario/sections/faults/action.ts";
import type { LinkCondition } from "../../shared/scenario/sections/faults/link-condition.ts";
import { type FaultAct, faultKindOf } from "../../shared/scenario/sections/faults/registry.ts";
import { drawUnit, Stream } from "../../shared/time/random.ts";
import { asFaulty, type FaultySocket } from "../socket/driver.ts";
import type { Links } from "./links.ts";
import type { SilentSockets } from "./silent-sockets.ts";
import type { ActiveWindow, Victim } from "./victim.ts";

export class RunningWindow<V extends Victim> implements ActiveWindow, FaultVictim {
  readonly window: FaultWindow;
  readonly victims: Victims;
  readonly #action: FaultAction<FaultAct> | AttemptAction<FaultAct>;
  /** Whom begin() and end() are about. */
  #victim: Victim | null = null;
  readonly hit = new Set<Victim>();
  /** Slots that are still to be looked at. */
  cursor = 0;
  readonly end: number;
  isLifted = false;
  readonly #silent: SilentSockets;
  readonly #links: Links;
  readonly #seed: number;

  constructor(
    window: FaultWindow,
    victims: Victims,
    of: {
      readonly live: readonly (V | null)[];
      readonly silent: SilentSockets;
      readonly links: Links;
      readonly seed: number;
    },
  ) {
    this.window = window;
    this.victims = victims;
    this.#action = faultKindOf(window.fault.act.kind).action;
    this.end = this.#action.reach === "attempts" ? 0 : of.live.length;
    this.#silent = of.silent;
    this.#links = of.links;
    this.#seed = of.seed;
  }

  get lasts(): boolean {
    return this.#action.reach !== "once";
  }

  /** How attempts of its victims end while it acts; null: it acts on open connections. */
  get spoilt(): SpoiltAttempt | null {
    const action = this.#action;
    return action.reach === "attempts" ? action.spoil(this.window.fault.act) : null;
  }

  /** Nothing is left to be done of it. */
  get isOver(): boolean {
    return this.lasts ? this.isLifted && this.hit.size === 0 : this.cursor >= this.end;
  }

  begin(victim: Victim): void {
    this.#victim = victim;
    if (this.#action.reach !== "attempts") this.#action.begin(this, this.window.fault.act);
  }

  /** Takes back what it did, and acts no more. Once. */
  lift(): void {
    if (this.isLifted) return;
    this.isLifted = true;
    this.cursor = this.end;
    const action = this.#action;
    if (action.reach === "attempts") return;
    for (const victim of this.hit) {
      if (victim.touch?.awayBy !== null) continue;
      this.#victim = victim;
      action.end?.(this, this.window.fault.act);
    }
  }

  reset(signature: string): void {
    this.#socket.abort(true);
    this.#victim?.cutByFault(signature);
  }

  close(code: number, signature: string): void {
    this.#victim?.closeByFault(code, signature);
  }

  vanish(signature: string): void {
    const socket = this.#socket;
    socket.vanish();
    this.#silent.keep(socket, this.window.toUs);
    this.#victim?.cutByFault(signature);
  }

  hold(isHeld: boolean): void {
    this.#socket.hold(isHeld);
  }

  mute(isMuted: boolean): void {
    this.#socket.mute(isMuted);
  }

  link(condition: LinkCondition): void {
    if (this.#victim) this.#links.add(this, this.#victim, condition);
  }

  unlink(): void {
    if (this.#victim) this.#links.remove(this, this.#victim);
  }

  draw(): number {
    const { position } = this.window;
    return drawUnit(this.#seed, Stream.network, position, this.#victim?.index ?? 0);
  }

  /** The connection is cut in the middle of a fault that lasts. */
  cut(victim: Victim, signature: string): void {
    this.#victim = victim;
    this.reset(signature);
  }

  get #socket(): FaultySocket {
    return asFaulty(this.#victim?.socket ?? null);
  }
}
