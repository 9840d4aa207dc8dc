/**
 * The node:net or node:tls socket under a connection of the ws driver: made here, not by ws, so that the
 * address is the one given, the stages are seen and no errno is lost. Called by ws-driver.ts.
 */
import { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { OpenRequest } from "../driver.ts";
import {
  destinationOf,
  type LeavingEvents,
  type OwnedSocket,
  own,
  PLAIN_SOCKET,
  tlsOptionsOf,
  unsentBytes,
} from "../transport.ts";

/** What a transport tells its connection; the rest goes through ws. */
export interface TransportEvents extends LeavingEvents {
  connected(): void;
  secured(): void;
  /** Bytes came; ws gets them next. */
  arrived(chunk: Buffer): void;
  /** The server ended its side. */
  ended(): void;
  transportFailed(error: Error): void;
}

type WsOwned = OwnedSocket<TransportEvents>;

/** A TCP socket that knows its connection. A class, so that all have one shape from the start. */
class WsTcp extends Socket {
  readonly onrush: TransportEvents;

  constructor(events: TransportEvents) {
    super(PLAIN_SOCKET);
    this.onrush = events;
  }

  override _destroy(...[error, callback]: Parameters<Socket["_destroy"]>): void {
    this.onrush.leaving(unsentBytes(this));
    super._destroy(error, callback);
  }
}

function connect(request: OpenRequest, events: TransportEvents): Socket {
  const { endpoint } = request;
  const destination = destinationOf(request);
  if (!endpoint.secure) return new WsTcp(events).connect(destination);
  const socket = connectTls({ ...tlsOptionsOf(endpoint), ...destination });
  own(socket, events);
  return socket.on("secureConnect", onSecure);
}

/** Starts to connect; nothing is called back before the next tick. */
export function openTransport(request: OpenRequest, events: TransportEvents): Socket {
  const socket = connect(request, events);
  socket.on("connect", onConnect).on("end", onEnd).on("error", onError);
  // Before node:http and ws put their own there: each chunk is seen here first.
  return socket.on("data", onData);
}

// The handlers of all sockets; Node calls them with the socket as `this`.

function onConnect(this: WsOwned): void {
  this.onrush.connected();
}

function onSecure(this: WsOwned): void {
  this.onrush.secured();
}

function onData(this: WsOwned, chunk: Buffer): void {
  this.onrush.arrived(chunk);
}

function onEnd(this: WsOwned): void {
  this.onrush.ended();
}

function onError(this: WsOwned, error: Error): void {
  this.onrush.transportFailed(error);
}
