/**
 * A summary held against what the target counted. Used by the episodes here and by those on a cluster (test/kubernetes).
 * Pure. Invariant: a number is wrong when it differs from the target's by more than the summary itself declares.
 */

import type { TargetCounts } from "../../coordinator/cli/terminal/comparison.ts";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { undeclared } from "../support/oracle.ts";

/**
 * @param loses a worker is lost: what is unknown is bounded by the summary; otherwise every count must be equal
 * @returns every difference that the summary does not declare
 */
export function wrongNumbers(
  summary: Summary,
  counts: TargetCounts,
  { loses }: { readonly loses: boolean },
): string[] {
  const wrong: string[] = [];
  const { connections, messages, validity, lostWorkers, overrun, faults } = summary;
  const sum = (of: (lost: Summary["lostWorkers"][number]) => number) =>
    lostWorkers.reduce((total, lost) => total + of(lost), 0);
  if (!validity.ledger.balanced && summary.verdict !== "invalid")
    wrong.push("ledger unbalanced, not said");
  if (validity.framesMissing > 0) wrong.push(`${validity.framesMissing} frames missing`);
  if (!loses && lostWorkers.length > 0) wrong.push(`a worker was lost: ${lostWorkers[0]?.reason}`);
  if (summary.verdict === "invalid" && validity.reasons.length === 0) {
    wrong.push("invalid, and no cause is given");
  }
  // An attempt that was given up for its time limit may be accepted after it.
  const givenUp = connections.failedByKind["upgrade-timeout"] ?? 0;
  const opens = sum(({ opensAtMost }) => opensAtMost) + givenUp;
  const sent = sum(({ messagesAtMost }) => messagesAtMost);
  const established = connections.established + overrun.established;
  // Given up here as too late, and accepted there all the same.
  const late = connections.failedByKind["upgrade-timeout"] ?? 0;
  wrong.push(...undeclared("established", established, counts.accepted, opens + late));
  // What faults sent beside the plan is in a figure of its own.
  const extra = faults.reduce((total, one) => total + (one.messages.extra ?? 0), 0);
  const reported = messages.sent + extra + overrun.sent;
  wrong.push(...undeclared("sent", reported, counts.messagesIn, sent));
  // What the target sent to a worker that was killed, or that cut its connections, is on its way when the worker goes.
  const open = sum(({ connectionsOpen }) => connectionsOpen);
  // So it is when a close took too long, and the connection was cut.
  const cut = (connections.closedByCause["close-timeout"] ?? 0) > 0;
  const onItsWay =
    (loses ? sent + open + (messages.unanswered ?? 0) : 0) +
    (cut ? (messages.lost ?? 0) : 0) +
    faults.reduce((total, one) => total + one.messages.cutOff, 0);
  const received = messages.received + overrun.received;
  wrong.push(...undeclared("received", received, counts.messagesOut, onItsWay));
  if (connections.openAtEnd !== 0)
    wrong.push(`${connections.openAtEnd} connections open at the end`);
  return wrong;
}
