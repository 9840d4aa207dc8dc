/**
 * The report as a PDF without a browser: the outline, without charts. Called by pdf.ts; the only door to pdfmake, which
 * is there when somebody installed it. Invariant: foreign text is text, with its hidden characters shown; the document
 * opens no file but its fonts, and no address.
 */
import { escapeControls } from "../../../shared/scenario/issue.ts";
import type { ReportModel } from "../model/model.ts";
import type { Block, Card, Mark, Table, Text } from "../outline/block.ts";
import { isNumeric, joined, shownCell } from "../outline/cells.ts";
import { type OutlineSection, outlineOf } from "../outline/outline.ts";
import { formatCount } from "../text/format.ts";

export type Pdfmake = typeof import("pdfmake");

/** A node of a pdfmake document. */
type Node = string | { readonly [key: string]: unknown };
/** Text of a node: what is code in it in a font of its own. */
type Runs = string | readonly Node[];

/** null when it is not installed. */
export async function loadPdfmake(): Promise<Pdfmake | null> {
  try {
    const { default: pdfmake } = await import("pdfmake");
    const { default: roboto } = await import("pdfmake/fonts/Roboto.js");
    pdfmake.addFonts({ ...roboto, [COURIER]: { normal: COURIER } });
    pdfmake.setUrlAccessPolicy(() => false);
    pdfmake.setLocalAccessPolicy((path) => path === COURIER || path.endsWith(".ttf"));
    return pdfmake;
  } catch {
    return null;
  }
}

/** One of the standard fonts, which every reader of PDFs has: no file, though pdfmake asks for it as for one. */
const COURIER = "Courier";

/** Of a font without serifs that comes with it; null when it is not installed. */
export async function robotoFile(): Promise<string | null> {
  try {
    const { default: fonts } = await import("pdfmake/fonts/Roboto.js");
    return fonts.Roboto.normal;
  } catch {
    return null;
  }
}

export function pdfOfOutline(pdfmake: Pdfmake, model: ReportModel): Promise<Uint8Array> {
  return pdfmake.createPdf(outlineDocument(model)).getBuffer();
}

/** As pdfmake takes it. */
export function outlineDocument(model: ReportModel): Node {
  const charts = "Charts are in report.html; this document was made without a browser.";
  const [first = [], ...others] = outlineOf(model, "pdf").map(sectionNodes);
  const content = [...first, { text: charts, style: "note" }, ...others.flat()];
  return { ...LOOK, info: { title: visible(model.summary.name, 200) }, content };
}

export function sectionNodes({ title, blocks }: OutlineSection): Node[] {
  // A verdict is a headline by itself.
  const isHead = blocks[0]?.kind === "verdict";
  return [...(isHead ? [] : [{ text: title, style: "section" }]), ...blocks.flatMap(nodes)];
}

const LOOK = {
  pageSize: "A4",
  pageMargins: [36, 36, 36, 42],
  defaultStyle: { font: "Roboto", fontSize: 9, lineHeight: 1.15 },
  styles: {
    title: { fontSize: 18, bold: true, margin: [0, 0, 0, 8] },
    heading: { fontSize: 9, bold: true, margin: [0, 6, 0, 2] },
    section: { fontSize: 12, bold: true, margin: [0, 12, 0, 4] },
    note: { color: "#5b636d", margin: [0, 2, 0, 0] },
    head: { color: "#5b636d", fontSize: 8 },
  },
  footer: (page: number, pages: number) => ({
    text: `${page} of ${pages}`,
    alignment: "center",
    fontSize: 8,
    margin: [0, 12, 0, 0],
  }),
};

function nodes(block: Block): Node[] {
  switch (block.kind) {
    case "verdict": {
      const title = { text: `${block.word}: ${shown(block.name)}`, style: "title" };
      return [title, paragraph(runs(block.meaning)), paragraph(runs(block.place))];
    }
    case "heading":
      return [{ text: block.text, style: "heading" }];
    case "text":
      return [paragraph(runs(block.text))];
    case "list": {
      const more = block.more > 0 ? [`and ${formatCount(block.more)} more`] : [];
      const title = block.title === undefined ? [] : [{ text: block.title, style: "heading" }];
      return [...title, { ul: [...block.items.map(item), ...more], margin: [0, 2, 0, 4] }];
    }
    case "figures":
      return [
        pairs(
          block.items.map(({ label, value, note }) => [label, runs([`${value} (`, note, ")"])]),
        ),
      ];
    case "facts":
      return [
        pairs(block.items.map(({ label, text, mark }) => [label.trim(), runs([sign(mark), text])])),
      ];
    case "code":
      return block.fold ? [] : [paragraph(runs([`${block.title}: `, block.code]))];
    case "details":
      return [{ text: block.title, style: "heading" }, ...block.blocks.flatMap(nodes)];
    case "card":
      return cardNodes(block);
    case "table":
      return tableNodes(block);
    case "plot":
    case "strip":
    case "data":
    case "cases":
      return [];
  }
}

function paragraph(text: Runs): Node {
  return { text, margin: [0, 0, 0, 3] };
}

function item(text: Text): Node {
  const found = runs(text);
  return typeof found === "string" ? found : { text: found };
}

function pairs(rows: readonly (readonly [string, Runs])[]): Node {
  const body = rows.map(([label, value]) => [{ text: label, style: "head" }, { text: value }]);
  if (body.length === 0) return "";
  return { table: { widths: [110, "*"], body }, layout: "noBorders", margin: [0, 2, 0, 4] };
}

function cardNodes({ title, place, sentence, parts, next }: Card): Node[] {
  const lists = parts.flatMap(({ label, items }): Node[] => [
    { text: label, style: "head" },
    { ul: items.map(item), margin: [0, 1, 0, 3] },
  ]);
  return [
    { text: `${title} (${place})`, style: "heading" },
    paragraph(runs(sentence)),
    paragraph(runs(["Next step: ", next])),
    ...lists,
  ];
}

function tableNodes({ columns, rows, more }: Table): Node[] {
  const kept = columns
    .map((column, at) => ({ column, at }))
    .filter(({ column }) => column.unit !== "bar");
  if (rows.length === 0 || kept.length === 0) return [];
  const alignment = (at: number) => (kept[at] && isNumeric(kept[at].column) ? "right" : "left");
  const cellsOf = (texts: readonly Runs[], style?: string) =>
    texts.map((text, at) => ({ text, alignment: alignment(at), ...(style && { style }) }));
  const body = [
    cellsOf(
      kept.map(({ column }) => shown(column.title)),
      "head",
    ),
    ...rows.map((row) =>
      cellsOf(
        kept.map(({ column, at }) => {
          const { text, mark, note } = shownCell(row[at] ?? null, column);
          return runs([sign(mark), text, ...(note === undefined ? [] : [" (", note, ")"])]);
        }),
      ),
    ),
  ];
  const widths = kept.map(({ column }) => (isNumeric(column) ? "auto" : "*"));
  const grid = {
    table: { headerRows: 1, widths, body },
    layout: "lightHorizontalLines",
    margin: [0, 2, 0, 4],
  };
  return more > 0 ? [grid, { text: `and ${formatCount(more)} more`, style: "note" }] : [grid];
}

/** Words: the font has no signs. Where a cell's own word says it, there is none. */
function sign(mark: Mark | undefined): string {
  return mark === "failed" ? "NO: " : "";
}

/** What Courier has, in words that need no place to break. */
const IN_COURIER = /^(?!.*[!-~]{25})[ -~]+$/;

/** Pieces after one another; one text where none of them is code. */
function runs(text: Text | readonly Text[]): Runs {
  const parts: Node[] = [];
  let plain = "";
  for (const piece of [text].flat(2)) {
    const isCode = typeof piece === "object" && "foreign" in piece && piece.as === "code";
    const words = shown(piece);
    if (!isCode || !IN_COURIER.test(words)) {
      plain += words;
      continue;
    }
    parts.push(plain, { text: words, font: COURIER });
    plain = "";
  }
  return parts.length === 0 ? plain : [...parts, plain].filter((part) => part !== "");
}

function shown(text: Text): string {
  return joined(text, (piece) =>
    "foreign" in piece ? visible(piece.foreign, piece.maxChars) : piece.moment,
  );
}

/** Long words are given places to break, so that a table keeps to its page. */
function visible(text: string, maxChars: number): string {
  const cut = escapeControls(text.slice(0, maxChars).replace(/[\ud800-\udbff]$/, ""));
  const whole = text.length > maxChars ? `${cut}…` : cut;
  return whole.replace(/\S{24}(?=\S)/gu, "$&\u200b");
}
