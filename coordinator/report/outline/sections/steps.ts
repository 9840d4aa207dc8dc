/**
 * What became of each step of the flows, in their order. Invariants: nothing for a scenario without a flow; completed, failed and
 * abandoned share out the steps that began, but for those still under way.
 */
import type { Summary } from "../../summary-schema.ts";
import { countsScope } from "../../text/result-text.ts";
import { type Cell, code, column, note, table } from "../block.ts";
import { quantileCells, quantileColumns } from "../quantiles.ts";
import type { Section } from "../section.ts";

const MAX_STEPS = 1000;
const TIMES = ["p50", "p90", "p99", "max"] as const;

const COLUMNS = [
  column("step", "text"),
  column("began"),
  column("completed"),
  column("share", "share"),
  column("failed"),
  column("abandoned"),
  ...quantileColumns("timed", TIMES),
];

export const steps: Section = {
  meta: {
    id: "steps",
    title: "Steps",
    about:
      "Of a run with a flow: how often each step began, completed and failed, and how long it took.",
  },

  build({ summary }) {
    const rows = Object.entries(summary.messages.byName).flatMap(([name, one]) => row(name, one));
    if (rows.length === 0) return [];
    return [
      table({ name: "Steps", columns: COLUMNS, most: MAX_STEPS }, rows),
      note(
        `Counts are of the ${countsScope(summary)}. Times are of what a step waited for: a message, a reply, a pong, an answer over HTTP. Abandoned: the connection was closed by plan, or by us, before the step was over; a step that waits for nothing to come (expectNot) is abandoned whoever closes it.`,
      ),
    ];
  },
};

function row(name: string, one: Summary["messages"]["byName"][string]): Cell[][] {
  const { started, completed = 0, failed = 0, abandoned = 0, latencyMs } = one;
  if (started === undefined) return [];
  const share = started === 0 ? null : completed / started;
  const counts = [started, completed, share, failed, abandoned];
  return [[code(name, 64), ...counts, ...quantileCells(latencyMs, TIMES)]];
}
