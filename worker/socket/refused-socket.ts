/**
 * A socket that never was: the request itself cannot be sent (a header with a line break, a path with
 * a space). Used by both drivers so that such an attempt fails like any other, once and not inside open().
 */
import type { DriverSocket, SocketOwner } from "./driver.ts";

export class RefusedSocket implements DriverSocket {
  private owner: SocketOwner | null;
  private readonly fault: string;

  constructor(owner: SocketOwner, fault: string) {
    this.owner = owner;
    this.fault = fault;
    process.nextTick(reportFault, this);
  }

  report(): void {
    const owner = this.owner;
    this.owner = null;
    owner?.onFail("scenario-value", this.fault, "");
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
    this.owner = null;
  }
}

function reportFault(socket: RefusedSocket): void {
  socket.report();
}
