/**
 * How much the ws package holds of a message that is not complete: it keeps each piece, a TCP segment or a fragment, as
 * an object of its own until the message is whole. Follows the frames in what arrives; called by ws-driver.ts.
 * Invariant: what is held is taken from the common budget, and given back when the message is whole or dropped.
 * Compressed fragments count as they came; inflated they are bounded by maxMessage for each connection.
 */
import { givePartial, takePartial } from "../partial-budget.ts";

/** What a piece costs beside its bytes. */
const PIECE_BYTES = 128;

const FIRST = 0;
const SECOND = 1;
const LENGTH = 2;
const PAYLOAD = 3;

const FINAL = 0x80;
const OPCODE = 0x0f;
const FIRST_CONTROL_OPCODE = 8;

export class MessageMeter {
  private step = FIRST;
  private first = 0;
  private lengthBytes = 0;
  /** Payload bytes of the running frame that are still to come. */
  private left = 0;
  /** Of the running message: payload bytes so far, and pieces they came in. */
  private bytes = 0;
  private pieces = 0;
  private taken = 0;

  /** Follows one chunk; false when more would be held than the engine has room for. */
  take(chunk: Buffer): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.step === PAYLOAD) at = this.takePayload(at, chunk.length);
      // In bounds: at < length.
      else this.takeHeaderByte(chunk[at++] as number);
      if (this.step === PAYLOAD && this.left === 0) this.endFrame();
    }
    if (this.bytes > 0) this.pieces++;
    return this.hold(this.bytes + this.pieces * PIECE_BYTES);
  }

  /** The connection is over. */
  release(): void {
    this.bytes = 0;
    this.pieces = 0;
    this.hold(0);
  }

  private takeHeaderByte(byte: number): void {
    if (this.step === FIRST) {
      this.first = byte;
      this.step = SECOND;
    } else if (this.step === SECOND) {
      const length = byte & 0x7f;
      this.left = length < 126 ? length : 0;
      this.lengthBytes = length < 126 ? 0 : length === 126 ? 2 : 8;
      this.step = this.lengthBytes === 0 ? PAYLOAD : LENGTH;
    } else {
      this.left = this.left * 256 + byte;
      this.lengthBytes--;
      if (this.lengthBytes === 0) this.step = PAYLOAD;
    }
  }

  private takePayload(at: number, end: number): number {
    const count = Math.min(end - at, this.left);
    this.left -= count;
    if (!this.isControl()) this.bytes += count;
    return at + count;
  }

  private endFrame(): void {
    this.step = FIRST;
    if (this.isControl()) return;
    if (this.first < FINAL) {
      // Of empty fragments ws keeps nothing.
      if (this.bytes > 0) this.pieces++;
    } else {
      this.bytes = 0;
      this.pieces = 0;
    }
  }

  private isControl(): boolean {
    return (this.first & OPCODE) >= FIRST_CONTROL_OPCODE;
  }

  private hold(bytes: number): boolean {
    const more = bytes - this.taken;
    if (more > 0 && !takePartial(more)) return false;
    if (more < 0) givePartial(-more);
    this.taken = bytes;
    return true;
  }
}
