/**
 * timeline.csv: a row per second of run time, tidy (one observation a row, one variable a column), for
 * spreadsheets and data frames. Invariant: an empty field is a missing measure; text is quoted and
 * cannot start a formula.
 */
import { pickedOf } from "../../../shared/scenario/strict-observe.ts";
import { RUNGS, type Rung } from "../../../shared/wire/frame/sentinel-rows.ts";
import { brokenGates } from "../../analysis/gates.ts";
import { phaseAt, phaseSpans } from "../../merge/facts.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { SecondQuantiles } from "../../merge/series/series.ts";
import type { TimelineRow } from "../../merge/timeline.ts";
import { toMs } from "../quantiles.ts";
import { csvText } from "../text/csv-text.ts";

export const TIMELINE_COLUMNS = [
  "second",
  "phase",
  "planned_open",
  "open",
  "opened",
  "closed",
  "failed",
  "sent",
  "received",
  "latency_count",
  "latency_p50_ms",
  "latency_p90_ms",
  "latency_p99_ms",
  "latency_max_ms",
  "send_lag_p99_ms",
  "loop_lag_max_ms",
  "utilisation",
  "engines",
  "masked",
] as const;

/** Text, a number, or "" for a missing measure. */
type TimelineCell = string | number;

export interface TimelineTable {
  /** Names from the scenario stand behind ours, and are foreign. */
  readonly columns: readonly string[];
  /** A row a second, from 0 on; the first cell is the second. */
  readonly rows: Iterable<readonly TimelineCell[]>;
}

/** Lines with their line ends, header first. */
export function* timelineCsv(fold: RunFold): Generator<string> {
  const { columns, rows } = timelineTable(fold);
  yield lineOf(columns);
  for (const row of rows) yield lineOf(row);
}

/** What timeline.csv has, as values. */
export function timelineTable(fold: RunFold): TimelineTable {
  const observed = observedColumns(fold);
  return {
    columns: [...TIMELINE_COLUMNS, ...observed.names],
    rows: timelineRows(fold, observed.cellsAt),
  };
}

function* timelineRows(
  fold: RunFold,
  observedAt: (second: number) => readonly TimelineCell[],
): Generator<readonly TimelineCell[]> {
  const spans = phaseSpans(fold.facts.scenario);
  for (const row of fold.merge.timeline.rows()) {
    const phase = phaseAt(spans, row.second * 1_000_000)?.phase ?? "";
    yield [...cellsOf(fold, row, phase), ...observedAt(row.second)];
  }
}

function lineOf(cells: readonly TimelineCell[]): string {
  return `${cells.map((cell) => (typeof cell === "string" ? csvText(cell) : cell)).join(",")}\n`;
}

function cellsOf(fold: RunFold, row: TimelineRow, phase: string): TimelineCell[] {
  return [
    row.second,
    phase,
    fold.facts.plannedOpen[row.second] ?? 0,
    row.open,
    row.opened,
    row.closed,
    row.failed,
    row.sent,
    row.received,
    ...latencyCells(row.latencyUs),
    msOrEmpty(row.sendLagUs?.p99 ?? null),
    msOrEmpty(row.loopLagMaxUs),
    row.utilisation === null ? "" : Number(row.utilisation.toFixed(4)),
    row.engines,
    brokenGates(row).length > 0 || fold.disturbances.touches(row.second) ? 1 : 0,
  ];
}

/** What was looked at beside the load; only in runs that did: the slowest probe of all, and what was picked of pages. */
function observedColumns({ facts, merge: { evidence } }: RunFold) {
  const { ladder, readings } = evidence;
  const { targets } = ladder;
  const picks = pickedOf(facts.scenario.observe);
  const rungs = targets.length === 0 ? [] : RUNGS;
  const slowest = (second: number, rung: Rung) => {
    const all = targets.flatMap((target) => ladder.at(second, target, rung)?.mostUs ?? []);
    return all.length === 0 ? "" : toMs(Math.max(...all));
  };
  return {
    names: [...rungs.map((rung) => `probe_${rung}_max_ms`), ...picks],
    cellsAt: (second: number) => [
      ...rungs.map((rung) => slowest(second, rung)),
      ...picks.map((pick) => readings.at(second, pick) ?? ""),
    ],
  };
}

function latencyCells(latency: SecondQuantiles | null): TimelineCell[] {
  if (!latency) return [0, "", "", "", ""];
  const { count, p50, p90, p99, max } = latency;
  return [count, toMs(p50), toMs(p90), toMs(p99), toMs(max)];
}

function msOrEmpty(us: number | null): TimelineCell {
  return us === null ? "" : toMs(us);
}
