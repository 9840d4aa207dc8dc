/**
 * Tables of the report. Called by blocks.ts. Invariants: no column is cut: where there is no room for all of them, a row
 * becomes a list of its cells with their titles; a bar has no meaning that is not also a number.
 */
import type { Bar, Column, RichCell, Table, Text } from "../outline/block.ts";
import { isNumeric, type ShownCell, shownCell } from "../outline/cells.ts";
import { html, line, type Markup } from "./markup.ts";
import { percent } from "./paths.ts";

/** Tables of as many columns fit a screen of 700 px, and one of 1280 px. */
const FEW = 4;
const SOME = 7;

export const SIGNS = { passed: "✓", failed: "✗", open: "–", stopped: "■" } as const;

/** The first cell of a row is its heading. */
export function table(block: Table, shown: (text: Text) => Markup): Markup {
  const { name, columns, rows, more, sort } = block;
  const width = columns.length <= FEW ? "few" : columns.length <= SOME ? "some" : "many";
  const sortable = sort && rows.length > 1 ? " sortable" : "";
  const titles = columns.map((column) => titleOf(column));
  const body = rows.map((cells) => {
    const [first, ...others] = columns.map((column, at) => {
      return cellHtml(shownCell(cells[at] ?? null, column), shown);
    });
    return html`<tr><th scope="row">${first?.content ?? ""}</th>${others.map((cell, at) => data(cell, columns[at + 1], titles[at + 1] ?? ""))}</tr>`;
  });
  const rest = more > 0 ? html`<p class="note">and ${more} more, in summary.json</p>` : null;
  return html`<div class="table"><table class="${width}${sortable}" aria-label="${name}"><thead><tr>${columns.map(
    (column, at) => html`<th scope="col" class="${kindOf(column)}">${titles[at] ?? ""}</th>`,
  )}</tr></thead><tbody>${body}</tbody></table></div>${rest}`;
}

interface CellHtml {
  readonly content: Markup;
  readonly value: number | null;
  readonly isEmpty: boolean;
}

function titleOf({ title }: Column): string {
  return typeof title === "string" ? title : line(title.foreign, title.maxChars);
}

function kindOf(column: Column): string {
  return isNumeric(column) ? "n" : column.unit === "bar" ? "b" : "t";
}

function data(cell: CellHtml, column: Column | undefined, title: string): Markup {
  const { content, value, isEmpty } = cell;
  const kind = column === undefined ? "t" : kindOf(column);
  const sorted = value === null ? null : html` data-v="${value}"`;
  return html`<td class="${kind}${isEmpty ? " void" : ""}" data-title="${title}"${sorted}>${content}</td>`;
}

function cellHtml(cell: ShownCell, shown: (text: Text) => Markup): CellHtml {
  const { text, value, tone, mark, note, under, bar } = cell;
  const sign = mark === undefined ? null : html`${SIGNS[mark]} `;
  const body = html`${sign}${shown(text)}`;
  const toned = tone === undefined ? body : html`<span class="${tone}">${body}</span>`;
  const content = html`${toned}${bar === undefined ? null : barHtml(bar)}${smallHtml({ note, under }, shown)}`;
  return { content, value, isEmpty: text === "" && bar === undefined };
}

function smallHtml(
  {
    note,
    under,
  }: { readonly note: RichCell["note"] | undefined; readonly under: string | undefined },
  shown: (text: Text) => Markup,
): Markup {
  return html`${note === undefined ? null : html`<small>${shown(note)}</small>`}${under === undefined ? null : html`<small>${under}</small>`}`;
}

function barHtml({ from = 0, to, mark, colour }: Bar): Markup {
  const limit =
    mark === undefined
      ? null
      : html`<line class="limit" x1="${percent(mark)}" x2="${percent(mark)}" y1="0" y2="14"/>`;
  return html`<svg class="bar-cell" width="100%" height="14" aria-hidden="true"><rect class="track" y="2" width="100%" height="10" rx="3"/><rect class="fill ${colour}" x="${percent(from)}" y="2" width="${percent(Math.max(0, to - from))}" height="10" rx="3"/>${limit}</svg>`;
}
