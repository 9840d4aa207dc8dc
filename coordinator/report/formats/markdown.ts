/**
 * Markdown for a comment on a pull request or a job summary: report.md, and comparisons. Rendered from blocks. Invariants: it
 * fits a comment, so sections that do not are left out and named; foreign text goes through markdown-text.ts.
 */

import type { Block, Card, Mark, Table, Text } from "../outline/block.ts";
import { isNumeric, joined, shownCell } from "../outline/cells.ts";
import type { OutlineSection } from "../outline/outline.ts";
import type { CurvePlot, CurvePoint } from "../outline/plot.ts";
import { formatCount, formatMs } from "../text/format.ts";
import { foreignMarkdown } from "./markdown-text.ts";

/** GitHub takes 65,536 characters in a comment; this leaves room for what an action puts around it. */
export const MAX_MARKDOWN_CHARS = 60_000;
/** For the sentence about what was left out. */
const LAST_CHARS = 300;

const SIGNS: Readonly<Record<Mark, string>> = {
  passed: "✅",
  failed: "❌",
  open: "⚠️",
  stopped: "⏹️",
};
const CELL_SIGNS: Readonly<Record<Mark, string>> = { ...SIGNS, open: "–" };

/** With a newline at the end. */
export function reportMarkdown(sections: readonly OutlineSection[]): string {
  const parts: string[] = [];
  const left: string[] = [];
  let chars = 0;
  for (const { title, blocks } of sections) {
    // A verdict is a headline by itself.
    const head = blocks[0]?.kind === "verdict" ? [] : [`### ${title}`];
    const shown = blocks.map(blockMarkdown).filter((text) => text !== "");
    if (shown.length === 0) continue;
    const part = [...head, ...shown].join("\n\n");
    if (chars + part.length + 2 > MAX_MARKDOWN_CHARS - LAST_CHARS) left.push(title);
    else {
      chars += part.length + 2;
      parts.push(part);
    }
  }
  if (left.length > 0) parts.push(`Left out to stay within a comment: ${left.join(", ")}.`);
  return `${parts.join("\n\n")}\n`;
}

/** Empty for what Markdown cannot show. */
function blockMarkdown(block: Block): string {
  switch (block.kind) {
    case "verdict": {
      const { sign, word, name, meaning, place } = block;
      const lines = [`## ${SIGNS[sign]} ${word}: ${shown(name)}`, shown(meaning), shown(place)];
      return lines.filter((line) => line !== "").join("\n\n");
    }
    case "heading":
      return `**${block.text}**`;
    case "text":
      return shown(block.text);
    case "list":
      return listMarkdown(block);
    case "figures":
      return block.items
        .map(({ label, value, note, tone }) => {
          const sign = tone === "bad" ? " ❌" : tone === "good" ? " ✅" : "";
          return `- ${label}: **${value}**${sign} (${shown(note)})`;
        })
        .join("\n");
    case "facts":
      return block.items
        .map(({ label, text, mark }) => {
          const name = label.trim() === "" ? "" : `${label.trim()}: `;
          return `- ${name}${mark ? `${SIGNS[mark]} ` : ""}${shown(text)}`;
        })
        .join("\n");
    case "code":
      return block.fold ? "" : `${block.title}: ${shown(block.code)}`;
    case "details": {
      const inner = block.blocks.map(blockMarkdown).filter((text) => text !== "");
      return `<details><summary>${block.title}</summary>\n\n${inner.join("\n\n")}\n\n</details>`;
    }
    case "card":
      return cardMarkdown(block);
    case "table":
      return tableMarkdown(block);
    case "plot":
      return block.shape === "curve" ? curveMarkdown(block) : "";
    case "strip":
    case "data":
    case "cases":
      return "";
  }
}

function listMarkdown({ title, items, more }: Extract<Block, { kind: "list" }>): string {
  const lines = items.map((item) => `- ${shown(item)}`);
  if (more > 0) lines.push(`- and ${formatCount(more)} more`);
  return [...(title === undefined ? [] : [`${title}:`, ""]), ...lines].join("\n");
}

/** The first is read at once, the others unfold. */
function cardMarkdown({ title, place, sentence, parts, next, open }: Card): string {
  const lists = parts.map(({ label, items }) =>
    [
      `${label.charAt(0).toUpperCase()}${label.slice(1)}:`,
      "",
      ...items.map((item) => `- ${shown(item)}`),
    ].join("\n"),
  );
  const body = [shown(sentence), `**Next step:** ${shown(next)}`, ...lists].join("\n\n");
  return open
    ? `**${title}** (${place})\n\n${body}`
    : `<details><summary>${title} (${place})</summary>\n\n${body}\n\n</details>`;
}

function tableMarkdown({ columns, rows, more }: Table): string {
  const kept = columns
    .map((column, at) => ({ column, at }))
    .filter(({ column }) => column.unit !== "bar");
  const head = kept.map(({ column }) => inCell(shown(column.title)));
  const marks = kept.map(({ column }) => (isNumeric(column) ? "--:" : "---"));
  const cells = rows.map((row) =>
    kept.map(({ column, at }) => {
      const { text, mark, note } = shownCell(row[at] ?? null, column);
      const sign = mark ? `${CELL_SIGNS[mark]} ` : "";
      return inCell(`${sign}${shown(text)}${note === undefined ? "" : ` (${shown(note)})`}`);
    }),
  );
  const lines = [head, marks, ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
  return more > 0 ? `${lines}\n\nand ${formatCount(more)} more` : lines;
}

const CURVE_PERCENTILES = [50, 75, 90, 95, 99, 99.5, 99.9, 99.99] as const;

/** A curve by some of its percentiles. */
function curveMarkdown({ title, curves }: CurvePlot): string {
  const drawn = curves.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return "";
  const at = (points: readonly CurvePoint[], share: number) =>
    points.find(({ percentile }) => percentile >= share - 1e-9)?.ms ?? points.at(-1)?.ms ?? null;
  const rows = CURVE_PERCENTILES.map((one) => [
    `p${one}`,
    ...drawn.map(({ points }) => formatMs(at(points, one / 100))),
  ]);
  const most = ["max", ...drawn.map(({ points }) => formatMs(points.at(-1)?.ms ?? null))];
  const head = ["percentile", ...drawn.map(({ label }) => label)];
  const marks = ["---", ...drawn.map(() => "--:")];
  const lines = [head, marks, ...rows, most].map((row) => `| ${row.join(" | ")} |`);
  return `<details><summary>${title}</summary>\n\n${lines.join("\n")}\n\n</details>`;
}

/** Tables split at a bar even within code. */
function inCell(markdown: string): string {
  return markdown.replaceAll("|", "\\|");
}

function shown(text: Text): string {
  return joined(text, (piece) => ("foreign" in piece ? foreignMarkdown(piece) : piece.moment));
}
