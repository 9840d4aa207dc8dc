/**
 * One connection of the lean driver: a plain TCP or TLS socket, read through the thread's one shared
 * buffer, with the handshake, the decoder and the closing handshake on top. Made by lean-driver.ts.
 *
 *   TCP ─▶ TLS ─▶ UPGRADE ─▶ OPEN ─▶ CLOSING (we sent Close first) ──────▶ ENDED
 *                              ├───▶ ANSWERED (the server did) or FAILED ────┤
 *                              └───▶ VANISHED (a fault) ──── abort() ────────┘
 *
 * Invariant: exactly one onOpen or onFail, then exactly one onClosed, and silence after abort().
 * Data plane: flat fields, handlers shared by all sockets, nothing allocated per message.
 */
import type { Socket } from "node:net";
import { assert } from "../../../shared/assert.ts";
import { ABNORMAL, isValidCloseCode } from "../close-code.ts";
import { Dribble } from "../dribble.ts";
import type { FaultySocket, OpenRequest, SocketEnd, SocketOwner } from "../driver.ts";
import { connectFailure, errorSignature, type TransportError } from "../failure-map.ts";
import type { Tap, TapSink } from "../link/tap.ts";
import type { ProtocolFault } from "../protocol-fault.ts";
import { ReadGate } from "../read-gate.ts";
import { serverOf } from "../served-by.ts";
import { isResettable } from "../transport.ts";
import { HUNG_UP, PENDING, REFUSED, type Refusal } from "../upgrade-answer.ts";
import { decode } from "./codec-decoder.ts";
import { buildFrame, nextMask, Opcode } from "./frame-builder.ts";
import { dropPartial, type FrameSink, type Partial } from "./frame-sink.ts";
import { Handshake, type SharedRequest } from "./handshake.ts";
import { LeanTap } from "./lean-tap.ts";
import { openTransport, readBuffer, type TransportEvents } from "./lean-transport.ts";

const TCP = 0;
const TLS = 1;
const UPGRADE = 2;
const OPEN = 3;
const CLOSING = 4;
const ANSWERED = 5;
const FAILED = 6;
const ENDED = 7;
/** Open for the target alone. */
const VANISHED = 8;

/** Above this backlog only the newest ping is answered, once it has drained (RFC 6455 §5.5.3 allows it). */
const PONG_BACKLOG_BYTES = 64 * 1024;

export class LeanSocket implements FaultySocket, FrameSink, TransportEvents {
  partial: Partial | null = null;
  receiving = false;
  readonly maxMessageBytes: number;
  servedBy = "";

  private state = TCP;
  private readonly owner: SocketOwner;
  private readonly socket: Socket;
  private handshake: Handshake | null;
  private latePong: Buffer | null = null;
  private closeCode = ABNORMAL;
  private closeReason = "";
  private violation: ProtocolFault | null = null;
  private errno = "";
  private left = 0;
  private muted = false;
  /** Where a fault holds it back. */
  private readGate: ReadGate | null = null;
  private slowWriting: Dribble | null = null;

  constructor(request: OpenRequest, shared: SharedRequest, owner: SocketOwner) {
    this.maxMessageBytes = request.endpoint.maxMessageBytes;
    this.owner = owner;
    this.handshake = new Handshake(request, shared);
    this.socket = openTransport(request, this);
  }

  send(bytes: Buffer, _binary: boolean): boolean {
    if (this.state !== OPEN) return true;
    this.socket.write(bytes);
    return this.socket.writableLength === 0;
  }

  ping(payload: Buffer): void {
    if (this.state === OPEN) this.socket.write(buildFrame(Opcode.ping, payload, nextMask()));
  }

  bufferedBytes(): number {
    return this.socket.writableLength;
  }

  unsentBytes(): number {
    return this.left;
  }

  leaving(unsent: number): void {
    this.left = unsent;
  }

  close(code: number): void {
    if (this.state !== OPEN) return;
    assert(isValidCloseCode(code), `close code ${code} cannot be sent`);
    this.state = CLOSING;
    this.writeClose(code);
  }

  abort(reset: boolean): void {
    if (this.state === ENDED) return;
    const canReset = reset && this.state !== TCP && isResettable(this.socket);
    this.state = ENDED;
    this.receiving = false;
    dropPartial(this);
    if (canReset) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  get gate(): ReadGate {
    this.readGate ??= new ReadGate(this.socket, this.socket);
    return this.readGate;
  }

  get dribble(): Dribble {
    this.slowWriting ??= new Dribble(this.socket);
    return this.slowWriting;
  }

  mute(isMuted: boolean): void {
    this.muted = isMuted;
  }

  inject(bytes: Buffer): boolean {
    return this.send(bytes, true);
  }

  vanish(): void {
    if (this.state !== OPEN) return;
    this.state = VANISHED;
    this.receiving = false;
    dropPartial(this);
    this.socket.pause();
  }

  tap(sink: TapSink): Tap {
    return new LeanTap(this.socket, sink);
  }

  onData(data: Buffer, start: number, end: number, binary: boolean): void {
    this.owner.onMessage(data, start, end, binary);
  }

  onPing(data: Buffer, start: number, end: number): void {
    // Once our Close is out the server need not read on, so neither a pong nor a message follows it.
    if (this.state !== OPEN || this.muted) return;
    const pong = buildFrame(Opcode.pong, data.subarray(start, end), nextMask());
    if (this.socket.writableLength <= PONG_BACKLOG_BYTES) {
      this.socket.write(pong);
      return;
    }
    if (this.latePong === null) this.socket.once("drain", () => this.drained());
    this.latePong = pong;
  }

  onPong(data: Buffer, start: number, end: number): void {
    this.owner.onPong(data, start, end);
  }

  onCloseFrame(code: number, data: Buffer, start: number, end: number): void {
    this.closeCode = code;
    this.closeReason = data.toString("utf8", Math.min(start + 2, end), end);
    if (this.state !== OPEN) return;
    this.state = ANSWERED;
    this.socket.write(buildFrame(Opcode.close, data.subarray(start, end), nextMask()));
    this.owner.onClosing(code, this.closeReason);
  }

  onFault(fault: ProtocolFault): void {
    this.violation = fault;
    if (this.state === OPEN) this.writeClose(fault.code);
    this.state = FAILED;
    // A server that takes nothing from us gets no say in when this ends.
    if (this.socket.writableLength === 0) this.socket.destroySoon();
    else this.socket.destroy();
  }

  /** Bytes [0, length) of the thread's read buffer are this connection's. */
  received(length: number): void {
    if (this.readGate !== null) this.readGate.read();
    if (this.receiving) decode(this, readBuffer, 0, length);
    else if (this.state === UPGRADE) this.receivedHead(length);
  }

  connected(): void {
    if (this.state !== TCP) return;
    this.socket.setNoDelay(true);
    this.owner.onStage("tcp");
    if (this.state !== TCP) return;
    if ("encrypted" in this.socket) this.state = TLS;
    else this.request();
  }

  secured(): void {
    if (this.state !== TLS) return;
    this.owner.onStage("tls");
    if (this.state === TLS) this.request();
  }

  failed(error: TransportError): void {
    if (this.state >= OPEN) {
      this.errno = errorSignature(error);
      return;
    }
    const stage = this.state === TCP ? "tcp" : this.state === TLS ? "tls" : "upgrade";
    this.fail(this.answered() ?? { ...connectFailure(stage, error), detail: "" });
  }

  /** While TLS is set up an error follows that says so; on an open connection nobody reads our backlog now. */
  ended(): void {
    if (this.state === UPGRADE) this.fail(this.answered() ?? HUNG_UP);
    else if (this.state >= OPEN) this.socket.destroy();
  }

  closed(): void {
    if (this.state >= ENDED) return;
    if (this.state < OPEN) {
      this.fail(this.answered() ?? HUNG_UP);
      return;
    }
    const end = this.socketEnd();
    this.state = ENDED;
    this.receiving = false;
    dropPartial(this);
    this.owner.onClosed(end);
  }

  private drained(): void {
    const pong = this.latePong;
    this.latePong = null;
    if (pong !== null && this.state === OPEN) this.socket.write(pong);
  }

  private request(): void {
    if (this.handshake === null) return;
    this.state = UPGRADE;
    this.socket.write(this.handshake.requestHead(), "latin1");
  }

  private receivedHead(length: number): void {
    if (this.handshake === null) return;
    const { answer } = this.handshake;
    const rest = answer.take(readBuffer, 0, length);
    if (rest === PENDING) return;
    if (rest === REFUSED) {
      this.fail(answer.refusal);
      return;
    }
    this.servedBy = serverOf(answer.head.server);
    this.handshake = null;
    this.state = OPEN;
    this.receiving = true;
    this.owner.onOpen(answer.head.protocol ?? "", "");
    // Frames may have come in the same segment.
    decode(this, readBuffer, rest, length);
  }

  /** What a connection that ended too early was told before; null for nothing. */
  private answered(): Refusal | null {
    return this.handshake?.answer.cut() ?? null;
  }

  private fail({ kind, signature, detail }: Refusal): void {
    this.state = ENDED;
    this.handshake = null;
    this.socket.destroy();
    this.owner.onFail(kind, signature, detail);
  }

  private writeClose(code: number): void {
    const payload = Buffer.allocUnsafe(2);
    payload.writeUInt16BE(code);
    this.socket.write(buildFrame(Opcode.close, payload, nextMask()));
  }

  private socketEnd(): SocketEnd {
    const clean = this.closeCode !== ABNORMAL;
    const first = this.state === ANSWERED ? "server" : "client";
    return {
      code: this.closeCode,
      reason: this.closeReason,
      clean,
      initiator: clean ? first : "none",
      violation: this.violation,
      errno: this.errno,
    };
  }
}
