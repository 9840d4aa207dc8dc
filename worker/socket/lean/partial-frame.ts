/**
 * The decoder's patient half: a frame that is not whole in the chunk, a fragmented message, or one
 * that breaks the protocol. Made by codec-decoder.ts when needed, dropped when the message is whole.
 *
 *   FIRST ──▶ SECOND ──▶ PAYLOAD ──▶ FIRST (inside a fragmented message) or done
 *                └──▶ LENGTH ──┘
 *
 * Invariant: what it holds is bounded by what has arrived (plus a fixed start) and by maxMessageBytes, never
 * by what a header announces, and all of an engine together by MAX_PARTIAL_BYTES. Lengths that are not minimally encoded are accepted, as other
 * implementations do (RFC 6455 §5.2 asks the sender only).
 */

import { givePartial, takePartial } from "../partial-budget.ts";
import { Fault, type ProtocolFault } from "../protocol-fault.ts";
import { MAX_CONTROL_PAYLOAD_BYTES, Opcode } from "./frame-builder.ts";
import {
  deliverClose,
  deliverText,
  dropPartial,
  type FrameSink,
  failWith,
  type Partial,
} from "./frame-sink.ts";

const FIRST = 0;
const SECOND = 1;
const LENGTH = 2;
const PAYLOAD = 3;

const FIN = 0x80;
const RESERVED_BITS = 0x70;
const OPCODE = 0x0f;
const MASKED = 0x80;
const NO_MESSAGE = 0;
/** RFC 6455 §5.2: the most significant bit of a 64-bit length is 0. */
const LENGTH_LIMIT = 2 ** 63;
/** A message's buffer starts at its announced length, but no larger than this, and doubles from there. */
const FIRST_CAPACITY_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

export class PartialFrame implements Partial {
  private step = FIRST;
  private first = 0;
  /** Length bytes still to come. */
  private lengthBytes = 0;
  private length = 0;
  /** Payload bytes of this frame taken so far. */
  private taken = 0;
  /** Opcode of the fragmented message under way; NO_MESSAGE outside one. */
  private messageOpcode: number = NO_MESSAGE;
  private message: Buffer = NOTHING;
  private messageLength = 0;
  private control: Buffer = NOTHING;

  /** Bytes of payload buffers held; at most maxMessageBytes and a control frame's payload. */
  get heldBytes(): number {
    return this.message.length + this.control.length;
  }

  /** Takes bytes of at most one frame from [start, end); returns the offset after them. */
  take(sink: FrameSink, chunk: Buffer, start: number, end: number): number {
    let at = start;
    while (this.step !== PAYLOAD) {
      if (at === end) return at;
      // In bounds: at < end.
      const fault = this.takeHeaderByte(chunk[at] as number, sink.maxMessageBytes);
      at++;
      if (fault !== null) {
        failWith(sink, fault);
        return at;
      }
    }
    const stop = Math.min(end, at + this.length - this.taken);
    if ((this.first & OPCODE) >= Opcode.close) this.takeControl(sink, chunk, at, stop);
    else this.takeData(sink, chunk, at, stop);
    return stop;
  }

  private takeHeaderByte(byte: number, maxMessageBytes: number): ProtocolFault | null {
    if (this.step === FIRST) {
      this.first = byte;
      this.step = SECOND;
      return null;
    }
    if (this.step === SECOND) {
      const fault = this.faultOf(byte);
      if (fault !== null) return fault;
      if (byte <= MAX_CONTROL_PAYLOAD_BYTES) return this.acceptLength(byte, maxMessageBytes);
      this.length = 0;
      this.lengthBytes = byte === 126 ? 2 : 8;
      this.step = LENGTH;
      return null;
    }
    this.length = this.length * 256 + byte;
    this.lengthBytes--;
    return this.lengthBytes === 0 ? this.acceptLength(this.length, maxMessageBytes) : null;
  }

  /** Everything that can be wrong with the first two bytes of a frame. */
  private faultOf(second: number): ProtocolFault | null {
    const opcode = this.first & OPCODE;
    if ((this.first & RESERVED_BITS) !== 0) return Fault.reservedBits;
    if (opcode === Opcode.continuation) {
      if (this.messageOpcode === NO_MESSAGE) return Fault.strayContinuation;
    } else if (opcode <= Opcode.binary) {
      if (this.messageOpcode !== NO_MESSAGE) return Fault.interleavedMessage;
    } else if (opcode >= Opcode.close && opcode <= Opcode.pong) {
      if (this.first < FIN) return Fault.fragmentedControl;
      const length = second & 0x7f;
      if (length > MAX_CONTROL_PAYLOAD_BYTES) return Fault.controlLength;
      if (opcode === Opcode.close && length === 1) return Fault.controlLength;
    } else {
      return Fault.reservedOpcode;
    }
    return second >= MASKED ? Fault.maskedFrame : null;
  }

  private acceptLength(length: number, maxMessageBytes: number): ProtocolFault | null {
    const opcode = this.first & OPCODE;
    if (length >= LENGTH_LIMIT) return Fault.lengthOverflow;
    if (opcode < Opcode.close) {
      if (this.messageLength + length > maxMessageBytes) return Fault.messageTooBig;
      if (opcode !== Opcode.continuation) this.messageOpcode = opcode;
    }
    this.length = length;
    this.taken = 0;
    this.step = PAYLOAD;
    return null;
  }

  private takeControl(sink: FrameSink, chunk: Buffer, at: number, stop: number): void {
    if (this.taken === 0 && stop - at === this.length) {
      this.finishControl(sink, chunk, at, stop);
      return;
    }
    if (this.control === NOTHING) this.control = Buffer.allocUnsafe(MAX_CONTROL_PAYLOAD_BYTES);
    chunk.copy(this.control, this.taken, at, stop);
    this.taken += stop - at;
    if (this.taken < this.length) return;
    const control = this.control;
    this.control = NOTHING;
    this.finishControl(sink, control, 0, this.length);
  }

  private finishControl(sink: FrameSink, data: Buffer, start: number, end: number): void {
    const opcode = this.first & OPCODE;
    this.step = FIRST;
    if (this.messageOpcode === NO_MESSAGE) dropPartial(sink);
    if (opcode === Opcode.ping) sink.onPing(data, start, end);
    else if (opcode === Opcode.pong) sink.onPong(data, start, end);
    else deliverClose(sink, data, start, end);
  }

  private takeData(sink: FrameSink, chunk: Buffer, at: number, stop: number): void {
    const final = this.first >= FIN;
    if (final && this.messageLength === 0 && stop - at === this.length) {
      this.finishMessage(sink, chunk, at, stop);
      return;
    }
    if (!this.append(chunk, at, stop, sink.maxMessageBytes)) {
      failWith(sink, Fault.outOfMemory);
      return;
    }
    if (this.taken < this.length) return;
    this.step = FIRST;
    if (final) this.finishMessage(sink, this.message, 0, this.messageLength);
  }

  private finishMessage(sink: FrameSink, data: Buffer, start: number, end: number): void {
    dropPartial(sink);
    if (this.messageOpcode === Opcode.binary) sink.onData(data, start, end, true);
    else deliverText(sink, data, start, end);
  }

  /** The message is whole, or will never be. */
  release(): void {
    givePartial(this.message.length);
    this.message = NOTHING;
  }

  /** False when the engine has no room for it. */
  private append(chunk: Buffer, at: number, stop: number, maxMessageBytes: number): boolean {
    const needed = this.messageLength + stop - at;
    if (needed > this.message.length) {
      const announced = this.messageLength + this.length - this.taken;
      const wanted = Math.max(
        Math.min(announced, FIRST_CAPACITY_BYTES),
        needed,
        2 * this.message.length,
      );
      const capacity = Math.min(wanted, Math.max(needed, maxMessageBytes));
      if (!takePartial(capacity - this.message.length)) return false;
      const grown = Buffer.allocUnsafe(capacity);
      this.message.copy(grown, 0, 0, this.messageLength);
      this.message = grown;
    }
    chunk.copy(this.message, this.messageLength, at, stop);
    this.messageLength = needed;
    this.taken += stop - at;
    return true;
  }
}
