/**
 * Foreign text in Markdown. Called by markdown.ts. Invariant: what it returns is shown as that text, on one line, by
 * any renderer: no markup, no HTML, no link, no mention of a person or an issue; hidden and control characters are
 * visible; its length is bounded.
 */
import { escapeControls } from "../../../shared/scenario/issue.ts";
import type { Foreign } from "../outline/block.ts";

/** What sites turn into links and mentions even where it is escaped. */
const LINKED = /[@#]|:\/\/|www\./i;

export function foreignMarkdown({ foreign, as, maxChars }: Foreign): string {
  const line = oneLine(foreign, maxChars);
  if (as === "code") return code(line);
  return line
    .split(" ")
    .map((word) => (LINKED.test(word) ? code(word) : escaped(word)))
    .join(" ");
}

/** In a fence longer than any in the text. */
function code(line: string): string {
  if (line.trim() === "") return "` `";
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

function escaped(word: string): string {
  return (
    word
      .replace(/[\\`*_{}[\]<>~$|]/g, "\\$&")
      .replaceAll("&", "&amp;")
      // What begins a list, a heading or a rule, were it the first of a line.
      .replace(/^([-+=]+|\d+[.)])$/, (mark) => `${mark.slice(0, -1)}\\${mark.slice(-1)}`)
  );
}

/** Cut before and after: what is hidden takes more room once it is shown. */
function oneLine(text: string, maxChars: number): string {
  const shown = escapeControls(text.slice(0, maxChars).replace(/[\ud800-\udbff]$/, ""));
  const cut = shown.slice(0, maxChars).replace(/[\ud800-\udbff]$/, "");
  return cut.length < shown.length || text.length > maxChars ? `${cut}…` : cut;
}
