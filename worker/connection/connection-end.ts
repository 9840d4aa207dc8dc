/**
 * What is counted when an established connection is over. Called by the connection, once for each. Invariant: what it
 * still waited for is settled before its close is counted, so both are in one frame.
 */
import type { CloseCause } from "../../shared/stats/failure-kind.ts";
import type { Conversation } from "../message/conversation.ts";
import { MESSAGE } from "../record/message-counters.ts";
import { type Counted, METRIC, type Recorder } from "../record/recorder.ts";
import { isDrop } from "./close-cause.ts";
import type { ConnectionHost } from "./connection-host.ts";
import { Time } from "./connection-times.ts";
import type { PacedConnection } from "./pacing.ts";

/** Whether we ended the connection without waiting for its target. */
export function isCut(cause: CloseCause): boolean {
  return cause === "stop" || cause === "fenced";
}

/** Counts the messages that waited in the connection's socket and never left. */
export function recordUnsent(connection: PacedConnection, recorder: Recorder): void {
  const { backlog, socket, target } = connection;
  connection.backlog = null;
  backlog?.discard(socket?.unsentBytes() ?? 0, (phase, name) =>
    recorder.message(MESSAGE.discarded, phase, name, target),
  );
}

/** @param wasOpen neither the plan nor we had begun to close it */
export function recordEnd(
  connection: Conversation & Counted,
  host: ConnectionHost,
  ended: { readonly cause: CloseCause; readonly wasOpen: boolean },
): void {
  const { recorder, correlator, lastNowUs } = host;
  const { cause, wasOpen } = ended;
  correlator.incoming.nowUs = lastNowUs;
  // What a limit of ours cut off is reported once, as that limit; so is what a failed step did.
  const cutByUs = isCut(cause) || cause === "limit" || cause === "step-failed";
  correlator.settleAll(connection, cutByUs);
  host.hooks?.ended(connection);
  const establishedUs = host.times.get(connection.slot, Time.established);
  recorder.value(METRIC.lifetime, connection.phase, lastNowUs - establishedUs);
  recorder.closed(connection, cause, lastNowUs);
  if (wasOpen && isDrop(cause)) recorder.dropped(host.phaseAt(lastNowUs), connection);
}
