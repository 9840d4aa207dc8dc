/**
 * What timers will need of their connections, read for many of them before the first fires. With thousands of connections none
 * of it is in the processor's cache; these reads do not wait for one another, as those of one send after the other would. Called
 * by the timing wheel, once a turn. Invariant: nothing is changed.
 */
import { TIMER_KINDS } from "../../connection/connection-host.ts";
import { type ConnectionTimes, Time } from "../../connection/connection-times.ts";
import type { DriverSocket } from "../../socket/driver.ts";

interface Fetched {
  readonly pendingHead: number;
  readonly socket: DriverSocket | null;
}

export class FetchAhead {
  /** Of no meaning: something must become of what is read, or the compiler leaves it out. */
  sum = 0;
  readonly #connections: readonly (Fetched | null)[];
  readonly #times: ConnectionTimes;

  constructor(connections: readonly (Fetched | null)[], times: ConnectionTimes) {
    this.#connections = connections;
    this.#times = times;
  }

  /** The timers ids[0] to ids[count - 1] fire next. */
  prepare(ids: Int32Array, count: number): void {
    let { sum } = this;
    for (let at = 0; at < count; at++) {
      const slot = Math.floor((ids[at] as number) / TIMER_KINDS);
      const connection = this.#connections[slot];
      if (!connection) continue;
      sum ^= connection.pendingHead ^ (connection.socket?.bufferedBytes() ?? 0);
      sum ^= this.#times.get(slot, Time.nextSend);
    }
    this.sum = sum;
  }
}
