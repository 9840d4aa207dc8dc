/**
 * The node:net or node:tls socket under a lean connection, and how Node's events find back to it. Called
 * by lean-socket.ts, once per connection.
 * Invariant: all sockets of a thread share one read buffer, one set of options and these handlers.
 */
import { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { OpenRequest } from "../driver.ts";
import type { TransportError } from "../failure-map.ts";
import {
  destinationOf,
  type LeavingEvents,
  type OwnedSocket,
  own,
  PLAIN_SOCKET,
  tlsOptionsOf,
  unsentBytes,
} from "../transport.ts";

/** What a transport tells its connection. */
export interface TransportEvents extends LeavingEvents {
  connected(): void;
  secured(): void;
  /** Bytes [0, length) of readBuffer; gone at the next read of any socket. */
  received(length: number): void;
  /** The server ended its side. */
  ended(): void;
  failed(error: TransportError): void;
  closed(): void;
}

const READ_BUFFER_BYTES = 64 * 1024;

/** What this thread read last, from whichever socket. */
export const readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

const onread = { buffer: readBuffer, callback: onBytes };
const socketOptions = { onread, ...PLAIN_SOCKET };

export type LeanOwned = OwnedSocket<TransportEvents>;

/** A TCP socket that knows its connection. A class, so that all have one shape from the start. */
class LeanTcp extends Socket {
  onrush: TransportEvents;

  constructor(events: TransportEvents) {
    super(socketOptions);
    this.onrush = events;
  }

  override _destroy(...[error, callback]: Parameters<Socket["_destroy"]>): void {
    this.onrush.leaving(unsentBytes(this));
    super._destroy(error, callback);
  }
}

/** Starts to connect; nothing is called back before the next tick. */
export function openTransport(request: OpenRequest, events: TransportEvents): Socket {
  return request.endpoint.secure ? openTls(request, events) : openTcp(request, events);
}

function openTcp(request: OpenRequest, events: TransportEvents): Socket {
  const socket = handled(new LeanTcp(events));
  socket.connect(destinationOf(request));
  return socket;
}

function openTls(request: OpenRequest, events: TransportEvents): Socket {
  const options = { ...tlsOptionsOf(request.endpoint), ...destinationOf(request), onread };
  const socket = connectTls(options);
  own(socket, events);
  return handled(socket).on("secureConnect", onSecure);
}

function handled<S extends Socket>(socket: S): S {
  return socket.on("connect", onConnect).on("end", onEnd).on("error", onError).on("close", onClose);
}

// The handlers of all sockets; Node calls them with the socket as `this`.

function onBytes(this: LeanOwned, length: number): boolean {
  this.onrush.received(length);
  return true;
}

function onConnect(this: LeanOwned): void {
  this.onrush.connected();
}

function onSecure(this: LeanOwned): void {
  this.onrush.secured();
}

function onEnd(this: LeanOwned): void {
  this.onrush.ended();
}

function onError(this: LeanOwned, error: Error): void {
  this.onrush.failed(error);
}

function onClose(this: LeanOwned): void {
  this.onrush.closed();
}
