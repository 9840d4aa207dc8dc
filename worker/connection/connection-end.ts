/**
 * What is counted when an established connection is over. Called by the connection, once for each. Invariant: what it
 * still waited for is settled before its close is counted, so both are in one frame.
 */
import type { CloseCause } from "../../shared/stats/failure-kind.ts";
import { extraName, NO_MESSAGE } from "../message/backlog.ts";
import { MESSAGE } from "../record/message-counters.ts";
import { type Counted, METRIC, NAME, type Recorder } from "../record/recorder.ts";
import { isDrop } from "./close-cause.ts";
import type { ConnectionHost, HostedConnection } from "./connection-host.ts";
import { Time } from "./connection-times.ts";
import type { PacedConnection } from "./pacing.ts";
import { fallen } from "./standing.ts";

/** Ended by us, for another reason than its plan. */
const OURS: ReadonlySet<CloseCause> = new Set(["limit", "step-failed", "injected"]);

/** Whether we ended the connection without waiting for its target. */
export function isCut(cause: CloseCause): boolean {
  return cause === "stop" || cause === "fenced";
}

/** What a fault is to blame for, under the phases that are counted apart. */
function shifted(phase: number, shift: number): number {
  return phase < shift ? phase + shift : phase;
}

/** Counts the messages that waited in the connection's socket and never left. */
export function recordUnsent(connection: PacedConnection, recorder: Recorder): void {
  const { backlog, socket, target, shift } = connection;
  connection.backlog = null;
  backlog?.discard(socket?.unsentBytes() ?? 0, (phase, name) => {
    const at = shifted(phase, shift);
    // What a fault sent is counted under its name alone.
    if (name === NO_MESSAGE) return;
    if (name < 0) recorder.countName(at, extraName(name), NAME.extraDiscarded);
    else recorder.message(MESSAGE.discarded, at, name, target);
  });
}

/** @param wasOpen neither the plan nor we had begun to close it */
export function recordEnd(
  connection: HostedConnection & Counted,
  host: ConnectionHost,
  ended: { readonly cause: CloseCause; readonly wasOpen: boolean },
): void {
  const { recorder, correlator, lastNowUs } = host;
  const { cause, wasOpen } = ended;
  correlator.incoming.nowUs = lastNowUs;
  // What a limit of ours cut off is reported once, as that limit; so is what a failed step did.
  const cutByUs = isCut(cause) || OURS.has(cause);
  correlator.settleAll(connection, cutByUs);
  host.hooks?.ended(connection);
  const establishedUs = host.times.get(connection.slot, Time.established);
  recorder.value(METRIC.lifetime, connection.phase, lastNowUs - establishedUs);
  recorder.closed(connection, cause, lastNowUs);
  if (wasOpen && isDrop(cause)) {
    recorder.dropped(host.phaseAt(lastNowUs) + connection.shift, connection);
  }
  host.faults?.ended(connection, cause);
  fallen(connection, host, ended);
}
