/**
 * report.md: the report for a comment on a pull request or a job summary. Rendered from the outline. Invariants: it
 * fits a comment, so sections that do not are left out and named; foreign text goes through markdown-text.ts.
 */
import { formatCount } from "./format.ts";
import { foreignMarkdown } from "./markdown-text.ts";
import type { ReportModel } from "./model.ts";
import { type Block, code, type Table, type Text } from "./outline/block.ts";
import { outlineOf } from "./outline/outline.ts";

/** GitHub takes 65,536 characters in a comment; this leaves room for what an action puts around it. */
export const MAX_MARKDOWN_CHARS = 60_000;
/** For the sentence about what was left out. */
const LAST_CHARS = 300;

const SIGNS = { pass: "✅", fail: "❌", invalid: "⚠️", interrupted: "⏹️", stopped: "⏹️" } as const;

/** With a newline at the end. */
export function reportMarkdown(model: ReportModel): string {
  const { verdict, word, name, opening, sections } = outlineOf(model);
  const parts = [`## ${SIGNS[verdict]} ${word}: ${shown(code(name))}`, ...opening.map(block)];
  const left: string[] = [];
  let chars = parts.join("\n\n").length;
  for (const { title, blocks } of sections) {
    const part = [`### ${title}`, ...blocks.map(block)].join("\n\n");
    if (chars + part.length + 2 > MAX_MARKDOWN_CHARS - LAST_CHARS) left.push(title);
    else {
      chars += part.length + 2;
      parts.push(part);
    }
  }
  if (left.length > 0) parts.push(`Left out for want of room: ${left.join(", ")}.`);
  return `${parts.join("\n\n")}\n`;
}

function block(one: Block): string {
  switch (one.kind) {
    case "text":
      return shown(one.text);
    case "list": {
      const items = one.items.map((item) => `- ${shown(item)}`);
      if (one.more > 0) items.push(`- and ${formatCount(one.more)} more`);
      return items.join("\n");
    }
    case "table":
      return tableMarkdown(one);
  }
}

function tableMarkdown({ head, texts, rows, more, fold }: Table): string {
  const marks = head.map((_, at) => (at < texts ? "---" : "--:"));
  // Tables split at a bar even within code.
  const cells = rows.map((row) => row.map((cell) => shown(cell).replaceAll("|", "\\|")));
  const lines = [head, marks, ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
  const whole = more > 0 ? `${lines}\n\nand ${formatCount(more)} more` : lines;
  if (fold === null) return whole;
  return `<details><summary>${fold}</summary>\n\n${whole}\n\n</details>`;
}

function shown(text: Text): string {
  if (typeof text === "string") return text;
  if ("foreign" in text) return foreignMarkdown(text);
  return text.map(shown).join("");
}
