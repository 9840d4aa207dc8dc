/**
 * What stands for a connection's socket while there is none: its attempt waits for something, or has failed before it reached the network.
 * Base of those that do. Invariant: nothing can be sent on it, so nothing is left unsent.
 */
import type { DriverSocket } from "./driver.ts";

export abstract class UnopenedSocket implements DriverSocket {
  abstract abort(): void;

  send(): boolean {
    return true;
  }

  ping(): void {}

  close(): void {}

  bufferedBytes(): number {
    return 0;
  }

  unsentBytes(): number {
    return 0;
  }
}
