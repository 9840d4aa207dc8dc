/**
 * One connection of the plan: one session of one global index, with its attempts. The engine makes it when
 * the plan says so and is told when it is over; drivers call it back as their SocketOwner.
 * Data plane: flat fields, times in columns shared by all connections of the engine, no closures.
 *
 *   state       | event                      | next        | counted
 *   ------------+----------------------------+-------------+------------------------------
 *   waiting     | its time has come          | connecting  | attempted
 *   connecting  | 101                        | open        | established
 *   connecting  | failure, time-out          | waiting/gone| failed
 *   open        | plan's close, stop         | draining    |
 *   open        | peer, transport, heartbeat | waiting/gone| closed
 *   draining    | nothing unanswered         | closing     |
 *   draining    | peer, transport            | ended       | closed
 *   closing     | handshake over, time-out   | ended       | closed
 *   waiting/gone| plan's close, stop         | ended       |
 *   any         | abort                      | ended       | failed or closed
 *
 * gone: no attempts left; the connection only counts the messages it cannot send any more.
 */
import { assert } from "../../shared/assert.ts";
import type { CloseCause, ConnectFailure, FailureKind } from "../../shared/stats/failure-kind.ts";
import { COUNT, METRIC } from "../record/recorder.ts";
import { backoffUs } from "./backoff.ts";
import type { ConnectionHost } from "./connection-host.ts";
import { TimerKind } from "./connection-host.ts";
import type { MessageFailure } from "./conversation.ts";
import type { DriverSocket, SocketEnd, SocketOwner } from "./driver.ts";
import { type PacedConnection, releaseHeld, sendDue, sendLast, skipHeld } from "./pacing.ts";
import { NONE } from "./pending-table.ts";

export const State = {
  waiting: 0,
  connecting: 1,
  open: 2,
  draining: 3,
  closing: 4,
  gone: 5,
  ended: 6,
} as const;
export type State = (typeof State)[keyof typeof State];

const ALLOWED: readonly (readonly State[])[] = [
  [State.connecting, State.ended],
  [State.open, State.waiting, State.gone, State.ended],
  [State.draining, State.waiting, State.gone, State.ended],
  [State.closing, State.ended],
  [State.ended],
  [State.ended],
  [],
];

/** How long our Close frame may stay unanswered. */
export const CLOSE_TIMEOUT_US = 5_000_000;
const CLOSE_NORMAL = 1000;
/** Room per session in the numbering of sockets and of message slots. */
const MAX_ATTEMPTS = 65_536;
const MAX_SLOTS = 2 ** 26;
const PING = Buffer.from("onrush");

export class Connection implements SocketOwner, PacedConnection {
  readonly slot: number;
  readonly index: number;
  readonly shard: number;
  readonly target: number;
  state: State = State.waiting;
  incarnation: number;
  seq = 0;
  answered = -1;
  pendingHead = NONE;
  pendingTail = NONE;
  pendingCount = 0;
  expiredCount = 0;
  /** Number of the next slot of the message schedule, over all sessions of the index. */
  sendCounter: number;
  /** A due message waits for room; its slot stays the next one. */
  held = false;
  socket: DriverSocket | null = null;
  readonly #host: ConnectionHost;
  #phase = 0;
  #retries = 0;
  #stage: "tcp" | "tls" | "upgrade" = "tcp";
  #endCause: "plan" | "stop" = "plan";

  constructor(
    host: ConnectionHost,
    identity: { slot: number; index: number; shard: number; target: number; session: number },
  ) {
    this.#host = host;
    this.slot = identity.slot;
    this.index = identity.index;
    this.shard = identity.shard;
    this.target = identity.target;
    this.incarnation = identity.session * MAX_ATTEMPTS;
    this.sendCounter = identity.session * MAX_SLOTS;
  }

  get isOpen(): boolean {
    return this.state === State.open;
  }

  /** Starts an attempt; `intendedUs` is when the plan (or the backoff) wanted it. */
  connect(intendedUs: number): void {
    const host = this.#host;
    const again = this.#retries > 0;
    this.#transition(State.connecting);
    this.#phase = host.phaseAt(intendedUs);
    this.#stage = "tcp";
    this.seq = 0;
    this.answered = -1;
    this.incarnation++;
    const nowUs = host.nowUs();
    host.columns.intendedOpenUs[this.slot] = intendedUs;
    host.columns.stageUs[this.slot] = nowUs;
    host.recorder.attempted(this.#phase, this.shard, again);
    host.schedule(this.slot, TimerKind.life, nowUs + host.connectTimeoutUs);
    this.socket = host.openSocket(this);
  }

  onStage(stage: "tcp" | "tls"): void {
    const nowUs = this.#endStage(stage === "tcp" ? METRIC.tcp : METRIC.tls);
    this.#host.columns.stageUs[this.slot] = nowUs;
    this.#stage = stage === "tcp" && this.#host.isSecure(this.target) ? "tls" : "upgrade";
  }

  onOpen(): void {
    const host = this.#host;
    const nowUs = this.#endStage(METRIC.upgrade);
    const intendedUs = host.columns.intendedOpenUs[this.slot] as number;
    host.recorder.value(METRIC.connect, this.#phase, nowUs - intendedUs);
    host.recorder.established(this.#phase, this.shard, nowUs);
    host.columns.establishedUs[this.slot] = nowUs;
    this.#transition(State.open);
    this.#retries = 0;
    if (host.heartbeat) {
      host.columns.pingSentUs[this.slot] = 0;
      host.schedule(this.slot, TimerKind.ping, nowUs + host.firstPingUs(this.index));
    }
    const closeUs = host.columns.closeUs[this.slot] as number;
    if (nowUs >= closeUs) this.drain(this.#endCause);
    else host.schedule(this.slot, TimerKind.life, closeUs);
  }

  onFail(kind: ConnectFailure, signature: string): void {
    const host = this.#host;
    const nowUs = host.nowUs();
    this.socket = null;
    host.recorder.failed(this.#phase, this.shard, nowUs);
    this.#log(kind, signature, nowUs);
    this.#lose(nowUs);
  }

  onMessage(data: Buffer, start: number, end: number, binary: boolean): void {
    const host = this.#host;
    const incoming = host.correlator.incoming;
    const nowUs = host.nowUs();
    incoming.data = data;
    incoming.start = start;
    incoming.end = end;
    incoming.binary = binary;
    incoming.nowUs = nowUs;
    incoming.phase = host.phaseAt(nowUs);
    host.correlator.receive(this);
  }

  onPong(): void {
    const host = this.#host;
    const sentUs = host.columns.pingSentUs[this.slot] as number;
    if (sentUs === 0 || !host.heartbeat) return;
    const nowUs = host.nowUs();
    const phase = host.phaseAt(nowUs);
    host.recorder.count(phase, COUNT.pongs, 1);
    host.recorder.value(METRIC.ping, phase, nowUs - sentUs);
    host.columns.pingSentUs[this.slot] = 0;
    host.schedule(this.slot, TimerKind.ping, Math.max(nowUs, sentUs + host.heartbeat.pingUs));
  }

  onClosed(end: SocketEnd): void {
    const nowUs = this.#host.nowUs();
    const cause = this.#causeOf(end);
    if (cause === "protocol") {
      const what = end.violation?.what ?? "";
      this.#log("protocol", `${end.violation?.code ?? 1002} ${what}`, nowUs);
    } else if (cause === "peer") {
      this.#log("close-code", `${end.code} ${end.reason}`.trimEnd(), nowUs);
    } else if (cause === "abnormal") this.#log("abnormal-close", end.errno || "end", nowUs);
    this.#over(cause, nowUs);
  }

  onMessageFailure(kind: MessageFailure, name: number): void {
    this.#log(kind, name === NONE ? "" : this.#host.messageName(name), this.#host.lastNowUs);
  }

  /** A message was settled: there may be room for one that was held, or nothing left to wait for. */
  onSettled(): void {
    if (this.state === State.draining) {
      if (this.pendingCount === 0) this.#startClose();
    } else if (this.held && this.state === State.open) releaseHeld(this, this.#host);
  }

  /** The next slot of the connection's own schedule is due. */
  onSendDue(nowUs: number): void {
    sendDue(this, this.#host, nowUs);
  }

  onLifeDue(nowUs: number): void {
    switch (this.state) {
      case State.waiting:
        if (nowUs >= (this.#host.columns.closeUs[this.slot] as number)) this.#end();
        else this.connect(this.#host.columns.intendedOpenUs[this.slot] as number);
        break;
      case State.connecting:
        this.socket?.abort(false);
        this.onFail(`${this.#stage}-timeout`, "");
        break;
      case State.open:
        this.drain("plan");
        break;
      case State.closing:
        this.socket?.abort(true);
        this.#log("close-timeout", "", nowUs);
        this.#over("close-timeout", nowUs);
        break;
      case State.gone:
        this.#end();
        break;
      default:
        break;
    }
  }

  onPingDue(nowUs: number): void {
    const host = this.#host;
    if (this.state !== State.open || !host.heartbeat) return;
    if (host.columns.pingSentUs[this.slot] !== 0) {
      this.socket?.abort(true);
      this.#log("heartbeat-timeout", "", nowUs);
      this.#over("heartbeat", nowUs);
      return;
    }
    this.socket?.ping(PING);
    host.recorder.count(host.phaseAt(nowUs), COUNT.pings, 1);
    host.columns.pingSentUs[this.slot] = nowUs;
    host.schedule(this.slot, TimerKind.ping, nowUs + host.heartbeat.timeoutUs);
  }

  /** No new messages; close once nothing is unanswered. */
  drain(cause: "plan" | "stop"): void {
    const host = this.#host;
    const nowUs = host.lastNowUs;
    if (cause === "stop") host.columns.closeUs[this.slot] = nowUs;
    this.#endCause = cause;
    if (this.state === State.open) {
      sendLast(this, host, nowUs);
      skipHeld(this, host);
      host.cancel(this.slot, TimerKind.send);
      host.cancel(this.slot, TimerKind.ping);
      host.cancel(this.slot, TimerKind.life);
      this.#transition(State.draining);
      if (this.pendingCount === 0) this.#startClose();
    } else if (this.state === State.connecting && cause === "stop") this.abort("stop");
    else if (this.state === State.waiting || this.state === State.gone) this.#end();
  }

  /** Cuts the connection now, whatever its state. */
  abort(cause: "stop" | "fenced"): void {
    const host = this.#host;
    const nowUs = host.lastNowUs;
    this.#endCause = "stop";
    host.columns.closeUs[this.slot] = Math.min(nowUs, host.columns.closeUs[this.slot] as number);
    this.socket?.abort(false);
    if (this.state === State.connecting) {
      host.recorder.failed(this.#phase, this.shard, nowUs);
      this.#log("generator-stopped", "", nowUs);
      this.socket = null;
      this.#end();
    } else if (this.state === State.waiting || this.state === State.gone) this.#end();
    else if (this.state !== State.ended) {
      skipHeld(this, host);
      this.#over(cause, nowUs);
    }
  }

  #startClose(): void {
    this.#transition(State.closing);
    this.#host.schedule(this.slot, TimerKind.life, this.#host.lastNowUs + CLOSE_TIMEOUT_US);
    this.socket?.close(CLOSE_NORMAL);
  }

  #causeOf(end: SocketEnd): CloseCause {
    if (end.violation) return "protocol";
    if (end.initiator === "server") return "peer";
    if (this.state === State.closing && end.clean) return this.#endCause;
    return "abnormal";
  }

  /** An established connection ended. */
  #over(cause: CloseCause, nowUs: number): void {
    const host = this.#host;
    this.socket = null;
    host.correlator.incoming.nowUs = nowUs;
    const wasOpen = this.state === State.open;
    // Leave the open state first: settling must not send what was held.
    if (!wasOpen) this.#transition(State.ended);
    const lost = host.correlator.settleAll(this);
    if (lost > 0) this.#log("lost", cause, nowUs, lost);
    host.recorder.closed(this.#phase, this.shard, cause, nowUs);
    if (wasOpen && cause !== "stop" && cause !== "fenced") this.#lose(nowUs);
    else this.#release();
  }

  /** Not connected, and not because the plan says so: try again, or give up. */
  #lose(nowUs: number): void {
    const host = this.#host;
    host.cancel(this.slot, TimerKind.ping);
    const closeUs = host.columns.closeUs[this.slot] as number;
    const { policy, attempts } = host.reconnect;
    if (nowUs >= closeUs) {
      this.#end();
      return;
    }
    if (this.held) {
      this.held = false;
      host.schedule(this.slot, TimerKind.send, nowUs);
    }
    if (policy !== "none" && this.#retries < attempts) {
      const againUs =
        nowUs + backoffUs(host.reconnect, this.#retries, host.jitter(this.index, this.incarnation));
      this.#retries++;
      this.#transition(State.waiting);
      host.columns.intendedOpenUs[this.slot] = againUs;
      host.schedule(this.slot, TimerKind.life, Math.min(againUs, closeUs));
    } else {
      this.#transition(State.gone);
      host.schedule(this.slot, TimerKind.life, closeUs);
    }
  }

  #end(): void {
    sendLast(this, this.#host, this.#host.lastNowUs);
    this.#transition(State.ended);
    this.#release();
  }

  #release(): void {
    this.state = State.ended;
    this.#host.release(this);
  }

  #endStage(metric: number): number {
    const host = this.#host;
    const nowUs = host.nowUs();
    host.recorder.value(metric, this.#phase, nowUs - (host.columns.stageUs[this.slot] as number));
    return nowUs;
  }

  #log(kind: FailureKind, signature: string, nowUs: number, count = 1): void {
    const establishedUs = this.#host.columns.establishedUs[this.slot] as number;
    const connected = this.state === State.connecting ? 0 : nowUs - establishedUs;
    this.#host.recorder.failures.add(
      {
        kind,
        signature,
        phase: this.#phase,
        target: this.target,
        sample: {
          connection: this.index,
          attempt: this.incarnation % MAX_ATTEMPTS,
          atUs: Math.max(0, Math.round(nowUs)),
          ageUs: Math.max(0, Math.round(connected)),
          detail: "",
        },
      },
      count,
    );
  }

  #transition(next: State): void {
    assert(ALLOWED[this.state]?.includes(next), `connection: ${this.state} -> ${next}`);
    this.state = next;
  }
}
