/**
 * Percentile curves, two at most, over each other, in characters: to the right the axis stretches the tail, so that p99 is
 * as far from p90 as p90 from the start. Called by report-text.ts. Pure. Invariant: a mark is where a percentile was
 * measured or between two that were, never beyond; they differ by shape, not by colour alone.
 */

import type { CurvePlot } from "../../report/outline/plot.ts";
import { formatMs } from "../../report/text/format.ts";
import type { Style } from "./style.ts";

const HEIGHT = 12;
const WIDTH = 64;
const LABEL = 10;
const MARKS = { a: "○", b: "●", both: "◉" } as const;
const TICKS = [50, 90, 99, 99.9, 99.99, 99.999] as const;
/** A wider range than this is drawn on a logarithmic axis. */
const LINEAR_RANGE = 8;

/** @param curves one or two, the first on top. @returns whole lines; none when there are too few points to draw */
export function curveChart(curves: CurvePlot["curves"], style: Style): string[] {
  const all = curves
    .slice(0, 2)
    .map(({ points }) => points.filter(({ ms, percentile }) => ms > 0 && percentile < 1));
  const reach = Math.max(...all.flat().map(({ percentile }) => placeOf(percentile)));
  const values = all.flat().map(({ ms }) => ms);
  if (values.length < 4 || reach === 0) return [];
  const scale = verticalScale(values);
  const column = (percentile: number) =>
    Math.round((placeOf(percentile / 100) / reach) * (WIDTH - 1));
  const [b = [], a = []] = all.map((points) =>
    curveRows(
      points.map(({ percentile, ms }) => [placeOf(percentile) / reach, ms]),
      scale.rowOf,
    ),
  );
  const names = curves.slice(0, 2).map(({ label }) => label);
  const legend = names.map((name, at) => `${at === 0 ? MARKS.b : MARKS.a} ${name}`).reverse();
  if (names.length > 1) legend.push(`${MARKS.both} both`);
  const most = 100 * (1 - 10 ** -reach) + 1e-9;
  return [
    ...Array.from({ length: HEIGHT }, (_, row) => {
      const label = row % 3 === 0 || row === HEIGHT - 1 ? formatMs(scale.valueOf(row)) : "";
      const cells = Array.from({ length: WIDTH }, (_, at) => cell([a, b], at, row, style)).join("");
      return `  ${label.padStart(LABEL)} ┤${cells.trimEnd()}`;
    }),
    `  ${" ".repeat(LABEL)} └${"─".repeat(WIDTH)}`,
    `  ${" ".repeat(LABEL)}  ${tickLine(column, most)}`,
    `  ${" ".repeat(LABEL)}  ${legend.join("   ")}`,
  ];
}

/** Of a share: 0 at the start, 1 at p90, 2 at p99, 3 at p99.9. */
function placeOf(percentile: number): number {
  return -Math.log10(1 - percentile);
}

interface Scale {
  /** 0 is the top row. */
  rowOf(ms: number): number;
  valueOf(row: number): number;
}

function verticalScale(values: readonly number[]): Scale {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const logarithmic = most / least > LINEAR_RANGE;
  const to = logarithmic ? Math.log : (ms: number) => ms;
  const from = logarithmic ? Math.exp : (at: number) => at;
  const span = to(most) - to(least) || 1;
  return {
    rowOf: (ms) => Math.round((1 - (to(ms) - to(least)) / span) * (HEIGHT - 1)),
    valueOf: (row) => from(to(least) + (1 - row / (HEIGHT - 1)) * span),
  };
}

/** The row of each column; null where the curve is not. */
type CurveRows = readonly (number | null)[];

function curveRows(
  curve: readonly (readonly [place: number, ms: number])[],
  rowOf: (ms: number) => number,
): CurveRows {
  return Array.from({ length: WIDTH }, (_, at) => {
    const place = at / (WIDTH - 1);
    const after = curve.findIndex(([own]) => own >= place - 1e-9);
    const [right, left] = [curve[after], curve[Math.max(0, after - 1)]];
    if (!right || !left) return null;
    const width = right[0] - left[0];
    if (place < left[0] && width === 0) return null;
    const share = width === 0 ? 1 : (place - left[0]) / width;
    return rowOf(left[1] + (right[1] - left[1]) * share);
  });
}

function cell([a, b]: readonly [CurveRows, CurveRows], at: number, row: number, style: Style) {
  const [inA, inB] = [a[at] === row, b[at] === row];
  if (inA && inB) return MARKS.both;
  if (inA) return style.cyan(MARKS.a);
  return inB ? style.yellow(MARKS.b) : " ";
}

function tickLine(column: (percentile: number) => number, most: number): string {
  let line = "";
  for (const percentile of TICKS) {
    if (percentile > most) break;
    const name = `p${percentile}`;
    const from = Math.max(0, column(percentile) - Math.floor(name.length / 2));
    if (from >= line.length + (line === "" ? 0 : 1) && from + name.length <= WIDTH + LABEL) {
      line = line.padEnd(from) + name;
    }
  }
  return line;
}
