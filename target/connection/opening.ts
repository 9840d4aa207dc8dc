/**
 * What a client says first: an HTTP request, answered as a page or as an upgrade. Made by the listener
 * for each socket; hands the socket over to a connection once its 101 is written. Invariants: requests
 * are bounded (request.ts); one socket carries one request; whoever is slow to ask is turned away.
 *
 *   head -> body -> answered          head -> waiting -> accepted          any -> answered or gone
 */
import { Buffer } from "node:buffer";
import type { UpgradeHands } from "../behaviour/upgrade/upgrade-behaviour.ts";
import type { Target } from "../target.ts";
import { Connection } from "./connection.ts";
import {
  acceptResponse,
  checkUpgrade,
  chooseSubprotocol,
  isUpgrade,
  plainResponse,
} from "./handshake.ts";
import { type HttpRequest, MAX_HEAD_BYTES, parseHead } from "./request.ts";
import type { Receiver, Transport } from "./transport.ts";

/** Answers a plain HTTP request with a whole response; the body is at most MAX_BODY_BYTES. */
export type HttpHandler = (request: HttpRequest, body: Buffer) => Promise<string>;

/** Takes over a socket that is to be compressed, 101 included; false when this one is not. */
export type CompressedUpgrade = (
  request: HttpRequest,
  transport: Transport,
  early: Buffer,
) => boolean;

export interface OpeningContext {
  readonly target: Target;
  readonly http: HttpHandler;
  readonly compressed: CompressedUpgrade | null;
}

const State = { head: 0, body: 1, waiting: 2, answered: 3, accepted: 4 } as const;

/** How long a client may take to end its side after our answer. */
const LINGER_US = 5_000_000;
const HEAD_END = "\r\n\r\n";
const NOTHING = Buffer.alloc(0);

export class Opening implements Receiver, UpgradeHands {
  private state: number = State.head;
  /** What was read and not used yet. */
  private early: Buffer = NOTHING;
  private request: HttpRequest | null = null;
  private readonly context: OpeningContext;
  private readonly transport: Transport;

  constructor(context: OpeningContext, transport: Transport) {
    this.context = context;
    this.transport = transport;
  }

  onShared(length: number): void {
    this.onOwned(Buffer.from(this.context.target.decoder.shared.bytes.subarray(0, length)));
  }

  onOwned(bytes: Buffer): void {
    if (this.state >= State.answered) return;
    this.early = this.early.length === 0 ? bytes : Buffer.concat([this.early, bytes]);
    if (this.state === State.head) this.readHead();
    else if (this.state === State.body) this.readBody();
    else if (this.early.length > MAX_HEAD_BYTES) this.transport.reset();
  }

  onGone(): void {
    this.state = State.answered;
    this.early = NOTHING;
  }

  /** The client has had its time to ask. */
  onOverdue(): void {
    if (this.state < State.waiting) this.refuse(408, "request took too long");
  }

  private readHead(): void {
    const end = this.early.indexOf(HEAD_END);
    if (end > MAX_HEAD_BYTES || (end < 0 && this.early.length > MAX_HEAD_BYTES)) {
      this.refuse(431, "request head too long");
      return;
    }
    if (end < 0) return;
    const request = parseHead(this.early.toString("latin1", 0, end));
    this.early = this.early.subarray(end + HEAD_END.length);
    if ("status" in request) {
      this.refuse(request.status, request.why);
      return;
    }
    this.request = request;
    if (isUpgrade(request)) this.upgrade(request);
    else {
      this.state = State.body;
      const expects = request.headers.get("expect")?.toLowerCase() === "100-continue";
      if (expects) this.transport.socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      this.readBody();
    }
  }

  private readBody(): void {
    const { request } = this;
    if (request === null || this.early.length < request.bodyBytes) return;
    const body = this.early.subarray(0, request.bodyBytes);
    this.state = State.answered;
    this.early = NOTHING;
    this.context.http(request, body).then(
      (response) => this.answer(response),
      () => this.answer(plainResponse(500, "text/plain", "internal error\n")),
    );
  }

  answer(response: string): void {
    const { socket } = this.transport;
    this.state = State.answered;
    socket.end(response);
    this.context.target.later(LINGER_US, () => socket.destroy());
  }

  private upgrade(request: HttpRequest): void {
    const problem = checkUpgrade(request);
    if (problem !== null) {
      this.refuse(problem.status, problem.why);
      return;
    }
    const { target } = this.context;
    const refusal = target.conversation.refusalOf(request);
    if (refusal !== null) {
      this.refuse(refusal.status, refusal.why);
      return;
    }
    const { admission, delayUs } = target.admit();
    this.state = State.waiting;
    if (admission === "full") this.refuse(target.rules.behaviour.cap?.status ?? 503, "refused");
    else if (admission === "ignored") return;
    else if (admission !== "accept") admission.behaviour.act(request, admission.given, this);
    else if (delayUs > 0) target.openLater(delayUs, () => this.accept(request));
    else this.accept(request);
  }

  reset(): void {
    this.transport.reset();
  }

  trickle(response: string, everyMs: number): void {
    const { socket } = this.transport;
    const bytes = Buffer.from(response, "latin1");
    let written = 0;
    const next = (): void => {
      if (socket.destroyed || written >= bytes.length - 1) return;
      socket.write(bytes.subarray(written, written + 1));
      written += 1;
      this.context.target.later(1000 * everyMs, next);
    };
    next();
  }

  count(name: string): void {
    this.context.target.stats.behaved(name);
  }

  refuse(status: number, why: string, extra: readonly string[] = []): void {
    const isPage = this.request !== null && !isUpgrade(this.request);
    if (!isPage) this.context.target.stats.upgradeRefused(status);
    const lines = status === 426 ? [...extra, "Sec-WebSocket-Version: 13"] : extra;
    this.answer(plainResponse(status, "text/plain; charset=utf-8", `${why}\n`, lines));
  }

  private accept(request: HttpRequest): void {
    if (this.state !== State.waiting) return;
    this.state = State.accepted;
    const { target, compressed } = this.context;
    const { early, transport } = this;
    this.early = NOTHING;
    this.request = null;
    if (compressed?.(request, transport, early) === true) return;
    const protocol = chooseSubprotocol(request, target.options.subprotocols);
    const key = request.headers.get("sec-websocket-key") ?? "";
    transport.socket.write(acceptResponse(key, protocol), "latin1");
    const connection = new Connection(target, transport);
    transport.receiver = connection;
    target.opened(connection, request);
    if (early.length > 0) connection.onOwned(Buffer.from(early));
  }
}
