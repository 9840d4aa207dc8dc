/**
 * A window that has begun: its victims, how far they have been looked for, and whom it has hit. Made by faults.ts. Invariant: what a
 * fault keeps open is destroyed when its window is over.
 */
import type { Victims } from "../../shared/load/victims.ts";
import type { FaultWindow } from "../../shared/scenario/fault-windows.ts";
import type { FaultAction, FaultHands } from "./action.ts";
import { ACTIONS } from "./registry.ts";
import type { SilentSockets } from "./silent-sockets.ts";
import type { ActiveWindow, Victim } from "./victim.ts";

export class RunningWindow<V extends Victim> implements ActiveWindow, FaultHands {
  readonly window: FaultWindow;
  readonly victims: Victims;
  readonly action: FaultAction;
  readonly hit = new Set<Victim>();
  /** Slots that are still to be looked at. */
  cursor = 0;
  readonly end: number;
  isLifted = false;
  readonly #silent: SilentSockets;

  constructor(
    window: FaultWindow,
    victims: Victims,
    { live, silent }: { readonly live: readonly (V | null)[]; readonly silent: SilentSockets },
  ) {
    this.window = window;
    this.victims = victims;
    this.action = ACTIONS[window.fault.act.kind] as unknown as FaultAction;
    this.end = live.length;
    this.#silent = silent;
  }

  get lasts(): boolean {
    return this.action.reach === "lasting";
  }

  /** Nothing is left to be done of it. */
  get isOver(): boolean {
    return this.lasts ? this.isLifted && this.hit.size === 0 : this.cursor >= this.end;
  }

  begin(victim: V): void {
    this.action.begin(victim, this.window.fault.act, this);
  }

  /** Takes back what it did, and acts no more. Once. */
  lift(): void {
    if (this.isLifted) return;
    this.isLifted = true;
    this.cursor = this.end;
    for (const victim of this.hit) {
      if (victim.touch?.awayBy === null) this.action.end?.(victim, this.window.fault.act);
    }
  }

  keepOpen(socket: Parameters<FaultHands["keepOpen"]>[0]): void {
    this.#silent.keep(socket, this.window.toUs);
  }
}
