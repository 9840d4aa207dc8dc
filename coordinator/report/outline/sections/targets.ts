/**
 * What each target of a run got and gave. Invariant: nothing for a run of one target, whose figures are the run's; the rows
 * sum to the counts of the run.
 */
import { type Cell, code, column, table } from "../block.ts";
import type { Section } from "../section.ts";

const MAX_TARGETS = 100;

const COLUMNS = [
  column("target", "text"),
  column("attempted"),
  column("established"),
  column("failed"),
  column("dropped"),
  column("reconnects"),
  column("sent"),
  column("want a reply"),
  column("in time"),
  column("share", "share"),
  column("timed out"),
  column("unanswered"),
];

export const targets: Section = {
  meta: {
    id: "targets",
    title: "Targets",
    about: "Of a run with several targets: connections, messages and replies of each.",
  },

  build({ targets: all = [] }) {
    if (all.length === 0) return [];
    const rows = all.map((one): Cell[] => [
      code(one.target, 120),
      ...[one.attempted, one.established, one.failed, one.dropped, one.reconnects, one.sent],
      ...[one.expected, one.matched, one.expected === 0 ? null : one.matched / one.expected],
      ...[one.timedOut, one.unanswered],
    ]);
    return [table({ name: "Targets", columns: COLUMNS, most: MAX_TARGETS }, rows)];
  },
};
