/**
 * Tables of the report for a terminal. Called by report-text.ts. Invariants: no line is wider than 80 columns and no column
 * is left out: texts are wrapped within their column, and what still does not fit stands in a further table below, with the
 * same first columns.
 */

import type { Table, Text, Tone } from "../../report/outline/block.ts";
import { isNumeric, shownCell } from "../../report/outline/cells.ts";
import { formatCount } from "../../report/text/format.ts";
import type { Style } from "./style.ts";

const COLUMNS = 80;
const INDENT = "  ";
const GAP = 2;
/** A text column is not squeezed below this, a leading one not beyond it. */
const MIN_TEXT = 12;
const MAX_KEY = 26;
const SIGNS = { passed: "✓ ", failed: "✗ ", open: "– ", stopped: "■ " } as const;

interface Cell {
  readonly text: string;
  readonly tone: Tone | undefined;
}

interface Column {
  readonly title: string;
  readonly isNumber: boolean;
  readonly cells: readonly Cell[];
  /** What it would take, and the least that is legible. */
  readonly natural: number;
  readonly least: number;
}

export function blockTable(
  { columns, keys, rows, more }: Table,
  style: Style,
  shown: (text: Text) => string,
): string[] {
  const all = columns.flatMap((column, at): Column[] => {
    if (column.unit === "bar") return [];
    const cells = rows.map((row): Cell => {
      const { text, mark, note, tone } = shownCell(row[at] ?? null, column);
      const sign = mark === undefined ? "" : SIGNS[mark];
      return {
        text: `${sign}${shown(text)}${note === undefined ? "" : ` (${shown(note)})`}`,
        tone,
      };
    });
    return [measured(shown(column.title), isNumeric(column), { cells, isKey: at < keys })];
  });
  const groups = grouped(all.slice(0, keys), all.slice(keys));
  const lines = groups.flatMap((group) => ["", ...groupLines(group, rows.length, style)]);
  return more > 0 ? [...lines, `${INDENT}and ${formatCount(more)} more`] : lines;
}

function measured(
  title: string,
  isNumber: boolean,
  { cells, isKey }: { readonly cells: readonly Cell[]; readonly isKey: boolean },
): Column {
  const widest = cells.reduce((most, { text }) => Math.max(most, widthOf(text)), 0);
  const words = title.split(" ").reduce((most, word) => Math.max(most, word.length), 0);
  // Titles wrap; numbers do not.
  const natural = isNumber ? Math.max(widest, words) : Math.max(widest, title.length);
  const least = isNumber ? natural : Math.min(natural, Math.max(MIN_TEXT, words));
  return { title, isNumber, cells, natural: isKey ? Math.min(natural, MAX_KEY) : natural, least };
}

/** As few tables as it takes; each begins with the key columns. */
function grouped(keys: readonly Column[], others: readonly Column[]): (readonly Column[])[] {
  const room = COLUMNS - INDENT.length;
  const widthFor = (columns: readonly Column[]) =>
    columns.reduce((sum, { least }) => sum + least + GAP, -GAP);
  const groups: Column[][] = [[]];
  for (const column of others) {
    const last = groups.at(-1) ?? [];
    if (last.length > 0 && widthFor([...keys, ...last, column]) > room) groups.push([column]);
    else last.push(column);
  }
  return groups.map((group) => [...keys, ...group]);
}

function groupLines(columns: readonly Column[], rows: number, style: Style): string[] {
  const widths = widthsOf(columns);
  const line = (cells: readonly (Cell | undefined)[], paint: boolean): string[] => {
    const parts = cells.map((cell, at) => wrapped(cell?.text ?? "", widths[at] ?? 1));
    const height = parts.reduce((most, part) => Math.max(most, part.length), 1);
    return Array.from({ length: height }, (_, row) => {
      const texts = parts.map((part, at) => {
        const text = part[row] ?? "";
        const gap = " ".repeat(Math.max(0, (widths[at] ?? 0) - widthOf(text)));
        const shown = paint ? toned(cells[at]?.tone, text, style) : text;
        return columns[at]?.isNumber ? gap + shown : shown + gap;
      });
      return `${INDENT}${texts.join(" ".repeat(GAP))}`.trimEnd();
    });
  };
  const head = line(
    columns.map(({ title }) => ({ text: title, tone: undefined })),
    false,
  );
  const body = Array.from({ length: rows }, (_, row) =>
    line(
      columns.map(({ cells }) => cells[row]),
      true,
    ),
  );
  return [...head, ...body.flat()];
}

/** What is left goes to the texts that want more, in order. */
function widthsOf(columns: readonly Column[]): number[] {
  const widths = columns.map(({ least }) => least);
  let rest = COLUMNS - INDENT.length - widths.reduce((sum, width) => sum + width + GAP, -GAP);
  for (const [at, { natural }] of columns.entries()) {
    const more = Math.min(Math.max(0, rest), natural - (widths[at] ?? 0));
    widths[at] = (widths[at] ?? 0) + more;
    rest -= more;
  }
  // A lone table of keys that is too wide even so.
  return widths.map((width) => Math.max(1, Math.min(width, COLUMNS - INDENT.length)));
}

function toned(tone: Tone | undefined, text: string, style: Style): string {
  if (tone === "good") return style.green(text);
  if (tone === "bad") return style.red(text);
  return tone === "warn" ? style.yellow(text) : text;
}

/** Broken between words, a longer word within. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (widthOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (widthOf(line) > width) {
      const head = cutTo(line, width);
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  return [...lines, line];
}

function cutTo(text: string, width: number): string {
  let head = "";
  for (const char of text) {
    if (head !== "" && widthOf(head + char) > width) break;
    head += char;
  }
  return head;
}

/** Columns a text takes: two for the wide characters of East Asia and for emoji. */
function widthOf(text: string): number {
  let width = 0;
  for (const char of text)
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        char,
      )
        ? 2
        : 1;
  return width;
}
