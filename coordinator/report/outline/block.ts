/**
 * The report as an outline: titles, sentences, lists and tables, without charts. Made by sections.ts for the formats
 * that have no charts (Markdown, the PDF without a browser). Invariant: what a target, a file or a scenario said is
 * `Foreign`, never a plain string, so a renderer knows what to escape.
 */

/** Text that is not ours. */
export interface Foreign {
  readonly foreign: string;
  /** Code: a name, a rule, a signature. Prose: a sentence that may quote one. */
  readonly as: "code" | "prose";
  /** What is longer is cut. */
  readonly maxChars: number;
}

export type Text = string | Foreign | readonly (string | Foreign)[];

export interface Table {
  readonly kind: "table";
  readonly head: readonly string[];
  /** Leading columns that are text; the others are numbers. */
  readonly texts: number;
  /** Bounded; see `more`. */
  readonly rows: readonly (readonly Text[])[];
  /** Rows left out. */
  readonly more: number;
  /** A title to fold it under, for formats that can; null: always open. */
  readonly fold: string | null;
}

export type Block =
  | { readonly kind: "text"; readonly text: Text }
  | { readonly kind: "list"; readonly items: readonly Text[]; readonly more: number }
  | Table;

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export function code(foreign: string, maxChars = 200): Foreign {
  return { foreign, as: "code", maxChars };
}

export function prose(foreign: string, maxChars = 400): Foreign {
  return { foreign, as: "prose", maxChars };
}

export function text(...parts: readonly (string | Foreign)[]): Block {
  return { kind: "text", text: parts };
}

export function list(items: readonly Text[], most: number): Block {
  return { kind: "list", items: items.slice(0, most), more: Math.max(0, items.length - most) };
}

export function table(
  look: {
    readonly head: readonly string[];
    readonly texts: number;
    readonly maxRows: number;
    readonly fold?: string;
  },
  rows: readonly (readonly Text[])[],
): Table {
  return {
    kind: "table",
    head: look.head,
    texts: look.texts,
    rows: rows.slice(0, look.maxRows),
    more: Math.max(0, rows.length - look.maxRows),
    fold: look.fold ?? null,
  };
}
