/**
 * When a connection's messages go out, or why they do not. Each slot of the schedule is counted as planned
 * and then as exactly one of sent, skippedNotOpen, skippedBehind or skippedBackpressure. Called by the
 * connection and, for total rates, by the engine's pool. Invariant: a message that had to wait for room keeps
 * its intended time, so its corrected latency tells the whole wait.
 */

import { isSilent } from "../faults/victim.ts";
import { SKIPPED } from "../record/message-counters.ts";
import { COUNT, METRIC, type Recorder } from "../record/recorder.ts";
import type { DriverSocket } from "../socket/driver.ts";
import {
  type ConnectionHost,
  type HostedConnection,
  settingsOf,
  TimerKind,
} from "./connection-host.ts";
import { State } from "./connection-state.ts";
import { Time } from "./connection-times.ts";

/** Unsent bytes a socket may hold before further messages are skipped. */
const MAX_BUFFERED_BYTES = 4 << 20;

/** What pacing needs of a connection. */
export interface PacedConnection extends HostedConnection {
  /** Its schedule sends. */
  readonly isOpen: boolean;
  readonly state: State;
  sendCounter: number;
  held: boolean;
}

/** The next slot of the connection's own schedule is due. */
export function sendDue(connection: PacedConnection, host: ConnectionHost, nowUs: number): void {
  const { times } = host;
  const intendedUs = times.get(connection.slot, Time.nextSend);
  if (intendedUs >= times.get(connection.slot, Time.close)) return;
  if (hasNoRoom(connection, host)) {
    connection.held = true;
    return;
  }
  const { outgoing } = host.correlator;
  outgoing.name = host.nameFor(connection, connection.sendCounter);
  outgoing.intendedUs = intendedUs;
  outgoing.nowUs = nowUs;
  sendOutgoing(connection, host);
  const nextUs = host.nextSlotUs(connection, intendedUs);
  times.set(connection.slot, Time.nextSend, nextUs);
  if (nextUs >= times.get(connection.slot, Time.close)) return;
  // Already due and no room: the reply itself sends it, a turn of the engine would only add delay.
  if (nextUs <= nowUs && hasNoRoom(connection, host)) connection.held = true;
  else host.schedule(connection.slot, TimerKind.send, nextUs);
}

/**
 * Before the plan's close: the slots that lie before it are due, even when the timer of the close fired first
 * in their common millisecond.
 */
export function sendLast(connection: PacedConnection, host: ConnectionHost, nowUs: number): void {
  const { times } = host;
  const closeUs = Math.min(nowUs, times.get(connection.slot, Time.close));
  while (!connection.held && times.get(connection.slot, Time.nextSend) < closeUs) {
    sendDue(connection, host, nowUs);
  }
}

/** There is room again: send what was held, late by the target's doing. */
export function releaseHeld(connection: PacedConnection, host: ConnectionHost): void {
  if (isAtMost(connection, host)) return;
  connection.held = false;
  host.times.set(connection.slot, Time.heldUntil, host.lastNowUs);
  sendDue(connection, host, host.lastNowUs);
}

/**
 * Sends the name at this position at once: a step, or an answer. It is on no schedule, so it has no lag. Planned it is
 * when the connection is open.
 */
export function sendNow(connection: PacedConnection, host: ConnectionHost, name: number): boolean {
  const { outgoing } = host.correlator;
  outgoing.name = name;
  outgoing.intendedUs = host.lastNowUs;
  outgoing.nowUs = host.lastNowUs;
  const phase = host.phaseAt(outgoing.intendedUs) + connection.shift;
  const { socket, role } = connection;
  if (!maySend(connection) || socket === null) return false;
  host.recorder.planned(phase, role);
  if (isFull(socket, host)) {
    host.recorder.skipped(phase, role, SKIPPED.backpressure);
    return false;
  }
  outgoing.phase = phase;
  host.correlator.send(connection, socket);
  return true;
}

/** A step or an answer would be sent now. */
export function hasRoom(connection: PacedConnection, host: ConnectionHost): boolean {
  const { socket } = connection;
  return maySend(connection) && socket !== null && !isFull(socket, host);
}

/** Steps and answers are sent also while it leaves, or waits for its own messages to begin. */
function maySend(connection: PacedConnection): boolean {
  const { state } = connection;
  return (state === State.open || state === State.draining) && !isSilent(connection);
}

/** Sends the correlator's `outgoing` (name, intendedUs and nowUs are set), or counts why not. */
export function sendOutgoing(connection: PacedConnection, host: ConnectionHost): void {
  const { recorder } = host;
  const { outgoing } = host.correlator;
  const { intendedUs, nowUs } = outgoing;
  const { socket } = connection;
  const phase = host.phaseAt(intendedUs) + connection.shift;
  const { role } = connection;
  outgoing.phase = phase;
  recorder.planned(phase, role);
  const held = intendedUs < host.times.get(connection.slot, Time.heldUntil);
  if (!connection.isOpen || socket === null || isSilent(connection)) {
    recorder.skipped(phase, role, SKIPPED.notOpen);
    host.faults?.notSent(connection);
  } else if (!held && intendedUs < host.behindUs(nowUs)) {
    recorder.skipped(phase, role, SKIPPED.behind);
  } else if (isCongested(connection, socket, host)) {
    recorder.skipped(phase, role, SKIPPED.backpressure);
  } else if (host.hooks !== null && !host.hooks.prepare(connection, outgoing.name)) {
    recorder.skipped(phase, role, SKIPPED.behind);
    recorder.count(phase, COUNT.skippedByHooks, 1);
  } else {
    // What back-pressure held is late by the target's doing, so it is no lag of the generator.
    if (!held) recorder.value(METRIC.sendLag, phase, nowUs - intendedUs);
    host.correlator.send(connection, socket);
  }
}

/** As sendOutgoing, of the name at this position. */
export function sendNamed(
  connection: PacedConnection,
  host: ConnectionHost,
  message: { readonly name: number; readonly intendedUs: number },
): void {
  const { outgoing } = host.correlator;
  outgoing.name = message.name;
  outgoing.intendedUs = message.intendedUs;
  outgoing.nowUs = host.lastNowUs;
  sendOutgoing(connection, host);
}

/** A slot fell due on a connection that does not exist. */
export function skipNotOpen(recorder: Recorder, phase: number, role: number): void {
  recorder.planned(phase, role);
  recorder.skipped(phase, role, SKIPPED.notOpen);
}

/** The connection is not open any more: what waited for room is counted as such by the timer. */
export function giveUpHeld(connection: PacedConnection, host: ConnectionHost): void {
  if (!connection.held) return;
  connection.held = false;
  host.schedule(connection.slot, TimerKind.send, host.lastNowUs);
}

/** Slots that were held by back-pressure and will not be sent any more. */
export function skipHeld(connection: PacedConnection, host: ConnectionHost): void {
  if (!connection.held) return;
  connection.held = false;
  const { times, recorder } = host;
  const closeUs = times.get(connection.slot, Time.close);
  for (;;) {
    const intendedUs = times.get(connection.slot, Time.nextSend);
    if (intendedUs >= closeUs) return;
    const phase = host.phaseAt(intendedUs) + connection.shift;
    recorder.planned(phase, connection.role);
    recorder.skipped(phase, connection.role, SKIPPED.backpressure);
    times.set(connection.slot, Time.nextSend, host.nextSlotUs(connection, intendedUs));
  }
}

function hasNoRoom(connection: PacedConnection, host: ConnectionHost): boolean {
  return connection.isOpen && isAtMost(connection, host);
}

function isAtMost(connection: PacedConnection, host: ConnectionHost): boolean {
  return connection.pendingCount >= settingsOf(connection, host).inFlight;
}

function isCongested(
  connection: PacedConnection,
  socket: DriverSocket,
  host: ConnectionHost,
): boolean {
  return isAtMost(connection, host) || isFull(socket, host);
}

/** No more is given to the socket for now. */
export function isFull(socket: DriverSocket, host: ConnectionHost): boolean {
  return host.correlator.pending.full || socket.bufferedBytes() > MAX_BUFFERED_BYTES;
}
