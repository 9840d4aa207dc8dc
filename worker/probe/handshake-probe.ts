/**
 * One WebSocket connection: opened as an engine would open it, pinged a few times, closed. Called by main.ts of this
 * folder for each target the doctor asks about.
 * Invariant: it always settles, because every wait has an end, and leaves no socket behind.
 */

import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Timers } from "../../shared/time/timer.ts";
import type { ProbeProblem } from "../../shared/wire/probe.ts";
import type {
  Driver,
  DriverSocket,
  OpenRequest,
  SocketEnd,
  SocketOwner,
} from "../socket/driver.ts";

const PINGS = 4;
/** For all pings together, and for the closing handshake. */
const PING_MS = 2000;
const CLOSE_MS = 1000;
const NORMAL_CLOSURE = 1000;

export interface Handshake {
  readonly problem: ProbeProblem | null;
  readonly protocol: string;
  /** From the start of the attempt; null for a stage that was not reached. */
  readonly tcpMs: number | null;
  readonly tlsMs: number | null;
  readonly openMs: number | null;
  readonly pingMs: number | null;
}

export interface HandshakeOptions {
  readonly driver: Driver;
  readonly request: OpenRequest;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Rejects only with what the driver throws for certificates that cannot be used. */
export function shakeHands(options: HandshakeOptions): Promise<Handshake> {
  return new Promise((resolve) => new HandshakeProbe(options, resolve).start());
}

class HandshakeProbe implements SocketOwner {
  readonly #options: HandshakeOptions;
  readonly #resolve: (handshake: Handshake) => void;
  readonly #startUs: number;
  #socket: DriverSocket | null = null;
  #stage: "tcp" | "tls" | "upgrade" = "tcp";
  #state: "opening" | "pinging" | "closing" | "settled" = "opening";
  #cancel: () => void = () => {};
  #pings = 0;
  #pingedUs = 0;
  #seen: Omit<Handshake, "problem"> = {
    ...{ protocol: "", tcpMs: null, tlsMs: null, openMs: null, pingMs: null },
  };

  constructor(options: HandshakeOptions, resolve: (handshake: Handshake) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#startUs = options.clock.monotonicUs();
  }

  start(): void {
    const { driver, request, timeoutMs } = this.#options;
    this.#socket = driver.open(request, this);
    this.#wait(timeoutMs, () => this.#settle({ kind: `${this.#stage}-timeout`, signature: "" }));
  }

  onStage(stage: "tcp" | "tls"): void {
    const isLast = stage === "tls" || !this.#options.request.endpoint.secure;
    this.#stage = isLast ? "upgrade" : "tls";
    this.#seen = { ...this.#seen, [`${stage}Ms`]: this.#sinceStartMs() };
  }

  onOpen(protocol: string): void {
    this.#seen = { ...this.#seen, protocol, openMs: this.#sinceStartMs() };
    this.#state = "pinging";
    this.#wait(PING_MS, () => this.#close());
    this.#ping();
  }

  onFail(kind: ConnectFailure, signature: string): void {
    this.#settle({ kind, signature });
  }

  onMessage(): void {
    // Whatever it has to say is of no interest here.
  }

  onPong(): void {
    if (this.#state !== "pinging") return;
    const tookMs = (this.#options.clock.monotonicUs() - this.#pingedUs) / 1000;
    const pingMs = Math.min(this.#seen.pingMs ?? Number.POSITIVE_INFINITY, tookMs);
    this.#seen = { ...this.#seen, pingMs };
    if (this.#pings < PINGS) this.#ping();
    else this.#close();
  }

  onClosing(): void {
    // onClosed follows, or the wait ends.
  }

  onClosed({ code, reason, violation }: SocketEnd): void {
    const wasAsked = this.#state === "closing" && violation === null;
    const how = violation === null ? reason : violation.what;
    this.#settle(wasAsked ? null : { kind: "closed", signature: `${code} ${how}`.trim() });
  }

  #ping(): void {
    this.#pings++;
    this.#pingedUs = this.#options.clock.monotonicUs();
    this.#socket?.ping(Buffer.from(`onrush ${this.#pings}`));
  }

  #close(): void {
    this.#state = "closing";
    this.#wait(CLOSE_MS, () => this.#settle(null));
    this.#socket?.close(NORMAL_CLOSURE);
  }

  /** One wait at a time: each ends the one before. */
  #wait(ms: number, then: () => void): void {
    this.#cancel();
    this.#cancel = this.#options.timers.after(ms, then);
  }

  #settle(problem: ProbeProblem | null): void {
    if (this.#state === "settled") return;
    this.#state = "settled";
    this.#cancel();
    this.#socket?.abort(false);
    this.#resolve({ ...this.#seen, problem });
  }

  #sinceStartMs(): number {
    return (this.#options.clock.monotonicUs() - this.#startUs) / 1000;
  }
}
