/**
 * A port of a pod on a port of this machine, as `kubectl port-forward` makes it. Used by stack.ts. Invariant: it is made again
 * when it breaks, on the same local port, until close(); kubectl ends with it, by pid.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { tied } from "../../shared/lifeline.ts";
import { freePort } from "../support/ports.ts";

const AGAIN_MS = 300;
/** A pod that went away may leave a forward that neither ends nor answers. */
const ANSWER_MS = 5000;
/** What kubectl takes to listen: younger ones get the time. */
const START_MS = 3000;

export class PortForward {
  readonly url: string;
  readonly #args: readonly string[];
  #child: ChildProcess | null = null;
  #since = 0;
  #closed = false;
  readonly #loop: Promise<void>;

  private constructor(port: number, args: readonly string[]) {
    this.url = `http://127.0.0.1:${port}`;
    this.#args = args;
    this.#loop = this.#keep();
  }

  /** @param what e.g. svc/onrush-coordinator  @param port of the pod, or of the service */
  static async open(namespace: string, what: string, port: number): Promise<PortForward> {
    const local = await freePort();
    return new PortForward(local, ["-n", namespace, "port-forward", what, `${local}:${port}`]);
  }

  /** Through the forward; one that does not answer is made again for the next call. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, { ...init, signal: AbortSignal.timeout(ANSWER_MS) });
    } catch (error) {
      if (performance.now() - this.#since > START_MS) this.#child?.kill("SIGKILL");
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#child?.kill("SIGKILL");
    await this.#loop;
  }

  async #keep(): Promise<void> {
    while (!this.#closed) {
      const child = spawn(...tied("kubectl", this.#args), { stdio: "ignore" });
      this.#child = child;
      this.#since = performance.now();
      await once(child, "exit");
      if (!this.#closed) await delay(AGAIN_MS);
    }
  }
}
