/**
 * An open WebSocket connection on a plain or TLS socket, from its 101 to the end of its transport. Made by
 * the opening; tells the target what comes, and writes what it is given. Invariants: it ends once, with
 * one code; a connection that is closing has a deadline.
 *
 *   open -> closing (our Close is out) -> done (our side has ended) -> gone
 *   open -> done (the client closed, broke the protocol, or was cut off)
 */
import { type Buffer, isUtf8 } from "node:buffer";
import type { Socket } from "node:net";
import { monotonicUs } from "../../shared/time/clock.ts";
import type { Target } from "../target.ts";
import type { EchoRun, Framed } from "./decoder.ts";
import { closeFrame, isSendableCode, Opcode } from "./frame.ts";
import { Peer } from "./peer.ts";
import type { Receiver, Transport } from "./transport.ts";

const State = { open: 0, closing: 1, done: 2, gone: 3 } as const;

/** Time for the client to answer our Close, or to end its side. */
const CLOSE_TIMEOUT_US = 5_000_000;
/** With more than this unsent, a client is not read from until it has taken it. */
const PAUSE_READING_BYTES = 262_144;

export class Connection extends Peer implements Framed, Receiver {
  partial: Buffer | null = null;
  partialBytes = 0;
  fragments: Buffer[] | null = null;
  fragmentBytes = 0;
  fragmentOpcode = 0;
  readable = true;
  private state: number = State.open;
  private endCode = 1006;
  private endBy: "client" | "target" | "nobody" = "nobody";
  private readingPaused = false;
  private readonly target: Target;
  private readonly transport: Transport;
  private readonly socket: Socket;

  constructor(target: Target, transport: Transport) {
    super(target.nextConnectionId());
    this.target = target;
    this.transport = transport;
    this.socket = transport.socket;
  }

  override get isOpen(): boolean {
    return this.state === State.open;
  }

  override get unsentBytes(): number {
    return this.socket.writableLength;
  }

  onShared(length: number): void {
    if (!this.readable) return;
    if (this.target.rules.tracksIdle) this.lastInUs = monotonicUs();
    this.target.decoder.readShared(this, length);
  }

  onOwned(bytes: Buffer): void {
    if (!this.readable) return;
    if (this.target.rules.tracksIdle) this.lastInUs = monotonicUs();
    this.target.decoder.readOwned(this, bytes);
  }

  onGone(): void {
    this.state = State.gone;
    this.readable = false;
    this.partial = null;
    this.fragments = null;
    this.target.ended(this, this.endCode, this.endBy);
  }

  maxMessageBytes(): number {
    return this.target.rules.behaviour.limits.maxMessageBytes;
  }

  isPlain(opcode: number, bytes: Buffer, from: number, to: number): boolean {
    if (this.muted || this.talk !== null || this.state !== State.open) return false;
    return this.target.isPlain(opcode, bytes, from, to);
  }

  echo(run: EchoRun): boolean {
    const { stats } = this.target;
    this.messagesIn += run.messages;
    this.messagesOut += run.messages;
    this.bytesIn += run.payloadBytes;
    this.bytesOut += run.payloadBytes;
    stats.messagesIn += run.messages;
    stats.messagesOut += run.messages;
    stats.bytesIn += run.payloadBytes;
    stats.bytesOut += run.payloadBytes;
    this.write(run.block.bytes.subarray(run.from, run.to));
    // Nothing unsent: the kernel has copied it all, and the memory is free again.
    return this.socket.writableLength === 0;
  }

  message(frame: Buffer): void {
    this.target.message(this, frame);
  }

  control(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.ping) this.target.ping(this, payload);
    else if (opcode === Opcode.close) this.onCloseFrame(payload);
  }

  violation(code: number, what: string): void {
    this.target.violated(code, what);
    if (code === 1009 && this.target.rules.behaviour.limits.tooBig === "reset") {
      this.reset();
      return;
    }
    this.readable = false;
    if (this.state === State.open) this.sendClose(code, what);
    this.finish();
  }

  override write(frame: Buffer): void {
    this.socket.write(frame);
    if (this.socket.writableLength > PAUSE_READING_BYTES) this.pauseReading();
  }

  override writeRaw(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  override close(code: number | null, reason: string): void {
    if (this.state !== State.open) return;
    this.sendClose(code, reason);
    this.target.later(CLOSE_TIMEOUT_US, () => this.socket.destroy());
  }

  override end(): void {
    if (this.state !== State.open) return;
    this.endBy = "target";
    this.readable = false;
    this.finish();
  }

  override reset(): void {
    if (this.state !== State.open) return;
    this.endBy = "target";
    this.readable = false;
    this.state = State.done;
    this.transport.reset();
  }

  private onCloseFrame(payload: Buffer): void {
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    const isLegal = code === 1005 ? payload.length === 0 : isSendableCode(code);
    if (!isLegal) this.violation(1002, "close code not allowed");
    else if (!isUtf8(payload.subarray(2))) this.violation(1007, "close reason is not UTF-8");
    else this.closedByClient(code);
  }

  private closedByClient(code: number): void {
    this.readable = false;
    if (this.state === State.open) {
      this.endCode = code;
      this.endBy = "client";
      if (this.muted) {
        this.state = State.done;
        return;
      }
      this.socket.write(closeFrame(code === 1005 ? null : code, ""));
    }
    this.finish();
  }

  private sendClose(code: number | null, reason: string): void {
    this.state = State.closing;
    this.endCode = code ?? 1005;
    this.endBy = "target";
    this.socket.write(closeFrame(code, reason));
  }

  /** Ends our side; what the client still sends is thrown away until it ends its own. */
  private finish(): void {
    this.state = State.done;
    this.socket.end();
    this.target.later(CLOSE_TIMEOUT_US, () => this.socket.destroy());
  }

  private pauseReading(): void {
    if (this.readingPaused) return;
    this.readingPaused = true;
    this.socket.pause();
    this.socket.once("drain", () => {
      this.readingPaused = false;
      this.socket.resume();
    });
  }
}
