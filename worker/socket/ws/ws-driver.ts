/**
 * The reference driver: the same interface on the ws package. Called by the engine when compression is
 * asked for or the scenario says `driver: ws`.
 * Invariant: its owner gets the callbacks of the lean driver for the same bytes, save for the
 * differences listed, each with its reason, in test/conformance/differences.ts.
 */
import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { type ClientOptions, WebSocket } from "ws";
import { assert } from "../../../shared/assert.ts";
import { ABNORMAL, isValidCloseCode, NO_STATUS } from "../close-code.ts";
import { Dribble } from "../dribble.ts";
import type { Driver, DriverSocket, FaultySocket, OpenRequest, SocketOwner } from "../driver.ts";
import { FailedAttempt } from "../failed-attempt.ts";
import { type ConnectStage, connectFailure, errorSignature } from "../failure-map.ts";
import type { Tap, TapSink } from "../link/tap.ts";
import { Fault, type ProtocolFault } from "../protocol-fault.ts";
import { ReadGate } from "../read-gate.ts";
import { serverOf } from "../served-by.ts";
import { isResettable } from "../transport.ts";
import { endpointFault, requestFault } from "../upgrade.ts";
import { HUNG_UP, PENDING, REFUSED, type Refusal, UpgradeAnswer } from "../upgrade-answer.ts";
import { WatchedWebSocket } from "./watched-websocket.ts";
import { faultOf, upgradeFaultOf } from "./ws-errors.ts";
import { listen, type WsEvents } from "./ws-events.ts";
import { MessageMeter } from "./ws-meter.ts";
import { headersOf, optionsOf, prepareRequest, type UntypedOptions, urlOf } from "./ws-request.ts";
import { WsTap } from "./ws-tap.ts";
import { openTransport, type TransportEvents } from "./ws-transport.ts";

const OPENING = 0;
const OPEN = 1;
const CLOSING = 2;
const ENDED = 3;
/** Open for the target alone. */
const VANISHED = 4;

class WsSocket implements FaultySocket, TransportEvents, WsEvents {
  muted = false;
  servedBy = "";
  private state = OPENING;
  private stage: ConnectStage = "tcp";
  private readonly request: OpenRequest;
  private readonly owner: SocketOwner;
  private readonly ws: WatchedWebSocket<WsSocket>;
  private socket: Socket | null = null;
  /** Until the upgrade is answered. */
  private answer: UpgradeAnswer | null = null;
  private extensions = "";
  private readonly meter = new MessageMeter();
  private closedByUs = false;
  private violation: ProtocolFault | null = null;
  private errno = "";
  private left = 0;
  /** Where a fault holds it back. */
  private readGate: ReadGate | null = null;
  private slowWriting: Dribble | null = null;

  constructor(request: OpenRequest, owner: SocketOwner) {
    this.request = request;
    this.owner = owner;
    this.ws = new WatchedWebSocket(
      urlOf(request),
      [...request.endpoint.subprotocols],
      this.options(),
    );
    listen(this.ws, this);
  }

  send(bytes: Buffer, binary: boolean): boolean {
    if (this.ws.readyState !== WebSocket.OPEN) return true;
    const { compression } = this.request.endpoint;
    this.ws.send(bytes, { binary, compress: compression });
    // Compression reads the bytes later; uncompressed, ws masks a copy, but not under an all-zero key.
    return !compression && this.ws.bufferedAmount === 0;
  }

  ping(payload: Buffer): void {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.ping(Buffer.from(payload));
  }

  bufferedBytes(): number {
    return this.ws.bufferedAmount;
  }

  unsentBytes(): number {
    return this.left;
  }

  leaving(unsent: number): void {
    this.left = this.request.endpoint.compression ? 0 : unsent;
  }

  close(code: number): void {
    // The server's Close may be in before the owner was called; then the first was not ours.
    if (this.state !== OPEN || this.ws.readyState !== WebSocket.OPEN) return;
    assert(isValidCloseCode(code), `close code ${code} cannot be sent`);
    this.state = CLOSING;
    this.closedByUs = true;
    this.ws.close(code);
  }

  abort(reset: boolean): void {
    if (this.state === ENDED) return;
    this.state = ENDED;
    const { socket } = this;
    const canReset = reset && this.stage !== "tcp" && socket !== null && isResettable(socket);
    if (canReset) socket.resetAndDestroy();
    this.ws.terminate();
  }

  get gate(): ReadGate {
    assert(this.socket !== null, "ws: an open connection without a transport");
    this.readGate ??= new ReadGate(this.ws, this.socket);
    return this.readGate;
  }

  get dribble(): Dribble {
    assert(this.socket !== null, "ws: an open connection without a transport");
    this.slowWriting ??= new Dribble(this.socket);
    return this.slowWriting;
  }

  mute(isMuted: boolean): void {
    this.muted = isMuted;
  }

  inject(bytes: Buffer): boolean {
    if (this.ws.readyState !== WebSocket.OPEN) return true;
    this.socket?.write(bytes);
    return this.ws.bufferedAmount === 0;
  }

  vanish(): void {
    if (this.state !== OPEN) return;
    this.state = VANISHED;
    this.ws.pause();
    this.meter.release();
  }

  tap(sink: TapSink): Tap {
    assert(this.socket !== null, "ws: an open connection without a transport");
    return new WsTap(this.socket, sink);
  }

  closeBegins(code = NO_STATUS, reason: string | Buffer = ""): void {
    // Whether it is a violation is known one event later; only then may the owner be called.
    if (this.state === OPEN) process.nextTick(reportClosing, this, code, reason.toString());
  }

  reportClosing(code: number, reason: string): void {
    if (this.state !== OPEN || this.violation !== null) return;
    this.state = CLOSING;
    this.owner.onClosing(code, reason);
  }

  connected(): void {
    if (this.state !== OPENING) return;
    this.stage = this.request.endpoint.secure ? "tls" : "upgrade";
    this.owner.onStage("tcp");
  }

  secured(): void {
    if (this.state !== OPENING) return;
    this.stage = "upgrade";
    this.owner.onStage("tls");
  }

  ended(): void {
    // Nobody reads our backlog any more; ws would wait for it.
    if (this.state !== OPENING) this.socket?.destroy();
  }

  transportFailed(error: Error): void {
    this.errno = errorSignature(error);
  }

  /** The answer to the upgrade is judged as the lean driver judges it; ws only sees one that lets us in. */
  arrived(chunk: Buffer): void {
    if (this.state >= ENDED || this.violation !== null) return;
    if (this.readGate !== null) this.readGate.read();
    const { answer } = this;
    if (answer === null) {
      // What came behind the answer ws puts back, so that it comes here, too.
      if (!this.meter.take(chunk)) this.giveUp(Fault.outOfMemory);
      return;
    }
    const rest = answer.take(chunk, 0, chunk.length);
    if (rest === REFUSED) this.fail(answer.refusal);
    if (rest === REFUSED || rest === PENDING) return;
    this.extensions = answer.head.extensions ?? "";
    this.servedBy = serverOf(answer.head.server);
    this.answer = null;
  }

  opened(): void {
    if (this.state !== OPENING) return;
    this.state = OPEN;
    this.owner.onOpen(this.ws.protocol, this.extensions);
  }

  received(data: Buffer, binary: boolean): void {
    if (this.state < ENDED) this.owner.onMessage(data, 0, data.length, binary);
  }

  ponged(data: Buffer): void {
    if (this.state < ENDED) this.owner.onPong(data, 0, data.length);
  }

  failed(error: Error): void {
    if (this.state >= ENDED) return;
    if (this.state === OPENING) {
      const fault = upgradeFaultOf(error);
      if (fault !== null) this.fail({ kind: "upgrade-invalid", signature: fault, detail: "" });
      else {
        this.fail(this.answer?.cut() ?? { ...connectFailure(this.stage, error), detail: "" });
      }
      return;
    }
    this.violation ??= faultOf(error);
    this.leave();
  }

  /** A limit of our own: what ws would do after a violation of the server's. */
  private giveUp(fault: ProtocolFault): void {
    this.violation = fault;
    this.ws.close(fault.code);
    this.leave();
  }

  /** The Close frame is sent and ws would now wait for the server; there is nothing to wait for. */
  private leave(): void {
    if (this.socket?.writableLength === 0) this.socket.destroySoon();
    else this.socket?.destroy();
  }

  closed(code: number, reason: Buffer): void {
    if (this.state >= ENDED) return;
    if (this.state === OPENING) {
      this.fail(this.answer?.cut() ?? HUNG_UP);
      return;
    }
    this.state = ENDED;
    this.meter.release();
    const clean = code !== ABNORMAL;
    const first = this.closedByUs ? "client" : "server";
    this.owner.onClosed({
      code,
      reason: reason.toString(),
      clean,
      initiator: clean ? first : "none",
      violation: this.violation,
      errno: this.errno,
    });
  }

  private fail({ kind, signature, detail }: Refusal): void {
    this.state = ENDED;
    this.answer = null;
    this.ws.terminate();
    this.owner.onFail(kind, signature, detail);
  }

  private options(): ClientOptions & UntypedOptions {
    const { endpoint } = this.request;
    return {
      // Node takes lists of values; the published types of ws do not say so.
      headers: headersOf(this.request) as Record<string, string>,
      ...optionsOf(endpoint),
      createConnection: () => {
        this.socket = openTransport(this.request, this);
        return this.socket;
      },
      finishRequest: (sent: ClientRequest) => {
        const key = prepareRequest(sent, this.request);
        this.answer = new UpgradeAnswer(key, endpoint);
        sent.end();
      },
    };
  }
}

function reportClosing(socket: WsSocket, code: number, reason: string): void {
  socket.reportClosing(code, reason);
}

/** @throws Error of OpenSSL when the endpoint's certificate files are unusable; see secureContextOf. */
function open(request: OpenRequest, owner: SocketOwner): DriverSocket {
  const fault = endpointFault(request.endpoint) || requestFault(request);
  if (fault === "") return new WsSocket(request, owner);
  return new FailedAttempt(owner, "scenario-value", fault);
}

export const wsDriver: Driver = { name: "ws", framing: "payload", open };
