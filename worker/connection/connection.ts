/**
 * One connection of the plan: one session of one global index, with its attempts. The engine makes it when the plan says
 * so and is called when it is over; drivers call it back. Data plane: flat fields, times in shared rows, no closures.
 */
import type { CloseCause, ConnectFailure } from "../../shared/stats/failure-kind.ts";
import type { Touch } from "../faults/victim.ts";
import type { Backlog } from "../message/backlog.ts";
import { NOTHING_CAPTURED } from "../message/captures.ts";
import type { FailedMessage } from "../message/conversation.ts";
import { NONE } from "../message/pending-table.ts";
import { Standing } from "../record/uptime-rows.ts";
import { CLOSE_NORMAL } from "../socket/close-code.ts";
import type { DriverSocket, SocketEnd, SocketOwner } from "../socket/driver.ts";
import { beginAttempt, begun, establish, stageAfter } from "./attempt.ts";
import { causeOf, type EndCause, failureOf, isEarly } from "./close-cause.ts";
import { MAX_SLOTS } from "./close-time.ts";
import { isCut, recordEnd, recordUnsent } from "./connection-end.ts";
import {
  type ConnectionHost,
  type ConnectionIdentity,
  settingsOf,
  TimerKind,
} from "./connection-host.ts";
import { logAttempt, logEnd, logMessage, MAX_ATTEMPTS } from "./connection-log.ts";
import { moved, State } from "./connection-state.ts";
import { Time } from "./connection-times.ts";
import { pingForStep, pingOrGiveUp, ponged, startHeartbeat } from "./heartbeat.ts";
import { abort, awaitEnd, closeEarly, finish } from "./leaving.ts";
import { lose } from "./loss.ts";
import { triesAnother } from "./next-address.ts";
import * as pacing from "./pacing.ts";
import { answered, fallen, refused, unwanted } from "./standing.ts";

export class Connection implements SocketOwner, pacing.PacedConnection {
  // What every message touches comes first, up to `target`: it then shares cache lines.
  readonly slot: number;
  readonly index: number;
  state: State = State.waiting;
  incarnation: number;
  attempt: number;
  seq = 0;
  answered = -1;
  pendingHead = NONE;
  pendingTail = NONE;
  pendingCount = 0;
  /** A due message waits for room; its slot stays the next one. */
  held = false;
  socket: DriverSocket | null = null;
  readonly #host: ConnectionHost;
  /** Number of the next slot of the message schedule, over all sessions of the index. */
  sendCounter: number;
  readonly target: number;
  readonly role: number;
  backlog: Backlog | null = null;
  awaited = 0;
  captured: readonly unknown[] = NOTHING_CAPTURED;
  expiredCount = 0;
  isOpening = false;
  shift = 0;
  touch: Touch | null = null;
  standing: Standing = Standing.none;
  readonly shard: number;
  readonly slice: number;
  tries = 0;
  phase = 0;
  retries = 0;
  #stage: "tcp" | "tls" | "upgrade" = "tcp";
  endCause: EndCause = "plan";
  closeCode = CLOSE_NORMAL;
  /** The target's Close, answered; its transport is not over yet. */
  #closing: SocketEnd | null = null;

  constructor(host: ConnectionHost, identity: ConnectionIdentity) {
    this.#host = host;
    this.slot = identity.slot;
    this.index = identity.index;
    this.shard = identity.shard;
    this.slice = identity.slice;
    this.target = identity.target;
    this.role = identity.role;
    this.incarnation = identity.session * MAX_ATTEMPTS;
    this.attempt = identity.attempt - 1;
    this.sendCounter = identity.session * MAX_SLOTS;
  }

  get isOpen(): boolean {
    return this.state === State.open && !this.isOpening;
  }

  get isHittable(): boolean {
    return this.state === State.open;
  }

  get hasRoom(): boolean {
    return pacing.hasRoom(this, this.#host);
  }

  /** Starts an attempt; `intendedUs` is when the plan (or the backoff) wanted it. */
  connect(intendedUs: number): void {
    const host = this.#host;
    this.#transition(State.connecting);
    this.phase = host.phaseAt(intendedUs);
    this.#stage = "tcp";
    this.#closing = null;
    const nowUs = beginAttempt(this, host, intendedUs);
    host.schedule(this.slot, TimerKind.life, nowUs + settingsOf(this, host).connectTimeoutUs);
    this.socket = host.openSocket(this, 0);
  }

  onStage(stage: "tcp" | "tls"): void {
    this.#stage = stageAfter(this, this.#host, stage);
  }

  onOpen(protocol: string, extensions: string): void {
    const host = this.#host;
    host.agreed(this, protocol, extensions);
    const nowUs = establish(this, host);
    const closeUs = host.times.get(this.slot, Time.close);
    this.#transition(State.open);
    startHeartbeat(this, host);
    host.schedule(this.slot, TimerKind.life, closeUs);
    host.correlator.observers.opened(this, nowUs);
    if (host.hooks !== null) host.hooks.opened(this);
    if (this.isOpen) begun(this, host);
    if (nowUs >= closeUs) this.drain(this.endCause);
  }

  onFail(kind: ConnectFailure, signature: string, detail: string): void {
    const host = this.#host;
    const nowUs = host.nowUs();
    if (triesAnother(this, host, kind)) return;
    this.socket = null;
    host.recorder.failed(this, nowUs);
    logAttempt(host, this, { kind, signature, detail });
    refused(this, host, kind);
    lose(this, this.#host, nowUs, detail);
  }

  onMessage(data: Buffer, start: number, end: number, binary: boolean): void {
    const host = this.#host;
    const incoming = host.correlator.incoming;
    const nowUs = host.nowUs();
    incoming.take(data, start, end, binary);
    incoming.nowUs = nowUs;
    incoming.phase = host.phaseAt(nowUs) + this.shift;
    if (host.hooks !== null) host.hooks.received(this, incoming);
    host.correlator.receive(this);
  }

  onPong(_data: Buffer, start: number, end: number): void {
    ponged(this, this.#host, end - start);
  }

  ping(): void {
    pingForStep(this, this.#host);
  }

  onClosing(code: number, reason: string): void {
    awaitEnd(this, this.#host, this.#host.nowUs());
    this.#closing = { code, reason, clean: true, initiator: "server", violation: null, errno: "" };
    if (this.state === State.open) {
      this.#transition(State.leaving);
      fallen(this, this.#host, { cause: "peer", wasOpen: true });
      pacing.giveUpHeld(this, this.#host);
    } else if (this.state === State.draining) this.#transition(State.closing);
  }

  onClosed(end: SocketEnd): void {
    const nowUs = this.#host.nowUs();
    const isAsked = this.state === State.closing || isEarly(this.endCause);
    const cause = causeOf(end, isAsked ? this.endCause : null);
    this.#host.faults?.closing(this, end);
    const failure = failureOf(cause, end);
    if (failure) logEnd(this.#host, this, failure);
    this.over(cause, nowUs, end.reason);
  }

  onMessageFailure(failed: FailedMessage): void {
    logMessage(this.#host, this, failed);
  }

  onSettled(name: number, isAnswered: boolean): void {
    this.#host.correlator.observers.settled(this, name, isAnswered);
    if (isAnswered !== (this.standing === Standing.up)) answered(this, this.#host, isAnswered);
    if (this.state === State.draining) finish(this, this.#host);
    else if (this.held && this.isOpen) pacing.releaseHeld(this, this.#host);
  }

  onStepsDone(): void {
    if (this.state === State.draining) finish(this, this.#host);
    else if (this.state === State.open) begun(this, this.#host);
  }

  leave(code: number, hasFailed: boolean): void {
    this.closeCode = code;
    if (!hasFailed) this.drain("flow");
    else if (this.state === State.open) closeEarly(this, this.#host, "step-failed");
  }

  onSendDue(nowUs: number): void {
    pacing.sendDue(this, this.#host, nowUs);
  }

  onLifeDue(nowUs: number): void {
    switch (this.state) {
      case State.waiting:
        if (nowUs >= this.#host.times.get(this.slot, Time.close)) this.end();
        else this.connect(this.#host.times.get(this.slot, Time.intendedOpen));
        break;
      case State.connecting:
        if (this.socket?.expire?.()) break;
        this.socket?.abort(false);
        this.onFail(`${this.#stage}-timeout`, "", "");
        break;
      case State.open:
        this.drain("plan");
        break;
      case State.closing:
      case State.leaving:
        this.socket?.abort(true);
        // That a target does not end the transport changes nothing about its Close.
        if (this.#closing) this.onClosed(this.#closing);
        else this.#cut("close-timeout", "close-timeout", nowUs);
        break;
      case State.gone:
        this.end();
        break;
    }
  }

  onPingDue(nowUs: number): void {
    if (this.state !== State.open || this.socket === null) return;
    if (pingOrGiveUp(this, this.#host, this.socket)) return;
    this.#cut("heartbeat-timeout", "heartbeat", nowUs);
  }

  /** No new messages; close once nothing is unanswered. One that is to move and connects, opens first. */
  drain(cause: EndCause): void {
    const host = this.#host;
    if (cause !== "plan") host.times.lower(this.slot, Time.close, host.lastNowUs);
    if (this.state === State.open) {
      this.endCause = cause;
      pacing.sendLast(this, host, host.lastNowUs);
      pacing.skipHeld(this, host);
      for (const kind of Object.values(TimerKind)) host.cancel(this.slot, kind);
      this.#transition(State.draining);
      host.correlator.observers.draining(this);
      finish(this, host);
    } else if (this.state === State.connecting && cause === "stop") this.abort("stop");
    else if (this.state === State.connecting) this.endCause = cause;
    else if (this.state === State.waiting || this.state === State.gone) this.end();
  }

  /** Cuts the connection now, whatever its state. */
  abort(cause: "stop" | "fenced"): void {
    abort(this, this.#host, cause);
  }

  cutByFault(signature: string): void {
    logEnd(this.#host, this, { kind: "injected", signature });
    this.over("injected", this.#host.lastNowUs);
  }

  closeByFault(code: number, signature: string): void {
    logEnd(this.#host, this, { kind: "injected", signature });
    this.closeCode = code;
    closeEarly(this, this.#host, "injected");
  }

  /** The target did not do its part in time. */
  #cut(kind: "close-timeout" | "heartbeat-timeout", cause: CloseCause, nowUs: number): void {
    this.socket?.abort(true);
    logEnd(this.#host, this, { kind, signature: "" });
    this.over(cause, nowUs);
  }

  /** An established connection ended. */
  over(cause: CloseCause, nowUs: number, said = ""): void {
    recordUnsent(this, this.#host.recorder);
    this.socket = null;
    const wasOpen = this.state === State.open || this.state === State.leaving;
    // Leave the open state first: settling must not send what was held.
    if (!wasOpen) this.#transition(State.ended);
    recordEnd(this, this.#host, { cause, wasOpen });
    if (wasOpen && !isCut(cause)) lose(this, this.#host, nowUs, said);
    else this.end();
  }

  end(): void {
    pacing.sendLast(this, this.#host, this.#host.lastNowUs);
    this.state = State.ended;
    unwanted(this, this.#host);
    this.#host.release(this);
  }

  #transition(next: State): void {
    this.state = moved(this.state, next);
  }
}
