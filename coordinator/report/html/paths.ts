/**
 * Paths and frames of plots. A plot has a fixed height and fills any width: its paths are drawn in a nested SVG
 * that is stretched, its labels are placed by percentages. Called by the charts. Invariant: a gap in the data is
 * a gap in the line.
 */
import { type Axis, round } from "./axis.ts";
import { html, type Markup } from "./markup.ts";

/** Room for the labels of the horizontal axis. */
export const FOOT_PX = 34;
/** Room above, so that the topmost label is not cut. */
export const HEAD_PX = 6;

type Values = readonly (number | null)[];

/** A line through the middle of each bin; a lone value is a dash as wide as its bin. */
export function linePath(values: Values, axis: Axis): string {
  let path = "";
  for (const [from, to] of stretches(values)) {
    if (to - from === 1) {
      path += `M${from} ${axis.place(values[from] ?? 0)}h1`;
      continue;
    }
    for (let at = from; at < to; at++) {
      path += `${at === from ? "M" : "L"}${at + 0.5} ${axis.place(values[at] ?? 0)}`;
    }
  }
  return path;
}

/** The area between two series; where either is missing there is none. */
export function bandPath(low: Values, high: Values, axis: Axis): string {
  let path = "";
  const both = high.map((value, at) => (low[at] === null || low[at] === undefined ? null : value));
  for (const [from, to] of stretches(both)) {
    const [left, right] = to - from === 1 ? [0, 1] : [0.5, 0.5];
    const x = (at: number) => (at === from ? at + left : at + (at === to - 1 ? right : 0.5));
    const ups: string[] = [];
    const downs: string[] = [];
    for (let at = from; at < to; at++) {
      ups.push(`${x(at)} ${axis.place(high[at] ?? 0)}`);
      downs.unshift(`${x(at)} ${axis.place(low[at] ?? 0)}`);
    }
    if (to - from === 1) {
      path += `M${from} ${axis.place(high[from] ?? 0)}h1V${axis.place(low[from] ?? 0)}h-1z`;
    } else path += `M${ups.join("L")}L${downs.join("L")}z`;
  }
  return path;
}

/** Bars from `base` upwards, one a bin; bins of nothing have none. */
export function barPath(base: readonly number[], heights: readonly number[], axis: Axis): string {
  let path = "";
  for (const [at, height] of heights.entries()) {
    if (height === 0) continue;
    const low = base[at] ?? 0;
    path += `M${at} ${axis.place(low)}V${axis.place(low + height)}h1V${axis.place(low)}z`;
  }
  return path;
}

/** From and to (exclusive) of each run of values without a gap. */
function stretches(values: Values): [number, number][] {
  const found: [number, number][] = [];
  for (const [at, value] of values.entries()) {
    if (value === null) continue;
    const last = found.at(-1);
    if (last && last[1] === at) last[1] = at + 1;
    else found.push([at, at + 1]);
  }
  return found;
}

/** The labels of the vertical axis, right-aligned in a column of their own. */
export function yLabels(axis: Axis, heightPx: number, foot: Markup | null = null): Markup {
  return html`<svg class="y" width="58" height="${heightPx + HEAD_PX + FOOT_PX}" aria-hidden="true">${axis.ticks.map(
    ({ value, label }) =>
      html`<text x="52" y="${round(axis.place(value) + HEAD_PX + 4)}" text-anchor="end">${label}</text>`,
  )}${foot}</svg>`;
}

export function yGrid(axis: Axis): Markup {
  return html`${axis.ticks.map(
    ({ value }) =>
      html`<line class="grid" x1="0" x2="100%" y1="${axis.place(value)}" y2="${axis.place(value)}"/>`,
  )}`;
}

/** A tick label at a share of the width; the first and last lean inwards. */
export function xLabel(share: number, heightPx: number, label: string, roomy = false): Markup {
  const anchor = share < 0.02 ? "start" : share > 0.98 ? "end" : "middle";
  return html`<text class="tick${roomy ? " roomy" : ""}" x="${percent(share)}" y="${heightPx + HEAD_PX + 15}" text-anchor="${anchor}">${label}</text>`;
}

export function xGrid(share: number, heightPx: number): Markup {
  return html`<line class="grid" x1="${percent(share)}" x2="${percent(share)}" y1="0" y2="${heightPx}"/>`;
}

export function percent(share: number): string {
  return `${Math.round(share * 1e5) / 1e3}%`;
}
