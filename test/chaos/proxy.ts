/**
 * A TCP proxy between one worker and its broker that can lose what the broker answers and then cut the line. Used by
 * faults.ts. Invariant: bytes go through unchanged and in order until it is told otherwise; close() leaves no socket.
 */
import { once } from "node:events";
import { createConnection, createServer, type Server, type Socket } from "node:net";

export class BrokerProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #lines = new Set<{ readonly near: Socket; readonly far: Socket }>();
  #server: Server | null = null;
  #deaf = false;

  constructor(targetPort: number) {
    this.#target = { host: "127.0.0.1", port: targetPort };
  }

  /** @returns the port it listens on, on 127.0.0.1 */
  async listen(): Promise<number> {
    this.#server = createServer((near) => this.#connect(near)).listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** What is asked from now on is carried out and not answered; after `cutAfterMs` the lines are cut. */
  async dropRepliesThenCut(cutAfterMs: number): Promise<void> {
    this.#deaf = true;
    await new Promise((resolve) => setTimeout(resolve, cutAfterMs));
    this.#cut();
    this.#deaf = false;
  }

  close(): void {
    this.#cut();
    this.#server?.close();
  }

  #cut(): void {
    for (const { near, far } of this.#lines) {
      near.destroy();
      far.destroy();
    }
    this.#lines.clear();
  }

  #connect(near: Socket): void {
    const far = createConnection(this.#target);
    const line = { near, far };
    this.#lines.add(line);
    near.on("data", (bytes: Buffer) => far.write(bytes));
    far.on("data", (bytes: Buffer) => {
      if (!this.#deaf) near.write(bytes);
    });
    const end = () => {
      this.#lines.delete(line);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on("error", end).on("close", end);
  }
}
