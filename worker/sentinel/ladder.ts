/**
 * The probes of one target: how late this thread's own timer is, a TCP connection, a ping on a WebSocket connection of its own, and
 * on the same an echo where one was asked for. Which of them become slow together says where time is lost: on our machine, on the way, in
 * the target's protocol stack, or behind it. Made by main.ts. Invariant: one probe of a kind at a time, each over within PATIENCE_US;
 * one that is not answered is told as failed, once.
 */
import { connect } from "node:net";
import type { Clock } from "../../shared/time/clock.ts";
import type { Timers } from "../../shared/time/timer.ts";
import type { Rung } from "../../shared/wire/frame/sentinel-rows.ts";
import type { DriverSocket, SocketOwner } from "../socket/driver.ts";
import { buildFrame, nextMask, Opcode } from "../socket/lean/frame-builder.ts";

const PATIENCE_US = 5_000_000;
/** Until it connects again, twice as long after each failure. */
const FIRST_PAUSE_US = 5_000_000;
const LAST_PAUSE_US = 60_000_000;
const PING = Buffer.from("onrush sentinel");

export interface LadderOptions {
  readonly everyUs: number;
  readonly echo: string | null;
  readonly address: string;
  readonly port: number;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Opens a WebSocket connection; throws what cannot be asked for. */
  readonly open: (owner: SocketOwner) => DriverSocket;
  readonly onRung: (rung: Rung, tookUs: number | null) => void;
  /** No WebSocket connection can be asked for, and none is any more. */
  readonly onRefused: (error: unknown) => void;
}

export class Ladder implements SocketOwner {
  readonly #options: LadderOptions;
  #socket: DriverSocket | null = null;
  #isOpen = false;
  #isConnecting = false;
  #beganUs = 0;
  /** What is waited for on the socket, and since when. */
  #waiting: "ping" | "echo" | null = null;
  #sinceUs = 0;
  #pauseUs = FIRST_PAUSE_US;
  #againUs = 0;

  constructor(options: LadderOptions) {
    this.#options = options;
  }

  /** @param dueUs when this was to happen */
  step(dueUs: number): void {
    const { clock, timers, everyUs, onRung } = this.#options;
    const nowUs = clock.monotonicUs();
    onRung("wake", Math.max(0, nowUs - dueUs));
    this.#probeTcp(nowUs);
    this.#probeSocket(nowUs);
    const nextUs = Math.max(dueUs + everyUs, nowUs);
    timers.after((nextUs - nowUs) / 1000, () => this.step(nextUs));
  }

  onStage(): void {}

  onOpen(): void {
    this.#isOpen = true;
    this.#pauseUs = FIRST_PAUSE_US;
    this.#ask("ping");
  }

  onFail(): void {
    this.#lost();
  }

  onPong(): void {
    if (this.#answered("ping") && this.#options.echo !== null) this.#ask("echo");
  }

  onMessage(): void {
    this.#answered("echo");
  }

  onClosing(): void {
    // onClosed follows.
  }

  onClosed(): void {
    this.#lost();
  }

  #probeTcp(nowUs: number): void {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    const { address: host, port, clock, onRung } = this.#options;
    const socket = connect({ host, port, autoSelectFamily: false });
    const end = (tookUs: number | null) => {
      if (!this.#isConnecting) return;
      this.#isConnecting = false;
      socket.destroy();
      onRung("tcp", tookUs);
    };
    socket.setTimeout(PATIENCE_US / 1000, () => end(null));
    socket.once("error", () => end(null));
    socket.once("connect", () => end(clock.monotonicUs() - nowUs));
  }

  #probeSocket(nowUs: number): void {
    if (this.#socket === null) {
      if (nowUs >= this.#againUs) this.#open(nowUs);
    } else if (!this.#isOpen) {
      if (nowUs - this.#beganUs > PATIENCE_US) this.#giveUp();
    } else if (this.#waiting === null) this.#ask("ping");
    else if (nowUs - this.#sinceUs > PATIENCE_US) this.#giveUp();
  }

  #open(nowUs: number): void {
    this.#beganUs = nowUs;
    try {
      this.#socket = this.#options.open(this);
    } catch (error) {
      // Its request needs values that no connection of this thread has: there is nothing to see.
      this.#againUs = Number.POSITIVE_INFINITY;
      this.#options.onRefused(error);
    }
  }

  #ask(what: "ping" | "echo"): void {
    const { clock, echo } = this.#options;
    this.#waiting = what;
    this.#sinceUs = clock.monotonicUs();
    if (what === "ping") this.#socket?.ping(PING);
    else this.#socket?.send(buildFrame(Opcode.text, Buffer.from(echo ?? ""), nextMask()), false);
  }

  #answered(what: "ping" | "echo"): boolean {
    if (this.#waiting !== what) return false;
    this.#waiting = null;
    const { clock, onRung } = this.#options;
    onRung(what, clock.monotonicUs() - this.#sinceUs);
    return true;
  }

  #giveUp(): void {
    this.#socket?.abort(true);
    this.#lost();
  }

  #lost(): void {
    const { clock, onRung } = this.#options;
    // That it could not connect is no answer that failed: the rung below says whether anybody listens.
    if (this.#waiting !== null) onRung(this.#waiting, null);
    this.#waiting = null;
    this.#socket = null;
    this.#isOpen = false;
    this.#againUs = clock.monotonicUs() + this.#pauseUs;
    this.#pauseUs = Math.min(LAST_PAUSE_US, this.#pauseUs * 2);
  }
}
