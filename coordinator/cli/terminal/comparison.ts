/**
 * What a run reports beside what its target counted itself. Called by the demo. Pure. Invariant: a row is the
 * same only when the numbers are equal; nothing is rounded away.
 */

import type { Summary } from "../../report/summary-schema.ts";
import { formatCount } from "../../report/text/format.ts";
import type { Style } from "./style.ts";

/** The part of the target's GET /stats that is compared. */
export interface TargetCounts {
  readonly accepted: number;
  readonly open: number;
  readonly closed: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface ComparedRow {
  readonly what: string;
  readonly reported: number;
  readonly counted: number;
  readonly same: boolean;
}

export function compareCounts(summary: Summary, counts: TargetCounts): ComparedRow[] {
  const { connections, messages } = summary;
  const closed = Object.values(connections.closedByCause).reduce((sum, count) => sum + count, 0);
  const row = (what: string, reported: number, counted: number): ComparedRow => ({
    what,
    reported,
    counted,
    same: reported === counted,
  });
  return [
    row("connections established / accepted", connections.established, counts.accepted),
    row("connections closed", closed, counts.closed),
    row("open at the end", connections.openAtEnd, counts.open),
    row("messages sent / received by the target", messages.sent, counts.messagesIn),
    row("messages received / sent by the target", messages.received, counts.messagesOut),
    row("bytes sent / received by the target", messages.bytesSent, counts.bytesIn),
    row("bytes received / sent by the target", messages.bytesReceived, counts.bytesOut),
  ];
}

export function comparisonText(rows: readonly ComparedRow[], style: Style): string {
  const width = Math.max(...rows.map(({ what }) => what.length));
  const lines = rows.map(({ what, reported, counted, same }) => {
    const mark = same ? style.green("✓") : style.red("✗ differs");
    const numbers = [reported, counted].map((count) => formatCount(count).padStart(14)).join("");
    return `  ${what.padEnd(width)}${numbers}  ${mark}`;
  });
  const head = `  ${"".padEnd(width)}${"onrush".padStart(14)}${"target".padStart(14)}`;
  return ["", "What the target counted itself", head, ...lines, ""].join("\n");
}
