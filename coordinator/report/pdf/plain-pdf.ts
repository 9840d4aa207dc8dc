/**
 * The report as a PDF without a browser: the outline, without charts. Called by pdf.ts; the only door to pdfmake, which
 * is there when somebody installed it. Invariant: foreign text is text, with its hidden characters shown; the document
 * opens no file but its fonts, and no address.
 */
import { escapeControls } from "../../../shared/scenario/issue.ts";
import { formatCount } from "../format.ts";
import type { ReportModel } from "../model.ts";
import type { Block, Table, Text } from "../outline/block.ts";
import { outlineOf } from "../outline/outline.ts";

export type Pdfmake = typeof import("pdfmake");

/** A node of a pdfmake document. */
type Node = string | { readonly [key: string]: unknown };

/** null when it is not installed. */
export async function loadPdfmake(): Promise<Pdfmake | null> {
  try {
    const { default: pdfmake } = await import("pdfmake");
    const { default: roboto } = await import("pdfmake/fonts/Roboto.js");
    pdfmake.addFonts(roboto);
    pdfmake.setUrlAccessPolicy(() => false);
    pdfmake.setLocalAccessPolicy((path) => path.endsWith(".ttf"));
    return pdfmake;
  } catch {
    return null;
  }
}

export function pdfOfOutline(pdfmake: Pdfmake, model: ReportModel): Promise<Uint8Array> {
  return pdfmake.createPdf(outlineDocument(model)).getBuffer();
}

/** As pdfmake takes it. */
export function outlineDocument(model: ReportModel): Node {
  const { word, name, opening, sections } = outlineOf(model);
  const charts = "Charts are in report.html; this document was made without a browser.";
  const content: Node[] = [
    { text: `${word}: ${visible(name, 200)}`, style: "title" },
    ...opening.flatMap(nodes),
    { text: charts, style: "note" },
    ...sections.flatMap(({ title, blocks }): Node[] => [
      { text: title, style: "section" },
      ...blocks.flatMap(nodes),
    ]),
  ];
  return { ...LOOK, info: { title: visible(name, 200) }, content };
}

const LOOK = {
  pageSize: "A4",
  pageMargins: [36, 36, 36, 42],
  defaultStyle: { font: "Roboto", fontSize: 9, lineHeight: 1.15 },
  styles: {
    title: { fontSize: 18, bold: true, margin: [0, 0, 0, 8] },
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
    case "text":
      return [{ text: shown(block.text), margin: [0, 0, 0, 3] }];
    case "list": {
      const more = block.more > 0 ? [`and ${formatCount(block.more)} more`] : [];
      return [{ ul: [...block.items.map(shown), ...more], margin: [0, 2, 0, 4] }];
    }
    case "table":
      return tableNodes(block);
  }
}

function tableNodes({ head, texts, rows, more }: Table): Node[] {
  if (rows.length === 0) return [];
  const alignment = (at: number) => (at < texts ? "left" : "right");
  const titles = head.map((text, at) => ({ text, style: "head", alignment: alignment(at) }));
  const cells = rows.map((row) =>
    row.map((cell, at) => ({ text: shown(cell), alignment: alignment(at) })),
  );
  const widths = head.map((_, at) => (at < texts ? "*" : "auto"));
  const grid = {
    table: { headerRows: 1, widths, body: [titles, ...cells] },
    layout: "lightHorizontalLines",
    margin: [0, 2, 0, 4],
  };
  return more > 0 ? [grid, { text: `and ${formatCount(more)} more`, style: "note" }] : [grid];
}

/** Words in place of signs the font lacks. */
const SIGNS: Readonly<Record<string, string>> = { "✅": "yes:", "❌": "NO:" };

function shown(text: Text): string {
  if (typeof text === "string") return text.replace(/[✅❌]/gu, (sign) => SIGNS[sign] ?? "");
  if ("foreign" in text) return visible(text.foreign, text.maxChars);
  return text.map(shown).join("");
}

/** Long words are given places to break, so that a table keeps to its page. */
function visible(text: string, maxChars: number): string {
  const cut = escapeControls(text.slice(0, maxChars).replace(/[\ud800-\udbff]$/, ""));
  const whole = text.length > maxChars ? `${cut}…` : cut;
  return whole.replace(/\S{24}(?=\S)/gu, "$&\u200b");
}
