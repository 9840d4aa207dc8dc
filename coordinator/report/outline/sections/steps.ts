/**
 * What became of each step of the flows, in their order. Invariants: nothing for a scenario without a flow; completed, failed and
 * abandoned share out the steps that began, but for those still under way.
 */
import type { Summary } from "../../summary-schema.ts";
import { countsScope } from "../../text/result-text.ts";
import { code, note, type Part, part, tableOf } from "../block.ts";
import { quantileParts } from "../quantiles.ts";
import type { Section } from "../section.ts";

const MAX_STEPS = 1000;
const TIMES = ["p50", "p90", "p99", "max"] as const;

type Step = readonly [name: string, one: Summary["messages"]["byName"][string]];

const PARTS: readonly Part<Step>[] = [
  part("step", "text", ([name]) => code(name, 64)),
  part("began", "count", ([, { started = 0 }]) => started),
  part("completed", "count", ([, { completed = 0 }]) => completed),
  part("share", "share", ([, { started = 0, completed = 0 }]) =>
    started === 0 ? null : completed / started,
  ),
  part("failed", "count", ([, { failed = 0 }]) => failed),
  part("abandoned", "count", ([, { abandoned = 0 }]) => abandoned),
  ...quantileParts<Step>("timed", TIMES, ([, { latencyMs }]) => latencyMs),
];

export const steps: Section = {
  meta: {
    id: "steps",
    title: "Steps",
    about:
      "Of a run with a flow: how often each step began, completed and failed, and how long it took.",
  },

  build({ summary }) {
    const all = Object.entries(summary.messages.byName).filter(
      ([, { started }]) => started != null,
    );
    if (all.length === 0) return [];
    return [
      tableOf({ name: "Steps", most: MAX_STEPS }, PARTS, all),
      note(
        `Counts are of the ${countsScope(summary)}. Times are of what a step waited for: a message, a reply, a pong, an answer over HTTP. Abandoned: the connection was closed by plan, or by us, before the step was over; a step that waits for nothing to come (expectNot) is abandoned whoever closes it.`,
      ),
    ];
  },
};
