/**
 * An attempt to connect that a fault spoils before it reaches the target: its name does not resolve, or its address leads nowhere. Made
 * by the engine in place of a driver's socket. Invariant: its owner is told once, of an injected failure, and not inside open().
 */
import type { FailingAttempt } from "../../shared/scenario/sections/faults/action.ts";
import type { DriverSocket, SocketOwner } from "./driver.ts";

export class SpoiltSocket implements DriverSocket {
  #owner: SocketOwner | null;
  readonly #signature: string;

  /** Where nobody answers, it fails when its time is over, else at once. */
  constructor(owner: SocketOwner, { where, signature }: FailingAttempt) {
    this.#owner = owner;
    this.#signature = signature;
    if (where !== "address") process.nextTick(fail, this);
  }

  fail(): void {
    const owner = this.#owner;
    this.#owner = null;
    owner?.onFail("injected-connect", this.#signature, "");
  }

  expire(): boolean {
    this.fail();
    return true;
  }

  send(): boolean {
    return true;
  }

  ping(): void {}

  bufferedBytes(): number {
    return 0;
  }

  unsentBytes(): number {
    return 0;
  }

  close(): void {}

  abort(): void {
    this.#owner = null;
  }
}

function fail(socket: SpoiltSocket): void {
  socket.fail();
}
