/**
 * Axes: from values to places, and round ticks. Pure; called by the charts. Invariant: a scale maps its bounds to
 * the bottom and the top of the plot, and every value in between in order; ticks lie within the bounds.
 */
import { formatCount, formatMs } from "../text/format.ts";

export interface Axis {
  /** Pixels from the top of a plot of this height. */
  place(value: number): number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

export interface AxisRange {
  readonly low: number;
  readonly high: number;
  readonly heightPx: number;
}

/** From 0 to a round number at or above `high`. */
export function linearAxis(high: number, heightPx: number, label: (value: number) => string): Axis {
  const step = roundStep(Math.max(high, Number.MIN_VALUE) / 3);
  const top = high <= 0 ? 1 : Math.ceil(high / step - 1e-9) * step;
  const ticks: number[] = [];
  for (let at = 0; at * step <= top * 1.0001 && high > 0; at++) ticks.push(at * step);
  if (high <= 0) ticks.push(0, 1);
  return {
    place: (value) => round(heightPx * (1 - Math.min(1, Math.max(0, value / top)))),
    ticks: ticks.map((value) => ({ value, label: label(value) })),
  };
}

/** Powers of ten around the range; for times, which span many. */
export function logAxis(
  { low, high, heightPx }: AxisRange,
  label: (value: number) => string,
): Axis {
  const bottom = Math.floor(Math.log10(Math.max(low, 1e-3)) + 1e-9);
  const top = Math.max(bottom + 1, Math.ceil(Math.log10(Math.max(high, 1e-3)) - 1e-9));
  const every = Math.ceil((top - bottom) / 5);
  const ticks: number[] = [];
  for (let power = bottom; power <= top; power += every) ticks.push(10 ** power);
  return {
    place: (value) => {
      const share = (Math.log10(Math.max(value, 1e-6)) - bottom) / (top - bottom);
      return round(heightPx * (1 - Math.min(1, Math.max(0, share))));
    },
    ticks: ticks.map((value) => ({ value, label: label(value) })),
  };
}

/** 12345 -> "12.3k"; for ticks, where space is short. */
export function compactCount(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(2)));
}

/** 1000 -> "1 s", 0.1 -> "100 µs". */
export function compactMs(ms: number): string {
  return formatMs(ms).replace(/\.0+(?= )/, "");
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough) ?? 10;
  return factor * power;
}

/** Coordinates to a tenth of a pixel: enough for the eye, and short. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
