/**
 * What became of messages that want a reply, as columns of a table. Called by the sections. Invariant: where no message wants
 * one, the cells are blank and not zero.
 */
import { type Cell, type Part, part } from "./block.ts";
import type { Unit } from "./unit.ts";

interface Replies {
  readonly sent: number;
  readonly expected: number | null;
  readonly matched: number | null;
  readonly rejected?: number | null | undefined;
  readonly timedOut: number | null;
  readonly unanswered: number | null;
  readonly late?: number | null | undefined;
}

const SHOWN: Readonly<Record<string, readonly [Unit, (of: Replies, matched: number) => Cell]>> = {
  "want a reply": ["count", (of) => wanted(of)],
  "in time": ["count", (_, matched) => matched],
  share: ["share", (of, matched) => (wanted(of) === 0 ? null : matched / wanted(of))],
  rejected: ["count", ({ rejected }) => rejected ?? ""],
  "timed out": ["count", ({ timedOut }) => timedOut],
  unanswered: ["count", ({ unanswered }) => unanswered],
  late: ["count", ({ late = null }) => late],
};

/** @param omit titles that it does not have */
export function replyParts<Row>(
  of: (row: Row) => Replies,
  omit: readonly string[] = [],
): Part<Row>[] {
  return Object.entries(SHOWN)
    .filter(([title]) => !omit.includes(title))
    .map(([title, [unit, cell]], at) =>
      part(title, unit, (row) => {
        const replies = of(row);
        if (replies.matched !== null) return cell(replies, replies.matched);
        return at === 0 ? { text: "none", value: 0 } : "";
      }),
    );
}

function wanted({ expected, sent }: Replies): number {
  return expected ?? sent;
}
