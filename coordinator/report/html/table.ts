/**
 * Tables and small bars of the report. Called by the sections. Invariant: a table scrolls in a frame of its own that
 * the keyboard reaches, so that the page never does sideways; bars carry no meaning that is not also a number.
 */
import { formatCount, formatMs, NO_DATA } from "../format.ts";
import type { Quantiles } from "../summary-schema.ts";
import { html, type Markup, type Part } from "./markup.ts";
import { percent } from "./plot.ts";

export interface TableLook {
  /** For those who cannot see it. */
  readonly name: string;
  readonly head: readonly string[];
  /** Leading columns that are text; the others are numbers. */
  readonly texts: number;
}

/** Columns of a table whose numbers may wrap where there is little room. */
const MAX_FEW = 5;

/** The first cell of a row is its heading. */
export function table(look: TableLook, rows: readonly (readonly Part[])[]): Markup {
  const kind = (at: number) => (at < look.texts ? "t" : "n");
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${look.name}"><table class="${look.head.length <= MAX_FEW ? "few" : ""}"><thead><tr>${look.head.map(
    (name, at) => html`<th scope="col" class="${kind(at)}">${name}</th>`,
  )}</tr></thead><tbody>${rows.map(
    ([first, ...cells]) =>
      html`<tr><th scope="row">${first ?? ""}</th>${cells.map((cell, at) => html`<td class="${kind(at + 1)}">${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

export const QUANTILE_HEAD = [
  "count",
  "min",
  "p50",
  "p90",
  "p95",
  "p99",
  "p99.9",
  "p99.99",
  "max",
  "mean",
] as const;

/** Cells for QUANTILE_HEAD. */
export function quantileCells(q: Quantiles | null): string[] {
  if (q === null) return [NO_DATA, ...Array<string>(QUANTILE_HEAD.length - 1).fill("")];
  const { min, p50, p90, p95, p99, p999, p9999, max, mean } = q;
  return [formatCount(q.count), ...[min, p50, p90, p95, p99, p999, p9999, max, mean].map(formatMs)];
}

/** A bar of a share of its cell. */
export function bar(share: number, colour = "c1"): Markup {
  return html`<svg class="bar-cell" width="100%" height="12" aria-hidden="true"><rect class="track" width="100%" height="12" rx="3"/><rect class="fill ${colour}" width="${percent(Math.min(1, Math.max(0, share)))}" height="12" rx="3"/></svg>`;
}

/** Numbers that matter, large. */
export function tiles(
  list: readonly { readonly label: string; readonly value: string; readonly note?: string }[],
): Markup {
  return html`<dl class="tiles">${list.map(
    ({ label, value, note }) =>
      html`<div><dt>${label}</dt><dd>${value}</dd>${note === undefined ? null : html`<dd class="note">${note}</dd>`}</div>`,
  )}</dl>`;
}

/** What a section says when there is nothing to show. */
export function empty(text: string): Markup {
  return html`<p class="empty">${text}</p>`;
}
