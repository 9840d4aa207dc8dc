/**
 * The run second by second as charts show it: at most MAX_BINS bins, each with the lowest and the highest value
 * of its seconds, so that thinning out never hides a spike. Pure; called by model.ts.
 * Invariants: every series has one entry a bin; null is "nothing measured", never 0; failures are exact sums.
 */
import { faultWindows } from "../../../shared/scenario/fault-windows.ts";
import { outsideTimes } from "../../../shared/scenario/strict-outside.ts";
import type { FailureKind } from "../../../shared/stats/failure-kind.ts";
import { FAILURE_KINDS } from "../../../shared/stats/failure-kind.ts";
import { brokenGates } from "../../analysis/gates.ts";
import { phaseSpans } from "../../merge/facts.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { TimelineRow } from "../../merge/timeline.ts";
import type { Stretch, TimeFrame } from "../outline/plot.ts";
import { toMs } from "../quantiles.ts";

/** Bins of a chart; an hour has bins of 5 s. */
export const MAX_BINS = 720;
const MAX_MARKERS = 40;

/** Per second: connections, per-second counts, milliseconds, share of a core's time. */
export const SERIES = [
  "planned",
  "open",
  "opened",
  "closed",
  "failed",
  "sent",
  "received",
  "p50Ms",
  "p90Ms",
  "p99Ms",
  "maxMs",
  "sendLagP99Ms",
  "loopLagMaxMs",
  "utilisation",
] as const;
export type SeriesName = (typeof SERIES)[number];

export interface BinnedSeries {
  /** Lowest and highest of the bin's seconds; equal when a bin is one second. */
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
}

export interface ModelTimeline {
  readonly frame: TimeFrame;
  readonly series: Readonly<Record<SeriesName, BinnedSeries>>;
  /** Kinds that occurred, most frequent first; failures in each bin. */
  readonly failures: readonly {
    readonly kind: FailureKind;
    readonly count: number;
    readonly perBin: readonly number[];
  }[];
}

export function timelineModel(fold: RunFold): ModelTimeline {
  const seconds = fold.merge.timeline.length;
  const binSeconds = Math.max(1, Math.ceil(seconds / MAX_BINS));
  const bins = Math.ceil(seconds / binSeconds);
  const series = emptySeries(bins);
  const masked: OpenStretch[] = [];
  const disturbed: OpenStretch[] = [];
  for (const row of fold.merge.timeline.rows()) {
    const bin = Math.floor(row.second / binSeconds);
    const planned = fold.facts.plannedOpen[row.second] ?? 0;
    for (const name of SERIES) widen(series[name], bin, readingOf(row, name, planned));
    if (fold.disturbances.touches(row.second)) extend(disturbed, row.second);
    else if (brokenGates(row).length > 0) extend(masked, row.second);
  }
  const byKind = failures(fold, bins, binSeconds);
  const bands: TimeFrame["bands"] = [
    // The generator broke a validity gate.
    ...masked.map((stretch) => ({ ...stretch, look: "masked" as const })),
    // The load was not what was planned, because a worker was lost.
    ...disturbed.map((stretch) => ({ ...stretch, look: "disturbed" as const })),
    ...faultsOf(fold).map(({ from, to }) => ({ from, to, look: "fault" as const })),
  ];
  const phases = phaseSpans(fold.facts.scenario).map(({ phase, excluded, fromUs, toUs }) => ({
    ...{ name: phase, excluded, from: fromUs / 1e6, to: toUs / 1e6 },
  }));
  const startMs = fold.startWallMs;
  const frame = { bins, binSeconds, startMs, phases, bands, markers: markersOf(fold) };
  return { frame, series, failures: byKind };
}

/** What happened beside the load: workers that were lost, an end before the plan's, and faults. */
function markersOf(fold: RunFold): TimeFrame["markers"] {
  const { merge, end } = fold;
  const lost = [...merge.workers.values()].flatMap(({ id, loss }) => {
    const atUs = loss?.atUs ?? null;
    return atUs === null ? [] : [{ at: atUs / 1e6, label: `worker ${id} was lost` }];
  });
  const endUs = end?.elapsedUs ?? null;
  const asked = endUs === null ? [] : [{ at: endUs / 1e6, label: `${end?.mode} was requested` }];
  const began = faultsOf(fold).map(({ id, from }) => ({ at: from, label: `fault ${id}` }));
  const times = outsideTimes(fold.facts.scenario).flatMap(({ position, id }) => {
    const atUs = fold.outside.told.get(position)?.beganUs ?? null;
    return atUs === null ? [] : [{ at: atUs / 1e6, label: `fault ${id}` }];
  });
  return [...lost, ...asked, ...began, ...times, ...reachedIn(fold)].slice(0, MAX_MARKERS);
}

/** Checkpoints, by what they mark. */
function reachedIn({ facts, beside }: RunFold): TimeFrame["markers"] {
  return (facts.scenario.checkpoints ?? []).flatMap(({ name, actions }, at) => {
    const atUs = beside.checkpoints.get(at)?.atUs ?? null;
    const mark = actions.find(({ kind }) => kind === "mark");
    const text = mark?.kind === "mark" && mark.text !== "" ? mark.text : name;
    return atUs === null ? [] : [{ at: atUs / 1e6, label: `checkpoint: ${text}` }];
  });
}

/** Those that have begun, in seconds. */
function faultsOf({ facts, faults }: RunFold): (Stretch & { readonly id: string })[] {
  return faultWindows(facts.scenario).flatMap(({ id, position, fromUs, untilUs }) =>
    faults.told.has(position) ? [{ id, from: fromUs / 1e6, to: untilUs / 1e6 }] : [],
  );
}

interface OpenStretch extends Stretch {
  to: number;
}

interface OpenSeries {
  readonly min: (number | null)[];
  readonly max: (number | null)[];
}

function emptySeries(bins: number): Record<SeriesName, OpenSeries> {
  const empty = () => ({ min: Array(bins).fill(null), max: Array(bins).fill(null) });
  return Object.fromEntries(SERIES.map((name) => [name, empty()])) as Record<
    SeriesName,
    OpenSeries
  >;
}

function widen({ min, max }: OpenSeries, bin: number, value: number | null): void {
  if (value === null) return;
  const low = min[bin] ?? null;
  const high = max[bin] ?? null;
  if (low === null || value < low) min[bin] = value;
  if (high === null || value > high) max[bin] = value;
}

function readingOf(row: TimelineRow, name: SeriesName, planned: number): number | null {
  const { latencyUs } = row;
  switch (name) {
    case "planned":
      return planned;
    case "p50Ms":
      return ms(latencyUs?.p50);
    case "p90Ms":
      return ms(latencyUs?.p90);
    case "p99Ms":
      return ms(latencyUs?.p99);
    case "maxMs":
      return ms(latencyUs?.max);
    case "sendLagP99Ms":
      return ms(row.sendLagUs?.p99);
    case "loopLagMaxMs":
      return ms(row.loopLagMaxUs ?? undefined);
    case "utilisation":
      return row.utilisation === null ? null : Math.round(row.utilisation * 1000) / 1000;
    default:
      return row[name];
  }
}

function ms(us: number | undefined): number | null {
  return us === undefined ? null : toMs(us);
}

function extend(ranges: OpenStretch[], second: number): void {
  const last = ranges.at(-1);
  if (last && last.to === second) last.to = second + 1;
  else ranges.push({ from: second, to: second + 1 });
}

function failures(fold: RunFold, bins: number, binSeconds: number): ModelTimeline["failures"] {
  const groups = fold.merge.failures;
  return FAILURE_KINDS.flatMap((kind) => {
    const count = groups.byKind.get(kind) ?? 0;
    if (count === 0 || bins === 0) return [];
    const perBin: number[] = Array(bins).fill(0);
    groups.bySecond(kind).forEach((inSecond, second) => {
      const bin = Math.min(bins - 1, Math.floor(second / binSeconds));
      perBin[bin] = (perBin[bin] ?? 0) + (inSecond ?? 0);
    });
    return [{ kind, count, perBin }];
  }).sort((a, b) => b.count - a.count);
}
