/**
 * How what a WebSocket of ws tells finds to its connection: handlers shared by all of them, called with the ws object as `this`.
 * Called by ws-driver.ts. Invariant: nothing is made per connection.
 */
import type { RawData, WebSocket } from "ws";
import { WatchedWebSocket, type Watcher } from "./watched-websocket.ts";

/** What ws tells. */
export interface WsEvents extends Watcher {
  opened(): void;
  received(data: Buffer, binary: boolean): void;
  ponged(data: Buffer): void;
  failed(error: Error): void;
  closed(code: number, reason: Buffer): void;
}

export function listen<Owner extends WsEvents>(ws: WatchedWebSocket<Owner>, owner: Owner): void {
  ws.owner = owner;
  ws.on("open", onOpen).on("message", onMessage).on("pong", onPong).on("error", onError);
  ws.on("close", onClose);
}

function ownerOf(ws: WebSocket): WsEvents | null {
  return ws instanceof WatchedWebSocket ? (ws.owner as WsEvents) : null;
}

function onOpen(this: WebSocket): void {
  ownerOf(this)?.opened();
}

function onMessage(this: WebSocket, data: RawData, binary: boolean): void {
  // Always a Buffer: binaryType is left at "nodebuffer".
  ownerOf(this)?.received(data as Buffer, binary);
}

function onPong(this: WebSocket, data: Buffer): void {
  ownerOf(this)?.ponged(data);
}

function onError(this: WebSocket, error: Error): void {
  ownerOf(this)?.failed(error);
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  ownerOf(this)?.closed(code, reason);
}
