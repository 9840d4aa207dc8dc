/**
 * The vocabulary of a report: typed blocks. Made by the sections (sections/), drawn by the renderers (html/, markdown.ts,
 * pdf/, csv.ts, junit.ts, cli/terminal/report-text.ts), which know blocks and no section. Invariants: what a target, a
 * file or a scenario said is `Foreign`, never a plain string, so a renderer knows what to escape; every list and table is
 * bounded and says what it leaves out.
 */
import type { Plot, Strip } from "./plot.ts";
import type { Colour, Unit } from "./unit.ts";

/** Text that is not ours. */
export interface Foreign {
  readonly foreign: string;
  /** Code: a name, a rule, a signature. Prose: a sentence that may quote one. */
  readonly as: "code" | "prose";
  /** What is longer is cut. */
  readonly maxChars: number;
}

/** A moment of the run: a link to the timeline where there is one. */
export interface Moment {
  readonly moment: string;
  /** Seconds of run time. */
  readonly at: number;
}

/** Another section of the report: a link to it behind what it belongs to, and nothing where there are no links. */
export interface Reference {
  readonly words: string;
  /** The section's id. */
  readonly section: string;
}

export type Piece = string | Foreign | Moment | Reference;
export type Text = Piece | readonly Piece[];
export type Tone = "good" | "bad" | "warn" | "soft";

export interface Column {
  /** Name of the measure in CSV. */
  readonly id: string;
  readonly title: string | Foreign;
  readonly unit: Unit;
}

/** A bar within a cell, in shares of its width; it carries no meaning that is not also a number. */
export interface Bar {
  readonly from?: number;
  readonly to: number;
  readonly mark?: number;
  readonly colour: Colour;
}

/** A cell with more to it than its text or number. */
export interface RichCell {
  readonly text?: Text;
  readonly value?: number | null;
  readonly tone?: Tone;
  /** Read by colour-blind people and in every format: a sign before the text. */
  readonly mark?: Mark;
  /** Part of the answer, in every format. */
  readonly note?: Text;
  /** An explanation, where there is room for one. */
  readonly under?: string;
  readonly bar?: Bar;
}

/** open: no answer. stopped: it did not come to its end. */
export type Mark = "passed" | "failed" | "open" | "stopped";
/** null: not measured. */
export type Cell = Text | number | null | RichCell;

export interface Table {
  readonly kind: "table";
  /** What it shows, for those who cannot see it. */
  readonly name: string;
  readonly columns: readonly Column[];
  /** Leading columns that say what a row is of. */
  readonly keys: number;
  readonly rows: readonly (readonly Cell[])[];
  /** Rows left out. */
  readonly more: number;
  /** Readers may sort it; false: the order has a meaning. */
  readonly sort: boolean;
}

/** A number that matters, large, beside its limit. */
export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note: Text;
  readonly tone?: Tone;
}

/** A line of a CSV file: one number. */
export interface DataRow {
  readonly scope: string;
  readonly phase?: string;
  readonly name?: string;
  readonly measure: string;
  readonly statistic: string;
  readonly unit: string;
  readonly value: number | null;
}

/** @param statistic of numbers without a unit "count", of others "value", where it is no other */
export function datum(
  place: Pick<DataRow, "scope" | "phase" | "name">,
  measure: string,
  [value, unit = "", statistic = unit === "" ? "count" : "value"]: readonly [
    value: number | null,
    unit?: string,
    statistic?: string,
  ],
): DataRow {
  return { ...place, measure, statistic, unit, value };
}

/** A test case of a CI system. Its texts are raw. */
export interface TestCase {
  readonly className: string;
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly text: string;
  /** Of a failure. */
  readonly type?: string;
}

export type Block =
  | {
      readonly kind: "verdict";
      readonly tone: Tone;
      readonly sign: Mark;
      readonly word: string;
      /** What was judged; foreign. */
      readonly name: Foreign;
      /** In one sentence. */
      readonly meaning: Text;
      /** Where and when. */
      readonly place: Text;
    }
  | { readonly kind: "heading"; readonly text: string }
  | { readonly kind: "text"; readonly text: Text; readonly look?: "lead" | "note" | "warn" }
  | {
      readonly kind: "list";
      readonly title?: string;
      readonly items: readonly Text[];
      readonly more: number;
      readonly tone?: Tone;
    }
  | { readonly kind: "figures"; readonly items: readonly Figure[] }
  /** Labels with what belongs to them; in a terminal, rows. */
  | { readonly kind: "facts"; readonly items: readonly Fact[] }
  | {
      readonly kind: "code";
      readonly code: Foreign;
      readonly title: string;
      readonly fold: boolean;
    }
  | { readonly kind: "details"; readonly title: string; readonly blocks: readonly Block[] }
  | Card
  | Table
  | Plot
  | Strip
  /** For machines; no other format shows them. */
  | { readonly kind: "data"; readonly rows: readonly DataRow[] }
  | {
      readonly kind: "cases";
      readonly suite: string;
      /** The run's time; one suite alone has it, because readers add them up. */
      readonly seconds?: number;
      readonly cases: readonly TestCase[];
    };

/** A cause in words. What is `open` is shown in full at once; of the others title and place are, where readers can unfold. */
export interface Card {
  readonly kind: "card";
  readonly title: string;
  /** Where it lies and how sure that is. */
  readonly place: string;
  readonly sentence: Text;
  /** For it, against it, what else fits; none is empty. */
  readonly parts: readonly { readonly label: string; readonly items: readonly Text[] }[];
  /** What to do to be surer. */
  readonly next: Text;
  readonly open: boolean;
}

export interface Fact {
  readonly label: string;
  readonly text: Text;
  readonly mark?: Mark;
  /** Sentences: in a terminal of any width they are read in lines of 80 columns, in a pipe, too. */
  readonly isProse?: true;
}

export function code(foreign: string, maxChars = 200): Foreign {
  return { foreign, as: "code", maxChars };
}

export function prose(foreign: string, maxChars = 400): Foreign {
  return { foreign, as: "prose", maxChars };
}

export function text(...parts: readonly Piece[]): Block {
  return { kind: "text", text: parts };
}

export function lead(...parts: readonly Piece[]): Block {
  return { kind: "text", text: parts, look: "lead" };
}

export function note(...parts: readonly Piece[]): Block {
  return { kind: "text", text: parts, look: "note" };
}

export function heading(title: string): Block {
  return { kind: "heading", text: title };
}

export function facts(...items: readonly Fact[]): Block {
  return { kind: "facts", items };
}

export function details(title: string, ...blocks: readonly Block[]): Block {
  return { kind: "details", title, blocks };
}

/** Nothing when there are no items. */
export function list(
  items: readonly Text[],
  look: { readonly most: number; readonly title?: string; readonly tone?: Tone },
): Block[] {
  if (items.length === 0) return [];
  const { most, ...rest } = look;
  const more = Math.max(0, items.length - most);
  return [{ kind: "list", items: items.slice(0, most), more, ...rest }];
}

export interface TableShape {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly keys?: number;
  readonly most: number;
  /** Left out before the rows were made. */
  readonly more?: number;
  readonly sort?: boolean;
}

export function table(shape: TableShape, rows: readonly (readonly Cell[])[]): Table {
  const { name, columns, keys = 1, most, more = 0, sort = true } = shape;
  return {
    ...{ kind: "table", name, columns, keys, sort },
    rows: rows.slice(0, most),
    more: more + Math.max(0, rows.length - most),
  };
}

/** A column, and what a row has in it. */
export interface Part<Row> {
  readonly column: Column;
  readonly cell: (row: Row) => Cell;
}

export function part<Row>(title: string, unit: Unit, cell: (row: Row) => Cell): Part<Row> {
  return { column: column(title, unit), cell };
}

/** Counts under these titles, or those that rows call so themselves. */
export function counts<Row>(parts: Readonly<Record<string, (row: Row) => Cell>>): Part<Row>[] {
  return Object.entries(parts).map(([title, cell]) => part(title, "count", cell));
}

export function tableOf<Row>(
  shape: Omit<TableShape, "columns">,
  parts: readonly Part<Row>[],
  rows: readonly Row[],
): Table {
  const columns = parts.map(({ column: one }) => one);
  // Sections are pure, so rows beyond the bound need not be made.
  const cells = rows.slice(0, shape.most).map((row) => parts.map(({ cell }) => cell(row)));
  const more = (shape.more ?? 0) + Math.max(0, rows.length - shape.most);
  return table({ ...shape, columns, more }, cells);
}

/** `["sent", "messages sent", "count"]` as a column; the id is the title's unless it is given. */
export function column(title: string, unit: Unit = "count", id = snake(title)): Column {
  return { id, title, unit };
}

function snake(title: string): string {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, "_");
}
