/**
 * The owner of a socket that stands between it and its connection, to hear what becomes of an attempt. Base of those that faults put
 * there. Invariant: whatever the driver says is passed on, as it is and once.
 */
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import type { SocketEnd, SocketOwner } from "./driver.ts";

export class PassingOwner implements SocketOwner {
  readonly #owner: SocketOwner;

  constructor(owner: SocketOwner) {
    this.#owner = owner;
  }

  onStage(stage: "tcp" | "tls"): void {
    this.#owner.onStage(stage);
  }

  onOpen(protocol: string, extensions: string): void {
    this.#owner.onOpen(protocol, extensions);
  }

  onFail(kind: ConnectFailure, signature: string, detail: string): void {
    this.#owner.onFail(kind, signature, detail);
  }

  onMessage(data: Buffer, start: number, end: number, binary: boolean): void {
    this.#owner.onMessage(data, start, end, binary);
  }

  onPong(data: Buffer, start: number, end: number): void {
    this.#owner.onPong(data, start, end);
  }

  onClosing(code: number, reason: string): void {
    this.#owner.onClosing(code, reason);
  }

  onClosed(end: SocketEnd): void {
    this.#owner.onClosed(end);
  }
}
