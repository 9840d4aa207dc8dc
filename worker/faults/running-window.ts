/**
 * A window that has begun: its victims, how far they have been looked for, and whom it has hit. Made by faults.ts. Invariant: what a
 * fault keeps open is destroyed when its window is over.
 */
import type { Victims } from "../../shared/load/victims.ts";
import type { FaultWindow } from "../../shared/scenario/fault-windows.ts";
import type { FaultAction } from "../../shared/scenario/sections/faults/action.ts";
import { OUTCOMES } from "../../shared/scenario/sections/faults/outcome.ts";
import { type FaultAct, faultKindOf } from "../../shared/scenario/sections/faults/registry.ts";
import type { Spoiling } from "./altered-attempts.ts";
import { Hands } from "./hands.ts";
import type { ActiveWindow, Victim } from "./victim.ts";
import type { WindowTools } from "./window-tools.ts";

/** Between them the engine reads and sends. */
const MESSAGES_PER_TURN = 10_000;
/** How often it is looked whether those that a fault has let go of have caught up. */
const RECOVERY_LOOK_US = 20_000;
/** How often more victims are looked for, where their share grows and is one more at least by then. */
const GROWTH_LOOK_US = 50_000;

export class RunningWindow implements ActiveWindow {
  readonly window: FaultWindow;
  readonly victims: Victims;
  readonly hit = new Set<Victim>();
  /** Slots that are still to be looked at. */
  cursor = 0;
  end: number;
  isLifted = false;
  /** When it is over: as planned, or before. */
  untilUs: number;
  /** Connections that it hits in one turn, at most. */
  readonly hitsPerTurn: number;
  /** How attempts of its victims fare while it acts; null: it acts on open connections. */
  readonly spoiling: Spoiling | null;
  /** null: it acts on attempts to connect. */
  readonly #action: FaultAction<FaultAct> | null;
  /** It is told what the target did to those it hit. */
  readonly #tells: boolean;
  /** Its victims grow in number: they are looked for again and again, then next. Infinity: they do not. */
  #growUs: number;
  /** So many there were when they were last looked for. */
  #lookedFor = 0;
  readonly #hands: Hands;
  readonly #tools: WindowTools;

  constructor(window: FaultWindow, victims: Victims, tools: WindowTools) {
    const { act } = window.fault;
    const { action, tells } = faultKindOf(act.kind);
    this.window = window;
    this.untilUs = window.untilUs;
    this.victims = victims;
    this.#action = action.reach === "attempts" ? null : action;
    this.spoiling = action.reach === "attempts" ? { window, spoilt: action.spoil(act) } : null;
    this.#tells = tells === OUTCOMES;
    this.end = this.#action === null ? 0 : tools.live.length;
    const grows = this.#action !== null && typeof window.fault.victims.share !== "number";
    this.#growUs = grows ? window.fromUs : Number.POSITIVE_INFINITY;
    this.hitsPerTurn = Math.ceil(MESSAGES_PER_TURN / (this.#action?.weight?.(act) ?? 1));
    this.#tools = tools;
    this.#hands = new Hands(this, tools);
  }

  get lasts(): boolean {
    return this.#action === null || this.#action.reach === "lasting";
  }

  /** It leaves those it hits open, and follows them until they are as before. */
  get follows(): boolean {
    return this.#action?.reach !== "once";
  }

  /** It does something to those it has hit again and again. */
  get beats(): boolean {
    return this.#action?.beat !== undefined && this.hit.size > 0;
  }

  /** It acts, and this one is a victim of it by now. */
  mayHit({ index }: Victim, nowUs: number): boolean {
    return !this.isLifted && this.victims.has(index, nowUs);
  }

  /** Slots before it are looked at in a turn that has time for so many. */
  looksTo(looks: number, nowUs: number): number {
    if (this.cursor >= this.end && this.#growUs <= nowUs && !this.isLifted) {
      this.#growUs = nowUs + GROWTH_LOOK_US;
      const count = this.victims.countAt(nowUs);
      if (count > this.#lookedFor) {
        this.#lookedFor = count;
        this.cursor = 0;
        this.end = this.#tools.live.length;
      }
    }
    return Math.min(this.end, this.cursor + looks);
  }

  /** It acts no longer, or has nobody left to be looked for. */
  isDue(nowUs: number): boolean {
    return this.lasts ? this.untilUs <= nowUs : this.cursor >= this.end;
  }

  /** Nothing is left to be done of it. */
  get isOver(): boolean {
    return this.follows ? this.isLifted && this.hit.size === 0 : this.cursor >= this.end;
  }

  /** When there is something to do for it. @param beatUs when those that are acted on again and again are */
  nextUs(nowUs: number, beatUs: number): number {
    if (this.isLifted) return nowUs + RECOVERY_LOOK_US;
    const nextUs = this.cursor < this.end ? nowUs : Math.min(this.untilUs, this.#growUs);
    return this.beats ? Math.min(nextUs, beatUs) : nextUs;
  }

  begin(victim: Victim, nowUs: number): void {
    this.#hands.begin(victim, nowUs);
    this.#action?.begin(this.#hands, this.window.fault.act);
  }

  beat(nowUs: number): void {
    for (const victim of this.hit) {
      // One that closes has to read and write on until it is over.
      if (victim.touch?.awayBy !== null || victim.socket === null) continue;
      this.#hands.turnTo(victim, nowUs);
      this.#action?.beat?.(this.#hands, this.window.fault.act);
    }
  }

  /** Takes back what it did, and acts no more. Once. */
  lift(nowUs: number): void {
    if (this.isLifted) return;
    this.isLifted = true;
    this.cursor = this.end;
    for (const victim of this.hit) {
      if (victim.touch?.awayBy !== null) continue;
      this.#hands.turnTo(victim, nowUs);
      this.#action?.end?.(this.#hands, this.window.fault.act);
      this.#hands.finish();
    }
    if (this.lasts) this.#tools.over(this.window);
  }

  /** The connection is cut in the middle of a fault that lasts. */
  cut(victim: Victim, signature: string, nowUs: number): void {
    this.#hands.turnTo(victim, nowUs);
    this.#hands.reset(signature);
  }

  takesOutcome(victim: Victim): boolean {
    return this.#tells && this.#hands.takesOutcome(victim);
  }

  /** It follows this one no longer. */
  forget(victim: Victim): void {
    this.hit.delete(victim);
    this.#hands.forget(victim);
  }
}
