/**
 * The report as text for a terminal: verdict first, then why, then the numbers. Called by `run`, `report`, `watch` and
 * `compare`. Invariants: knows blocks and no section; whatever a target said is escaped, every number has its unit, no line
 * depends on colour, and no table is wider than 80 columns.
 */

import type { Block, Card, Fact, Figure, Mark, Text, Tone } from "../../report/outline/block.ts";
import { joined } from "../../report/outline/cells.ts";
import { outlineOf } from "../../report/outline/outline.ts";
import type { Plot, Series } from "../../report/outline/plot.ts";
import { SECTIONS } from "../../report/outline/registry.ts";
import type { Facts, Section } from "../../report/outline/section.ts";
import { formatCount } from "../../report/text/format.ts";
import { curveChart } from "./curve-chart.ts";
import { escapeForTerminal } from "./escape.ts";
import { blockTable, wrapped } from "./report-table.ts";
import type { Style } from "./style.ts";
import { LABEL, row } from "./table.ts";
import { visibleLength, wrapLine } from "./wrap.ts";

export type SummaryDetail = "compact" | "full";

/** Where the terminal's own width is not known. */
const COLUMNS = 80;
/** Narrower than this, breaking lines helps nobody. */
const MIN_COLUMNS = 40;
const SPARK_CHARS = 42;
const SPARK_LABEL = 18;
const SPARKS = "▁▂▃▄▅▆▇█";

export interface TextLook {
  readonly style: Style;
  /** Of the terminal; a pipe has none. */
  readonly columns?: number | undefined;
}

/** @returns whole lines, with a newline at the end */
export function summaryText(
  facts: Facts,
  detail: SummaryDetail,
  look: TextLook,
  sections: readonly Section[] = SECTIONS,
): string {
  const { style } = look;
  if (detail === "compact") {
    const lines = outlineOf(facts, "terminal", "brief", sections).flatMap(({ blocks }) =>
      blocks.flatMap((block) => blockLines(block, look)),
    );
    return `${lines.join("\n")}\n`;
  }
  const lines = outlineOf(facts, "terminal", "whole", sections).flatMap(({ title, blocks }) => {
    const body = blocks.flatMap((block) => blockLines(block, look));
    const isHead = blocks[0]?.kind === "verdict";
    return isHead ? body : body.length === 0 ? [] : ["", style.bold(title), ...body];
  });
  return `${lines.join("\n")}\n`;
}

/** Whole lines, with a newline at the end. */
export function blocksText(blocks: readonly Block[], look: TextLook): string {
  return `${blocks.flatMap((block) => blockLines(block, look)).join("\n")}\n`;
}

function blockLines(block: Block, look: TextLook): string[] {
  const { style } = look;
  switch (block.kind) {
    case "verdict":
      return verdictLines(block, look);
    case "heading":
      return ["", `  ${style.bold(block.text)}`];
    case "text":
      return paragraph(`${shown(block.text)}`, "  ", look);
    case "list":
      return listLines(block, look);
    case "figures":
      return figureLines(block.items, look);
    case "facts":
      return block.items.flatMap((one) => factLines(one, look));
    case "code":
      return block.fold ? [] : fitted(row(block.title, shown(block.code)), LABEL + 2, look);
    case "details":
      return ["", `  ${block.title}`, ...block.blocks.flatMap((one) => blockLines(one, look))];
    case "card":
      return cardLines(block, look);
    case "table":
      return blockTable(block, style, shown);
    case "plot":
      return plotLines(block, style);
    case "strip":
    case "data":
    case "cases":
      return [];
  }
}

function factLines({ label, text, mark, isProse }: Fact, look: TextLook): string[] {
  const sign = mark === undefined ? "" : `${signed(mark, look.style)} `;
  if (!isProse) return fitted(row(label, `${sign}${shown(text)}`), LABEL + 2, look);
  const columns = Math.min(look.columns || COLUMNS, COLUMNS) - row("", "").length;
  const lines = wrapped(shown(text), Math.max(MIN_COLUMNS / 2, columns) - visibleLength(sign));
  return lines.map((line, at) => (at === 0 ? row(label, sign + line) : row("", line)));
}

/** Within the columns of a terminal; a pipe gets lines as they are. */
function fitted(line: string, indent: number, { columns }: TextLook): string[] {
  if (columns === undefined || columns < MIN_COLUMNS) return [line.trimEnd()];
  return wrapLine(line.trimEnd(), columns, indent);
}

/** @param first what stands before its first line; the others are indented as far */
function paragraph(text: string, first: string, { columns }: TextLook): string[] {
  if (columns === undefined || columns < MIN_COLUMNS) return [`${first}${text}`.trimEnd()];
  const rest = " ".repeat(first.length);
  return wrapped(text, columns - first.length).map((line, at) => (at === 0 ? first : rest) + line);
}

function verdictLines(block: Extract<Block, { kind: "verdict" }>, look: TextLook): string[] {
  const { style } = look;
  const { tone, sign, word, name, meaning, place } = block;
  const said = `${SIGNS[sign]} ${word.replace(/^[^,]+/, (first) => first.toUpperCase())}`;
  const where = [shown(name), shown(place)].filter((text) => text !== "").join(", ");
  const head = `${style.bold(painted(tone, said, style))}  ${where}`;
  const what = shown(meaning);
  return [...fitted(head, 2, look), ...(what === "" ? [] : paragraph(what, "  ", look))];
}

function listLines(block: Extract<Block, { kind: "list" }>, look: TextLook): string[] {
  const { title, items, more, tone } = block;
  const lines = items.flatMap((item) => paragraph(shown(item), "  - ", look));
  if (more > 0) lines.push(`  - and ${formatCount(more)} more`);
  if (title === undefined) return lines;
  return [`  ${tone === "warn" ? look.style.yellow(title) : title}:`, ...lines];
}

function figureLines(items: readonly Figure[], look: TextLook): string[] {
  const width = Math.max(...items.map(({ label }) => label.length)) + 2;
  return items.flatMap(({ label, value, note, tone }) => {
    const text = `  ${label.padEnd(width)}${painted(tone, value, look.style)}  (${shown(note)})`;
    return fitted(text, width + 2, look);
  });
}

function cardLines({ title, place, sentence, parts, next }: Card, look: TextLook): string[] {
  const { style } = look;
  const labelled = (label: string, text: Text) => paragraph(shown(text), row(label, ""), look);
  return [
    "",
    ...fitted(`  ${style.bold(title)} (${place})`, 4, look),
    ...paragraph(shown(sentence), "  ", look),
    ...labelled("next step", next),
    ...parts.flatMap(({ label, items }) =>
      items.flatMap((item, at) => labelled(at === 0 ? label : "", item)),
    ),
    "",
  ];
}

function plotLines(plot: Plot, style: Style): string[] {
  switch (plot.shape) {
    case "time": {
      const lines = plot.series.map((series) => sparkLine(series));
      return lines.length === 0 ? [] : ["", `  ${plot.title}`, ...lines];
    }
    case "curve": {
      const chart = curveChart(plot.curves, style);
      return chart.length === 0 ? [] : ["", `  ${plot.title}`, ...chart];
    }
    // Tables beside it have its figures.
    case "xy":
    case "heat":
      return [];
  }
}

/** A series in one line: the highest of each stretch, from 0 to its own highest. */
function sparkLine({ label, max, rest }: Series): string {
  const every = Math.max(1, Math.ceil(max.length / SPARK_CHARS));
  const known = max.filter((value) => value !== null);
  const most = known.reduce((a, b) => Math.max(a, b), 0);
  let spark = "";
  for (let from = 0; from < max.length; from += every) {
    const part = max.slice(from, from + every).filter((value) => value !== null);
    if (part.length === 0) spark += " ";
    else {
      const share = most === 0 ? 0 : part.reduce((a, b) => Math.max(a, b), 0) / most;
      spark += SPARKS[Math.min(SPARKS.length - 1, Math.floor(share * SPARKS.length))] ?? " ";
    }
  }
  const name = label.slice(0, SPARK_LABEL - 1).padEnd(SPARK_LABEL);
  return `  ${name}${spark.padEnd(SPARK_CHARS)} ${rest}`.slice(0, COLUMNS).trimEnd();
}

const SIGNS: Readonly<Record<Mark, string>> = { passed: "✓", failed: "✗", open: "?", stopped: "■" };

export function signed(mark: Mark, style: Style): string {
  const tones = { passed: "good", failed: "bad", open: "warn", stopped: "warn" } as const;
  return painted(tones[mark], SIGNS[mark], style);
}

export function painted(tone: Tone | undefined, text: string, style: Style): string {
  if (tone === "good") return style.green(text);
  if (tone === "bad") return style.red(text);
  return tone === "warn" ? style.yellow(text) : text;
}

function shown(text: Text): string {
  return joined(text, (piece) =>
    "foreign" in piece ? escapeForTerminal(piece.foreign, piece.maxChars) : piece.moment,
  );
}
