/**
 * The WebSocket of ws, with two things that its driver has to know of: a Close frame that is about to be sent, and pings that are
 * about to be answered. ws does both by its own public methods. Made by ws-driver.ts.
 */
import { WebSocket } from "ws";

export interface Watcher {
  /** Pings are not answered. */
  readonly muted: boolean;
  /** A Close frame is about to be sent: ours, the answer to the server's, or because of a violation. */
  closeBegins(code?: number, reason?: string | Buffer): void;
}

export class WatchedWebSocket<Owner extends Watcher> extends WebSocket {
  owner: Owner | null = null;

  override close(code?: number, reason?: string | Buffer): void {
    this.owner?.closeBegins(code, reason);
    super.close(code, reason);
  }

  override pong(data?: unknown, mask?: boolean, done?: (error: Error) => void): void {
    // To ws it is sent: done() takes no error where there is none.
    if (this.owner?.muted === true) (done as (() => void) | undefined)?.();
    else super.pong(data, mask, done);
  }
}
