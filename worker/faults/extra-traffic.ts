/**
 * What faults send on connections beside what is planned: more messages, and bytes that are none. Used by the windows of an engine.
 * Invariant: each message is counted once, as sent by its window, and in no figure of the scenario's own messages.
 */
import type { FaultWindow } from "../../shared/scenario/fault-windows.ts";
import type { FragmentPart } from "../../shared/scenario/sections/faults/action.ts";
import type { Breach } from "../../shared/scenario/sections/faults/breach.ts";
import { type ExtraMessage, extraName, NO_MESSAGE, rememberKept } from "../message/backlog.ts";
import { asFaulty } from "../socket/driver.ts";
import { buildFrame, frameOverhead, nextMask, Opcode } from "../socket/lean/frame-builder.ts";
import { breachFrame, fragment } from "./breaches.ts";
import type { FaultTally } from "./tally.ts";
import { FENCE_BYTES, type Victim } from "./victim.ts";

/** Bytes that may wait in a socket before no more is sent on it. */
const MAX_BUFFERED_BYTES = 4 << 20;
/** Of messages of connections whose role has no mix. */
const DEFAULT_BYTES = 64;
/** Pings behind what faults have sent are of so many lengths, one after the other. */
const FENCES = 64;

export interface TrafficHost {
  phaseAt(runUs: number): number;
  nowUs(): number;
  /**
   * Sends one more message of the connection's mix. @param kept what it is remembered as while it waits in the socket
   * @returns null where its role has none, false where there is no room
   */
  sendExtra(victim: Victim, kept: ExtraMessage): boolean | null;
  /** A ping was sent on the connection of this slot. */
  pinged(slot: number): void;
  /** So many bytes of payload went out on it that are no message of its mix. */
  injected(slot: number, bytes: number): void;
}

export class ExtraTraffic {
  readonly #host: TrafficHost;
  readonly #tally: FaultTally;
  /** The frame that was sent last; the same for all connections of a window. */
  #frame: Buffer = Buffer.alloc(0);
  #fences = 0;

  constructor(host: TrafficHost, tally: FaultTally) {
    this.#host = host;
    this.#tally = tally;
  }

  /** @param extra bytes: null for messages of its mix @returns how many there was room for */
  send(
    victim: Victim,
    window: FaultWindow,
    extra: { readonly messages: number; readonly bytes: number | null },
  ): number {
    const nowUs = this.#host.nowUs();
    const kept = this.#keptAs(window, nowUs);
    let sent = 0;
    for (; sent < extra.messages; sent++) {
      const ofMix = extra.bytes === null ? this.#host.sendExtra(victim, kept) : null;
      if (ofMix === false) break;
      if (ofMix === null && !this.#write(victim, extra.bytes ?? DEFAULT_BYTES, kept)) break;
      if (ofMix === true && victim.touch !== null) victim.touch.extras++;
    }
    this.#tally.count(window, "extra", nowUs, sent);
    return sent;
  }

  breach(victim: Victim, window: FaultWindow, how: Breach): void {
    const nowUs = this.#host.nowUs();
    if (how === "corrupt-payload") {
      const kept = { ...this.#keptAs(window, nowUs), isDamaged: true };
      const ofMix = this.#host.sendExtra(victim, kept);
      if (ofMix === null) this.#give(victim, breachFrame(how), kept.name);
      if (ofMix !== false) this.#tally.count(window, "extra", nowUs);
    } else this.#give(victim, breachFrame(how), NO_MESSAGE);
  }

  /** With the last of them there has been one message more. */
  fragment(victim: Victim, window: FaultWindow, part: FragmentPart, bytes: number): void {
    const isCrowded = asFaulty(victim.socket).bufferedBytes() > MAX_BUFFERED_BYTES;
    if (part === "next" && isCrowded) return;
    const nowUs = this.#host.nowUs();
    const isLast = part === "last";
    const name = isLast ? this.#keptAs(window, nowUs).name : NO_MESSAGE;
    this.#give(victim, fragment(part, bytes), name);
    if (isLast) this.#tally.count(window, "extra", nowUs);
  }

  /** A ping behind all that was sent: with its pong the target has dealt with it. */
  fence({ slot, socket, touch }: Victim): void {
    if (socket === null || touch === null) return;
    touch.fence = FENCE_BYTES + (this.#fences++ % FENCES);
    socket.ping(Buffer.alloc(touch.fence, "."));
    this.#host.pinged(slot);
  }

  #write(victim: Victim, bytes: number, { name }: ExtraMessage): boolean {
    if (asFaulty(victim.socket).bufferedBytes() > MAX_BUFFERED_BYTES) return false;
    this.#give(victim, this.#frameOf(bytes), name);
    return true;
  }

  #give(victim: Victim, frame: Buffer, name: number): void {
    const socket = asFaulty(victim.socket);
    const payloadBytes = Math.max(0, frame.length - frameOverhead(frame.length));
    const isGone = socket.inject(frame);
    this.#host.injected(victim.slot, payloadBytes);
    if (isGone) return;
    const phase = this.#host.phaseAt(this.#host.nowUs());
    rememberKept(victim, socket, { payloadBytes, name, phase });
  }

  #keptAs(window: FaultWindow, atUs: number): ExtraMessage {
    const name = extraName(this.#tally.nameOf(window));
    return { name, phase: this.#host.phaseAt(atUs), atUs };
  }

  #frameOf(bytes: number): Buffer {
    const length = frameOverhead(bytes) + bytes;
    if (this.#frame.length !== length) {
      this.#frame = buildFrame(Opcode.binary, Buffer.alloc(bytes), nextMask());
    }
    return this.#frame;
  }
}
