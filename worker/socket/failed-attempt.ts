/**
 * An attempt to connect that fails before it reaches the network: its request cannot be sent (a header with a line break, a path with
 * a space), or a fault spoils it (its name does not resolve, its address leads nowhere). Made by the drivers and the engine, so that such
 * an attempt fails like any other. Invariant: its owner is told once, and not inside open().
 */
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import type { SocketOwner } from "./driver.ts";
import { UnopenedSocket } from "./unopened-socket.ts";

export class FailedAttempt extends UnopenedSocket {
  #owner: SocketOwner | null;
  readonly #kind: ConnectFailure;
  readonly #signature: string;

  /** @param waits nobody answers: it fails when its time is over, else at once */
  constructor(owner: SocketOwner, kind: ConnectFailure, signature: string, waits = false) {
    super();
    this.#owner = owner;
    this.#kind = kind;
    this.#signature = signature;
    if (!waits) process.nextTick(fail, this);
  }

  fail(): void {
    const owner = this.#owner;
    this.#owner = null;
    owner?.onFail(this.#kind, this.#signature, "");
  }

  expire(): boolean {
    this.fail();
    return true;
  }

  override abort(): void {
    this.#owner = null;
  }
}

function fail(attempt: FailedAttempt): void {
  attempt.fail();
}
