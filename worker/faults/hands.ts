/**
 * What a kind of fault may do to its victim, done to one connection at a time. Each window has one (running-window.ts). Invariant:
 * what is kept of a connection is of the socket that it has now.
 */
import { assert } from "../../shared/assert.ts";
import type { FaultWindow } from "../../shared/scenario/fault-windows.ts";
import type {
  ExtraHandshake,
  FaultVictim,
  FragmentPart,
} from "../../shared/scenario/sections/faults/action.ts";
import type { Breach } from "../../shared/scenario/sections/faults/breach.ts";
import type { LinkCondition } from "../../shared/scenario/sections/faults/link-condition.ts";
import { drawUnit, Stream } from "../../shared/time/random.ts";
import { asFaulty, type FaultySocket } from "../socket/driver.ts";
import type { ActiveWindow, Touch, Victim } from "./victim.ts";
import type { WindowTools } from "./window-tools.ts";

/** What a kind keeps of a connection while it acts on one of its sockets. */
interface Dose {
  readonly sinceUs: number;
  /** Messages by then, and those of them that faults had sent. */
  readonly seq: number;
  readonly extras: number;
  /** There was one before, on another socket. */
  readonly isBack: boolean;
  done: number;
  /** It has sent something on it, or something has been told of it. */
  hasSent: boolean;
  isTold: boolean;
}

const NO_DOSE: Dose = {
  ...{ sinceUs: 0, seq: 0, extras: 0, isBack: false },
  done: 0,
  hasSent: false,
  isTold: false,
};

export class Hands implements FaultVictim {
  readonly #by: ActiveWindow;
  readonly #tools: WindowTools;
  readonly #doses = new Map<Victim, Dose>();
  readonly #parts: Hands[] = [];
  #victim: Victim | null = null;
  #dose: Dose = NO_DOSE;
  #nowUs = 0;

  constructor(by: ActiveWindow, tools: WindowTools) {
    this.#by = by;
    this.#tools = tools;
  }

  /** The fault begins to act on the socket that this one has now. */
  begin(victim: Victim, nowUs: number): void {
    const { seq, touch } = victim;
    const isBack = this.#doses.has(victim);
    const extras = touch?.extras ?? 0;
    this.#doses.set(victim, { ...NO_DOSE, sinceUs: nowUs, seq, extras, isBack });
    this.turnTo(victim, nowUs);
  }

  /** What is done from now on is done to this one. */
  turnTo(victim: Victim, nowUs: number): void {
    this.#victim = victim;
    this.#nowUs = nowUs;
    this.#dose = this.#doses.get(victim) ?? NO_DOSE;
  }

  /** The fault is over for the one it is turned to. */
  finish(): void {
    const victim = this.#victimNow;
    const hands = [this, ...this.#parts];
    const hasSent = hands.some((one) => one.#doses.get(victim)?.hasSent === true);
    if (hasSent) this.#tools.traffic.fence(victim);
  }

  /** True once for each socket: what the target did is told of it. */
  takesOutcome(victim: Victim): boolean {
    const dose = this.#doses.get(victim);
    if (dose === undefined || dose.isTold) return false;
    dose.isTold = true;
    return true;
  }

  forget(victim: Victim): void {
    this.#doses.delete(victim);
    for (const part of this.#parts) part.forget(victim);
  }

  get index(): number {
    return this.#victimNow.index;
  }

  get victims(): number {
    return this.#by.victims.count;
  }

  get isBack(): boolean {
    return this.#dose.isBack;
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  get elapsedUs(): number {
    return this.#nowUs - this.#dose.sinceUs;
  }

  get ownSent(): number {
    return this.#victimNow.seq - this.#dose.seq - (this.#touch.extras - this.#dose.extras);
  }

  get done(): number {
    return this.#dose.done;
  }

  set done(done: number) {
    this.#dose.done = done;
  }

  reset(signature: string): void {
    this.#socket.abort(true);
    this.#victim?.cutByFault(signature);
  }

  resetAndReturn(signature: string, withinUs: number): void {
    this.#touch.returnWithinUs = withinUs;
    this.reset(signature);
  }

  close(code: number, signature: string): void {
    this.#victim?.closeByFault(code, signature);
  }

  vanish(signature: string): void {
    const socket = this.#socket;
    socket.vanish();
    const { position } = this.window;
    this.#tools.silent.keep(socket, { position, untilUs: this.#by.untilUs });
    this.#victim?.cutByFault(signature);
  }

  hold(isHeld: boolean): void {
    this.#socket.gate.hold(isHeld);
  }

  sip(isSipping: boolean): void {
    this.#socket.gate.sip(isSipping);
  }

  mayRead(): void {
    this.#socket.gate.mayRead();
  }

  get readBytes(): number {
    return this.#socket.gate.bytes;
  }

  mute(isMuted: boolean): void {
    this.#socket.mute(isMuted);
  }

  link(condition: LinkCondition): void {
    this.#tools.links.add(this.#by, this.#victimNow, condition);
  }

  unlink(): void {
    this.#tools.links.remove(this.#by, this.#victimNow);
  }

  draw(): number {
    return drawUnit(this.#tools.seed, Stream.network, this.window.position, this.index);
  }

  sendExtra(messages: number, bytes: number | null): number {
    if (!this.#victimNow.isHittable) return 0;
    this.#dose.hasSent = true;
    return this.#tools.traffic.send(this.#victimNow, this.window, { messages, bytes });
  }

  breach(how: Breach): void {
    this.#dose.hasSent = true;
    this.#tools.traffic.breach(this.#victimNow, this.window, how);
  }

  fragment(part: FragmentPart, bytes: number): void {
    this.#dose.hasSent = true;
    this.#tools.traffic.fragment(this.#victimNow, this.window, part, bytes);
  }

  handshake(extra: ExtraHandshake): void {
    this.#tools.extras.make(this.window, this.#victimNow, extra);
  }

  silence(isSilent: boolean): void {
    const { silencedBy } = this.#touch;
    if (isSilent) silencedBy.push(this.window);
    else silencedBy.splice(silencedBy.indexOf(this.window), 1);
  }

  part(number: number): Hands {
    const part = this.#parts[number] ?? new Hands(this.#by, this.#tools);
    this.#parts[number] = part;
    const victim = this.#victimNow;
    const { sinceUs } = this.#dose;
    // With another socket it begins anew, as the whole does.
    if (part.#doses.get(victim)?.sinceUs !== sinceUs) part.begin(victim, sinceUs);
    part.turnTo(victim, this.#nowUs);
    return part;
  }

  get window(): FaultWindow {
    return this.#by.window;
  }

  get #victimNow(): Victim {
    assert(this.#victim !== null, "fault: nobody is its victim now");
    return this.#victim;
  }

  get #touch(): Touch {
    const { touch } = this.#victimNow;
    assert(touch !== null, "fault: a connection that it has not hit");
    return touch;
  }

  get #socket(): FaultySocket {
    return asFaulty(this.#victimNow.socket);
  }
}
