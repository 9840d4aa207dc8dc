/**
 * The socket driver interface: the only thing a connection knows of what lies below it. Two drivers
 * implement it, `lean` (node:net/tls and our own RFC 6455 codec) and `ws` (the ws package), and one
 * conformance suite holds both to the same observed behaviour.
 * Data plane: no promise, closure or timer per message; time-outs belong to the engine's timing wheel.
 */
import { assert } from "../../shared/assert.ts";
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import type { Dribble } from "./dribble.ts";
import type { Tap, TapSink } from "./link/tap.ts";
import type { ProtocolFault } from "./protocol-fault.ts";
import type { ReadGate } from "./read-gate.ts";

/** What a run's connections have in common; made once per target by the engine. */
export interface Endpoint {
  /** ws: or wss: */
  readonly secure: boolean;
  readonly host: string;
  /** For Host and SNI; differs from `address` when the name was resolved. */
  readonly port: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly subprotocols: readonly string[];
  readonly tls: {
    readonly ca: string | null;
    readonly cert: string | null;
    readonly key: string | null;
    readonly servername: string | null;
    readonly rejectUnauthorized: boolean;
  };
  readonly compression: boolean;
  readonly maxMessageBytes: number;
  /** Called for each line of the answer to an upgrade; a run has none. */
  readonly onAnswerLine?: (line: string) => void;
}

/** One attempt to connect. */
export interface OpenRequest {
  readonly endpoint: Endpoint;
  /** Path and query, as on the request line. */
  readonly path: string;
  /** IP address the engine resolved and checked; the driver never resolves names. */
  readonly address: string;
  /** Source address, or null for the kernel's choice. */
  readonly localAddress: string | null;
  /** Extra headers of this connection (templates); added after the endpoint's. */
  readonly headers: readonly (readonly [string, string])[];
  /** Has a fault spoil the head of the request; the lean driver alone does so. Absent: it goes out as it is. */
  readonly spoil?: (head: string) => string;
}

/**
 * Implemented by the connection. The driver calls exactly one of onOpen or onFail per open(), never
 * synchronously inside open(); after onOpen any number of onMessage/onPong, then exactly one onClosed. After
 * abort() nothing is called any more.
 */
export interface SocketOwner {
  /** TCP connected (timestamps are the owner's business); for wss also called when TLS is done. */
  onStage(stage: "tcp" | "tls"): void;
  /** 101 accepted. `protocol` is the subprotocol agreed on, `extensions` the extensions as the target wrote them; "" for none. */
  onOpen(protocol: string, extensions: string): void;
  /**
   * The attempt failed. `signature` is e.g. an HTTP status, an errno, or a protocol fault, `detail` what else the
   * target said (where a redirect leads) or ""; both raw, not yet escaped.
   */
  onFail(kind: ConnectFailure, signature: string, detail: string): void;
  /**
   * A whole message. `data` holds it in [start, end) and is only valid during the call: copy what you keep.
   * Text is already checked to be UTF-8.
   */
  onMessage(data: Buffer, start: number, end: number, binary: boolean): void;
  /** A pong; payload as in onMessage. Pings are answered by the driver. */
  onPong(data: Buffer, start: number, end: number): void;
  /**
   * The server sent Close and was answered: nothing can be sent any more, and onClosed follows when it
   * ends the transport. The owner starts its close time-out here (and after its own close()). Code and reason are
   * those of SocketEnd, for an owner that will not wait any longer.
   */
  onClosing(code: number, reason: string): void;
  /** The connection is over; see SocketEnd. */
  onClosed(end: SocketEnd): void;
}

export interface SocketEnd {
  /** Close code received; 1005 for a Close frame without one, 1006 when the transport ended without a Close frame. */
  readonly code: number;
  /** Raw reason from the target, at most 123 bytes. */
  readonly reason: string;
  /** Close frames went both ways. */
  readonly clean: boolean;
  /** Who sent Close first. "none" for 1006. */
  readonly initiator: "client" | "server" | "none";
  /** Not null: the driver failed the connection with this code (1002, 1007, 1009), for the target's fault or a limit of ours. */
  readonly violation: ProtocolFault | null;
  /** errno of the transport, "" when it just ended. */
  readonly errno: string;
}

/** A socket that is opening or open. */
export interface DriverSocket {
  /**
   * Sends one whole message. `bytes` is a complete masked frame when the driver's `framing` is "frame" (built with
   * frame-builder.ts), else the bare payload. On true the buffer belongs to the caller again; on false the driver
   * keeps it until it is flushed and the caller must not touch it any more. Ignored unless open.
   */
  send(bytes: Buffer, binary: boolean): boolean;
  /** Sends a ping with a payload of at most 125 bytes (copied). Ignored unless open. */
  ping(payload: Buffer): void;
  /** Bytes accepted by send that the kernel has not taken yet. */
  bufferedBytes(): number;
  /** Bytes accepted by send that had not left this process when the socket ended; 0 before, and where it is not known. */
  unsentBytes(): number;
  /** The server behind a balancer that has the connection, by the name it gave (served-by.ts); "" or absent: none. */
  readonly servedBy?: string;
  /** Starts the closing handshake; ignored unless open. */
  close(code: number): void;
  /** Its attempt's time is over. @returns true when it has told its owner so by itself; absent: it never does */
  expire?(): boolean;
  /** Destroys the socket at once (RST when `reset`), in any state; no further calls to the owner. */
  abort(reset: boolean): void;
}

/** What faults may do to a socket, beside what its connection asks of it. Ignored unless open. */
export interface FaultySocket extends DriverSocket {
  /** Has it read less from the transport, or nothing: to the target a client that does not take what it sends. */
  readonly gate: ReadGate;
  /** Has what is sent leave slowly. */
  readonly dribble: Dribble;
  /** Answers no ping any more, or again. */
  mute(isMuted: boolean): void;
  /**
   * Writes these bytes as they are, between two frames. Whoever gives them changes them no more. @returns false where some wait
   * in the socket
   */
  inject(bytes: Buffer): boolean;
  /**
   * Lets go of the connection without a word: the owner is called no more, nothing is read or sent, and the transport stays
   * open until abort().
   */
  vanish(): void;
  /** What is read goes to `sink` from now on, and from there to the connection. One at a time. */
  tap(sink: TapSink): Tap;
}

/** The socket of an open connection, as both drivers make it. */
export function asFaulty(socket: DriverSocket | null): FaultySocket {
  assert(socket !== null && "vanish" in socket, "fault: a socket that was not made by a driver");
  return socket as FaultySocket;
}

export interface Driver {
  readonly name: "lean" | "ws";
  /** What send() takes. */
  readonly framing: "frame" | "payload";
  open(request: OpenRequest, owner: SocketOwner): DriverSocket;
}
