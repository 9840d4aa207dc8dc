/**
 * Evidence computed again as blocks: each judgement with its sentences, and the rows of the timeline they are about. Called by
 * `onrush evidence`, in a terminal and in markdown. Invariant: sentences and names that the target or the scenario chose are foreign.
 */
import { secondsIn } from "../../analysis/stretches.ts";
import type {
  FailureCount,
  RecomputedEvidence,
  RecomputedJudgement,
  RecomputedRun,
} from "../evidence/recomputed.ts";
import { countOf, formatCount } from "../text/format.ts";
import {
  type Block,
  type Column,
  code,
  column,
  facts,
  heading,
  list,
  note,
  table,
  text,
} from "./block.ts";
import { sentence } from "./sentence.ts";

/** Of one piece of evidence; `--json` has all. */
const MAX_ROWS = 40;
const MAX_FAILURES = 12;
const MAX_STRETCHES = 20;
const MAX_NOTES = 20;

/** Columns of timeline.csv that are left out of the table, as are those with nothing in them; `--json` has them. */
const LEFT_OUT: readonly string[] = [
  "phase",
  "planned_open",
  "latency_count",
  "latency_p90_ms",
  "send_lag_p99_ms",
  "loop_lag_max_ms",
  "utilisation",
  "engines",
];

const COMPARED: Readonly<Record<RecomputedJudgement["inSummary"], string>> = {
  same: "summary.json says the same, word for word",
  different: "summary.json says something else: it was written by another version, or changed",
  absent: "summary.json does not have it, or cannot be read",
};

export function evidenceReport(run: RecomputedRun): Block[] {
  const { judgements, onlyInSummary, columns, notes } = run;
  const none =
    judgements.length === 0 ? [text("The run has no finding: nothing failed or got slower.")] : [];
  return [
    ...none,
    ...judgements.flatMap((one) => [
      heading(one.cause ?? one.id),
      text(...sentence(one.sentence)),
      facts(
        { label: "question", text: one.question },
        { label: "compared", text: COMPARED[one.inSummary] },
      ),
      ...one.evidence.flatMap((part, at) => evidenceBlocks(part, { at, columns })),
    ]),
    ...list(
      onlyInSummary.map((id) => code(id)),
      { most: MAX_NOTES, title: "In summary.json, and not in the journal", tone: "warn" },
    ),
    ...list(
      notes.map((one) => sentence(one)),
      { most: MAX_NOTES, title: "Notes" },
    ),
  ];
}

function evidenceBlocks(
  { sentence: said, seconds, rows, moreRows, failures }: RecomputedEvidence,
  { at, columns }: { readonly at: number; readonly columns: readonly string[] },
): Block[] {
  const says = (place: number) => rows.some((row) => row[place] !== "" && row[place] !== 0);
  const shown = columns.flatMap((name, place) =>
    place === 0 || (!LEFT_OUT.includes(name) && says(place)) ? [{ name, place }] : [],
  );
  const about = secondsIn(seconds);
  return [
    text(`${at + 1}. `, ...sentence(said)),
    note(
      `Evidence ${at + 1} is about ${whereText(seconds)}${rows.length > 0 ? " (*)" : ""}.${failedText(failures)}`,
    ),
    ...(rows.length === 0
      ? []
      : [
          table(
            {
              name: `Timeline of evidence ${at + 1}`,
              columns: shown.map(({ name }) => titled(name)),
              most: MAX_ROWS,
              more: moreRows,
              sort: false,
            },
            rows.map((row) =>
              shown.map(({ place }) =>
                place === 0 && about.has(Number(row[0])) ? `${row[0]} *` : `${row[place] ?? ""}`,
              ),
            ),
          ),
        ]),
  ];
}

function whereText(seconds: RecomputedEvidence["seconds"]): string {
  if (seconds.length === 0) return "the whole run";
  const stretches = seconds
    .slice(0, MAX_STRETCHES)
    .map(({ from, to }) => (to - from > 1 ? `${from} to ${to - 1}` : from));
  const more = seconds.length - stretches.length;
  return `second ${stretches.join(", second ")}${more > 0 ? ` and ${formatCount(more)} more` : ""} of the run`;
}

/** As in timeline.csv, but for the metric that most of them are of. */
function titled(name: string): Column {
  return { ...column("", "figure", name), title: code(name.replace(/^latency_/, "")) };
}

function failedText(failures: readonly FailureCount[]): string {
  if (failures.length === 0) return " No failures then.";
  const all = failures.reduce((sum, { count }) => sum + count, 0);
  const named = failures
    .slice(0, MAX_FAILURES)
    .map(({ kind, code: status, count }) => `${formatCount(count)} ${kind}${codeText(status)}`);
  const more = failures.length > MAX_FAILURES ? " and others" : "";
  return ` ${countOf(all, "failure")} then: ${named.join(", ")}${more}.`;
}

function codeText(status: number | null): string {
  if (status === null) return "";
  return status === 4000 ? " 4000 to 4999" : ` ${status}`;
}
