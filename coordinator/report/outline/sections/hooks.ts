/** What the scenario's own code took, function by function. Invariant: it is left out of runs without hooks. */
import type { Summary } from "../../summary-schema.ts";
import { formatCount } from "../../text/format.ts";
import {
  code,
  type DataRow,
  datum,
  facts,
  lead,
  note,
  type Part,
  part,
  tableOf,
} from "../block.ts";
import { quantileLine, quantileParts, recordData } from "../quantiles.ts";
import type { Section } from "../section.ts";

const TIMES = ["p50", "p90", "p99", "max"] as const;
/** There are five. */
const MOST = 10;

type Hook = readonly [name: string, one: NonNullable<Summary["hooks"]>["byFunction"][string]];

const PARTS: readonly Part<Hook>[] = [
  part("function", "text", ([name]) => code(name)),
  part("calls", "count", ([, { calls }]) => calls),
  part("completed", "count", ([, { completed }]) => completed),
  part("failed", "count", ([, { failed }]) => failed),
  ...quantileParts<Hook>(null, TIMES, ([, { tookMs }]) => tookMs),
];

export const hooks: Section = {
  meta: {
    id: "hooks",
    title: "Hooks",
    about:
      "Of a scenario with `hooks` ([hooks.md](hooks.md)): how often each function was called, what it took, and how many messages it was too slow for. What hooks take or break is the generator's side, never the target's.",
  },

  build({ summary: { hooks: known = null } }) {
    if (known === null) return [];
    return [
      lead(`${leadText(known)}.`),
      tableOf({ name: "Hooks", most: MOST }, PARTS, Object.entries(known.byFunction)),
      note(
        "Counts are of the whole run. Times are those of a call in the hooks' thread; no latency of a message holds them, unless a message had to wait for one.",
      ),
      { kind: "data", rows: data(known) },
    ];
  },

  brief({ summary: { hooks: known = null } }) {
    if (known === null) return [];
    const rows = Object.entries(known.byFunction).map(([name, { calls, failed, tookMs }]) => ({
      label: `  ${name}`,
      text: `${formatCount(calls)} calls, ${formatCount(failed)} failed, ${quantileLine(tookMs)}`,
    }));
    return [facts({ label: "hooks", text: leadText(known) }, ...rows)];
  },
};

function leadText({ file, byFunction, messagesSkipped }: NonNullable<Summary["hooks"]>): string {
  const failed = Object.values(byFunction).reduce((sum, one) => sum + one.failed, 0);
  const calls = Object.values(byFunction).reduce((sum, one) => sum + one.calls, 0);
  const behind =
    messagesSkipped === 0
      ? "every message was made in time"
      : `${formatCount(messagesSkipped)} messages were skipped because they were not made in time`;
  return `${formatCount(calls)} calls of ${file}, ${formatCount(failed)} failed; ${behind}`;
}

function data({ byFunction, messagesSkipped }: NonNullable<Summary["hooks"]>): DataRow[] {
  return [
    datum({ scope: "run" }, "hooks_messages_skipped", [messagesSkipped]),
    ...Object.entries(byFunction).flatMap(([name, { tookMs, ...counts }]) => [
      ...recordData({ scope: "hook", name }, counts, "hook_"),
      ...recordData({ scope: "hook", name }, { hookTookMs: tookMs }, ""),
    ]),
  ];
}
