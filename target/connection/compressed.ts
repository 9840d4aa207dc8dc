/**
 * Connections with permessage-deflate, carried by the ws package: the one place of the target that uses
 * it. Only with --compression, and only for clients that offer it. Invariant: a compressed connection
 * counts, behaves and ends like any other; only its speed differs.
 */
import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { monotonicUs } from "../../shared/time/clock.ts";
import type { Target } from "../target.ts";
import { frameOf, Opcode, payloadStart } from "./frame.ts";
import { chooseSubprotocol } from "./handshake.ts";
import type { CompressedUpgrade } from "./opening.ts";
import { Peer } from "./peer.ts";
import type { HttpRequest } from "./request.ts";
import type { Receiver, Transport } from "./transport.ts";

const CLOSE_TIMEOUT_US = 5_000_000;
/** Smaller messages gain nothing from compression. */
const COMPRESS_FROM_BYTES = 128;

/** ws reads the socket itself and tells of its end, so there is nothing left to receive. */
const BYSTANDER: Receiver = { onShared: () => {}, onOwned: () => {}, onGone: () => {} };

class CompressedPeer extends Peer {
  private readonly target: Target;
  private readonly transport: Transport;
  private readonly socket: WebSocket;
  private ending = false;
  private endCode = 1006;
  private endBy: "client" | "target" | "nobody" = "nobody";

  constructor(target: Target, transport: Transport, socket: WebSocket) {
    super(target.nextConnectionId());
    this.target = target;
    this.transport = transport;
    this.socket = socket;
    socket.on("message", (data: Buffer, isBinary) => this.onMessage(data, isBinary));
    socket.on("ping", (payload) => this.onPing(payload));
    socket.on("error", (error) => this.onError(error));
    socket.on("close", (code) => this.onClose(code));
  }

  override get isOpen(): boolean {
    return !this.ending && this.socket.readyState === this.socket.OPEN;
  }

  override get unsentBytes(): number {
    return this.socket.bufferedAmount;
  }

  override write(frame: Buffer): void {
    const opcode = (frame[0] ?? 0) & 0x0f;
    const payload = frame.subarray(payloadStart(frame));
    const isWholeMessage = (frame[0] ?? 0) >= 0x80 && opcode <= Opcode.binary;
    if (opcode === Opcode.pong) this.socket.pong(payload);
    else if (isWholeMessage) this.socket.send(payload, { binary: opcode === Opcode.binary });
    else this.writeRaw(frame);
  }

  override writeRaw(bytes: Buffer): void {
    this.transport.socket.write(bytes);
  }

  override close(code: number | null, reason: string): void {
    if (!this.isOpen) return;
    this.finishing(code ?? 1005);
    this.socket.close(code ?? undefined, reason);
  }

  override end(): void {
    if (!this.isOpen) return;
    this.finishing(1006);
    this.transport.socket.end();
    this.target.later(CLOSE_TIMEOUT_US, () => this.transport.socket.destroy());
  }

  override reset(): void {
    if (!this.isOpen) return;
    this.finishing(1006);
    this.transport.reset();
  }

  private finishing(code: number): void {
    this.ending = true;
    this.endCode = code;
    this.endBy = "target";
  }

  private onMessage(data: Buffer, isBinary: boolean): void {
    this.lastInUs = monotonicUs();
    if (data.length > this.target.rules.behaviour.limits.maxMessageBytes) {
      this.target.violated(1009, "message too big");
      this.close(1009, "message too big");
      return;
    }
    this.target.message(this, frameOf(isBinary ? Opcode.binary : Opcode.text, data));
  }

  private onPing(payload: Buffer): void {
    this.lastInUs = monotonicUs();
    this.target.ping(this, payload);
  }

  /** ws has found a violation, and closes with the code that belongs to it. */
  private onError(error: Error & { readonly code?: string }): void {
    if (this.ending || error.code?.startsWith("WS_ERR_") !== true) return;
    const tooBig = error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    const code = tooBig ? 1009 : error.code === "WS_ERR_INVALID_UTF8" ? 1007 : 1002;
    this.target.violated(code, error.code);
    this.finishing(code);
  }

  private onClose(code: number): void {
    if (!this.ending && code !== 1006) {
      this.endCode = code;
      this.endBy = "client";
    }
    this.ending = true;
    this.target.ended(this, this.endCode, this.endBy);
  }
}

/** An upgrade with permessage-deflate for clients that offer it. */
export function compressedUpgrade(target: Target): CompressedUpgrade {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    autoPong: false,
    maxPayload: 16_777_216,
    perMessageDeflate: { threshold: COMPRESS_FROM_BYTES },
    handleProtocols: (_offered, request) =>
      chooseSubprotocol({ headers: headersOf(request) }, target.options.subprotocols) || false,
  });
  return (request, transport, early) => {
    const offered = request.headers.get("sec-websocket-extensions") ?? "";
    if (!offered.includes("permessage-deflate")) return false;
    server.handleUpgrade(asNodeRequest(request), transport.socket, early, (socket) => {
      const peer = new CompressedPeer(target, transport, socket);
      transport.receiver = BYSTANDER;
      target.opened(peer, request);
    });
    return true;
  };
}

/** ws looks at the method, the headers and the URL only. */
function asNodeRequest(request: HttpRequest): IncomingMessage {
  const headers = Object.fromEntries(request.headers);
  return { method: request.method, url: request.path, headers } as unknown as IncomingMessage;
}

function headersOf(request: IncomingMessage): ReadonlyMap<string, string> {
  return new Map(Object.entries(request.headers as Record<string, string>));
}
