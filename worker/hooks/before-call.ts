/**
 * An attempt to connect that waits for before(): stands for its socket meanwhile. Made by hooks.ts. Invariant: the connection
 * is told once that its attempt goes on or failed, and never before it has this for a socket.
 */
import { UnopenedSocket } from "../socket/unopened-socket.ts";
import type { AttemptingConnection, HooksHost } from "./hooks-host.ts";

export class BeforeCall<Connection extends AttemptingConnection> extends UnopenedSocket {
  readonly #connection: Connection;
  readonly #host: HooksHost<Connection>;
  #isOver = false;

  constructor(connection: Connection, host: HooksHost<Connection>) {
    super();
    this.#connection = connection;
    this.#host = host;
  }

  /** @param problem "" when it ended well */
  ended(problem: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (problem === "") this.#host.onBefore(this.#connection);
    else this.#connection.onFail("hook-before", `before: ${problem}`, problem);
  }

  expire(): boolean {
    this.ended("no answer in time");
    return true;
  }

  override abort(): void {
    this.#isOver = true;
  }
}
