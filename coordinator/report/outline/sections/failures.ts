/**
 * Failures by kind and signature, with what the service said, when each was seen, and by phase and target. Invariants:
 * counts are exact, samples are a few of many; what a target said is marked as foreign.
 */

import type { FailureMatrix } from "../../model/failures.ts";
import type { Summary, SummaryFailure } from "../../summary-schema.ts";
import { countOf, formatCount, formatMs, formatSeconds } from "../../text/format.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  type DataRow,
  details,
  facts,
  heading,
  lead,
  prose,
  table,
  text,
} from "../block.ts";
import { momentOf } from "../moments.ts";
import type { Section } from "../section.ts";

/** Failure groups; summary.json has more. */
const MAX_GROUPS = 50;
const MAX_SAMPLES = 60;
/** In a compact summary. */
const COMPACT_GROUPS = 2;

const COLUMNS = [
  column("kind", "text"),
  column("signature", "text"),
  column("count"),
  column("stage", "text"),
  column("first seen", "text"),
  column("last seen", "text"),
];
const SAMPLE_COLUMNS = [
  column("kind", "text"),
  column("at", "text"),
  column("connection"),
  column("attempt"),
  column("open for", "text"),
  column("what was seen", "text"),
];

export const failures: Section = {
  meta: {
    id: "failures",
    title: "Failures",
    about:
      "By kind and signature, when each was seen first and last (links to the timeline), by phase and by target, with samples of what the service said. The sample of a reply that did not come shows what came instead: the first message after the request that answered nothing, or the latest, at most 200 bytes.",
  },

  build({ summary, failures: tables }) {
    const groups = largestFirst(summary);
    if (groups.length === 0) return [text("No failure of any kind was seen in the whole run.")];
    const total = groups.reduce((sum, { count }) => sum + count, 0);
    const samples = groups.flatMap(sampleRows);
    const injected = groups.filter(({ cause }) => cause === "injected");
    return [
      lead(
        `${countOf(total, "failure")} in ${countOf(groups.length, "group")}, the largest first.`,
        ...(injected.length === 0 ? [] : [injectedText(injected)]),
      ),
      table({ name: "Failures", columns: COLUMNS, keys: 2, most: MAX_GROUPS }, groups.map(row)),
      ...(samples.length === 0
        ? []
        : [
            details(
              "Samples: what the service said",
              table({ name: "Samples", columns: SAMPLE_COLUMNS, most: MAX_SAMPLES }, samples),
            ),
          ]),
      ...matrix("By phase", tables?.byPhase),
      ...matrix("By target", tables?.byTarget),
      { kind: "data", rows: groups.flatMap(data) },
    ];
  },

  brief({ summary }) {
    const groups = largestFirst(summary);
    const shown = groups.slice(0, COMPACT_GROUPS).map(({ kind, signature, count }) => {
      return `${formatCount(count)} × ${`${kind.slice(0, 40)} ${signature.slice(0, 160)}`.trim()}`;
    });
    const more = groups.length - shown.length;
    if (more > 0) shown.push(`… and ${countOf(more, "more group")}`);
    const all = shown.length === 0 ? "none" : shown.join(", ");
    return [facts({ label: "failures", text: prose(all, 600) })];
  },
};

function injectedText(groups: readonly SummaryFailure[]): string {
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  return ` ${formatCount(count)} of them ${count === 1 ? "is" : "are"} the scenario's own faults, or their consequence: nobody else's failure.`;
}

function largestFirst({ failures: groups }: Summary): SummaryFailure[] {
  return [...groups].sort((a, b) => b.count - a.count);
}

function row({
  kind,
  signature,
  count,
  stage,
  cause,
  firstSeen,
  lastSeen,
}: SummaryFailure): Cell[] {
  return [
    code(kind, 40),
    code(signature, 160),
    count,
    cause === "injected" ? `${stage}, injected` : stage,
    momentOf(firstSeen / 1000),
    momentOf(lastSeen / 1000),
  ];
}

function sampleRows({ kind, samples }: SummaryFailure): Cell[][] {
  return samples.map(({ connection, attempt, atMs, ageMs, detail }) => [
    code(kind, 40),
    momentOf(atMs / 1000),
    connection,
    attempt,
    ageMs === 0 ? "not open yet" : ageMs < 1000 ? formatMs(ageMs) : formatSeconds(ageMs / 1000),
    code(detail, 1000),
  ]);
}

/** Nothing where there is one phase or target to tell apart. */
function matrix(title: string, of: FailureMatrix | undefined): Block[] {
  if (of === undefined || of.columns.length < 2) return [];
  const columns = [
    column("kind", "text"),
    ...of.columns.map((name, at) => ({
      id: `${at}`,
      title: code(name, 80),
      unit: "count" as const,
    })),
  ];
  const rows = of.rows.map(({ kind, counts }): Cell[] => [kind, ...counts]);
  const whole = table(
    { name: `Failures ${title.toLowerCase()}`, columns, most: rows.length },
    rows,
  );
  const left = of.more > 0 ? [text(`${formatCount(of.more)} more with fewer failures`)] : [];
  return [heading(title), whole, ...left];
}

function data({ kind, signature, count, firstSeen, lastSeen }: SummaryFailure): DataRow[] {
  const of = { scope: "failure", name: `${kind}: ${signature}`, measure: kind };
  return [
    { ...of, statistic: "count", unit: "", value: count },
    { ...of, statistic: "first_seen", unit: "ms", value: firstSeen },
    { ...of, statistic: "last_seen", unit: "ms", value: lastSeen },
  ];
}
