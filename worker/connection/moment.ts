/**
 * Where a connection stands on every clock, now, or stood when its Close came. Called for the failures that are kept
 * (connection-log.ts) and for samples of healthy connections (worker/engine/control-samples.ts). Invariant: nothing is changed.
 */
import type { ConnectionMoment } from "../../shared/wire/frame/failure-event.ts";
import type { DriverSocket } from "../socket/driver.ts";
import type { ConnectionHost } from "./connection-host.ts";
import { State } from "./connection-state.ts";
import { Time } from "./connection-times.ts";

export interface Described {
  readonly slot: number;
  readonly index: number;
  readonly attempt: number;
  readonly target: number;
  readonly role: number;
  readonly tries: number;
  readonly state: State;
  readonly seq: number;
  readonly pendingCount: number;
  readonly socket: DriverSocket | null;
}

/** @param phase it is counted in */
export function momentOf(
  connection: Described,
  host: ConnectionHost,
  phase: number,
): ConnectionMoment {
  const { slot, index, attempt, target, role, state, seq, socket } = connection;
  const { activity } = host.correlator;
  const establishedUs = host.times.get(slot, Time.established);
  const closeUs = host.times.get(slot, Time.stage);
  // Once a side has sent its Close it counts when that was, and not when the transport has ended.
  const isClosing = state === State.leaving && closeUs > establishedUs;
  const nowUs = isClosing ? closeUs : Math.max(0, host.lastNowUs);
  const nowMs = Math.floor(nowUs / 1000);
  const since = (ms: number | null) => (ms === null ? null : Math.max(0, nowMs - ms));
  const { receivedMs, sentMs, tokenMs } = activity.lastTimes(slot);
  const { address, localAddress } = host.routes.route(index, target, connection.tries);
  return {
    ...{ connection: index, attempt: Math.max(0, attempt), target, role, phase },
    atUs: Math.round(nowUs),
    ...{ address, source: localAddress ?? "", servedBy: socket?.servedBy ?? "" },
    ageMs: state === State.connecting ? null : since(Math.floor(establishedUs / 1000)),
    idleRxMs: since(receivedMs),
    idleTxMs: since(sentMs),
    tokenAgeMs: since(tokenMs),
    sent: seq,
    ...activity.totals(slot),
    open: host.recorder.open,
    inFlight: connection.pendingCount,
    bufferedBytes: socket?.bufferedBytes() ?? 0,
    recent: activity.recent(slot),
  };
}
