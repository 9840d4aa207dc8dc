/**
 * Charts as data: series over run time, curves over percentiles, counts by latency and time, one figure over another. Part of the blocks
 * (block.ts); made by the sections, drawn by the renderers. Invariant: null is "nothing measured" and a gap in the line;
 * every series of a frame has one value a bin.
 */
import { formatMs } from "../text/format.ts";
import type { Colour, Unit } from "./unit.ts";

type Values = readonly (number | null)[];

export interface Stretch {
  /** Seconds of run time; the end is exclusive. */
  readonly from: number;
  readonly to: number;
}

/** The axis that all charts over run time share. */
export interface TimeFrame {
  readonly bins: number;
  readonly binSeconds: number;
  /** Milliseconds since the Unix epoch at run time 0; null when the run never started. */
  readonly startMs: number | null;
  readonly phases: readonly (Stretch & { readonly name: string; readonly excluded: boolean })[];
  /** Shaded: seconds that do not count, and why. */
  readonly bands: readonly (Stretch & { readonly look: "masked" | "disturbed" | "fault" })[];
  /** What happened at a moment; the label is foreign. */
  readonly markers: readonly { readonly at: number; readonly label: string }[];
}

export interface Series {
  readonly id: string;
  readonly label: string;
  readonly unit: Unit;
  readonly colour: Colour;
  readonly look: "line" | "thin" | "wide" | "bar";
  /** Lowest and highest of each bin's seconds; no `min`: a bin is one second, or the highest alone counts. */
  readonly min?: Values;
  readonly max: Values;
  /** Beside the label while nothing is pointed at. */
  readonly rest: string;
}

export interface TimePlot {
  readonly kind: "plot";
  readonly shape: "time";
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly frame: TimeFrame;
  readonly scale: "linear" | "log";
  readonly unit: Unit;
  /** Bars are stacked in this order. */
  readonly series: readonly Series[];
  /** Areas between the highest values of two series. */
  readonly areas: readonly (readonly [lower: string, upper: string, colour: Colour])[];
  readonly limits: readonly { readonly value: number; readonly colour: Colour }[];
  /** The axis goes at least this far. */
  readonly top: number;
}

export interface CurvePoint {
  /** 0..1 */
  readonly percentile: number;
  readonly ms: number;
}

export interface CurvePlot {
  readonly kind: "plot";
  readonly shape: "curve";
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly curves: readonly {
    readonly id: string;
    readonly label: string;
    readonly colour: Colour;
    readonly points: readonly CurvePoint[];
  }[];
}

/** What a legend says of a curve, behind its label. */
export function curveRest({ points }: CurvePlot["curves"][number]): string {
  const last = points.at(-1);
  return last === undefined ? "no data" : `max ${formatMs(last.ms)}`;
}

export interface HeatMap {
  readonly columnSeconds: number;
  readonly columns: number;
  /** Lower bound of each row in milliseconds, rising, and one more for the top. */
  readonly boundsMs: readonly number[];
  /** counts[column][row] */
  readonly counts: readonly (readonly number[])[];
  readonly most: number;
}

export interface HeatPlot {
  readonly kind: "plot";
  readonly shape: "heat";
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly frame: TimeFrame;
  readonly heat: HeatMap;
}

/** An axis of a chart of one figure over another; it begins at 0. */
export interface PlotAxis {
  readonly label: string;
  /** Seconds are run time. */
  readonly unit: "ms" | "count" | "share" | "seconds";
  /** It goes at least this far. */
  readonly to: number;
}

export interface XyCurve {
  readonly id: string;
  /** Foreign, as the labels of markers are. */
  readonly label: string;
  readonly colour: Colour;
  /** step: a value holds until the next. dots: single measurements. */
  readonly look: "line" | "thin" | "step" | "dots";
  /** In the order of x. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Beside the label while nothing is pointed at. */
  readonly rest: string;
}

/** One figure over another, both on linear axes. */
export interface XyPlot {
  readonly kind: "plot";
  readonly shape: "xy";
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly curves: readonly XyCurve[];
  /** Areas between two curves, point by point at the same x. */
  readonly areas: readonly (readonly [lower: string, upper: string, colour: Colour])[];
  /** Dashed, across the chart. */
  readonly marks: readonly number[];
}

export type Plot = TimePlot | CurvePlot | HeatPlot | XyPlot;

/** Phases and events over the axis. */
export interface Strip {
  readonly kind: "strip";
  /** What points, shades and colours stand for. */
  readonly about: string;
  readonly frame: TimeFrame;
}

/** The percentile axis ends here: 1 - 10^-5; the maximum is shown beside it. */
export const MAX_NINES = 5;

/** Where a percentile lies on the axis: 0 for p0, 1 for p90, 2 for p99. */
export function ninesOf(percentile: number): number {
  return percentile >= 1 ? MAX_NINES : Math.min(MAX_NINES, -Math.log10(1 - percentile));
}
