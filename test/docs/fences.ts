/**
 * The fenced blocks of a document, the command lines in them, and what they are shown to print. Used by the tests of
 * documents. Invariant: every line of a block is a command, what the command before it prints, or neither, and nothing is
 * skipped because it looks odd.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Also when this is part of a build. */
export const ROOT = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../" : "../../../", import.meta.url),
);

export interface Fence {
  /** Path from the root, e.g. docs/cli.md. */
  readonly document: string;
  /** Of the first line within it, from 1. */
  readonly line: number;
  /** After the opening fence, e.g. `yaml` or `csv users.csv`. */
  readonly info: string;
  readonly lines: readonly string[];
}

export interface CommandLine {
  readonly document: string;
  readonly line: number;
  /** As a shell takes it, without the prompt and the comment. */
  readonly command: string;
  readonly comment: string;
  /** What it prints, as far as it is shown. */
  readonly shown: readonly string[];
}

/** Paths of what is written for users. */
export function userDocuments(): string[] {
  const docs = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
  return ["README.md", ...docs.sort().map((name) => `docs/${name}`)];
}

export function readDocument(document: string): string {
  return readFileSync(join(ROOT, document), "utf8");
}

export function fencesOf(document: string, text = readDocument(document)): Fence[] {
  const fences: Fence[] = [];
  let open: { line: number; info: string; lines: string[] } | null = null;
  for (const [index, line] of text.split("\n").entries()) {
    const mark = /^ *```(.*)$/.exec(line);
    if (mark === null) open?.lines.push(line);
    else if (open === null) open = { line: index + 2, info: (mark[1] ?? "").trim(), lines: [] };
    else {
      fences.push({ document, ...open });
      open = null;
    }
  }
  if (open !== null) throw new Error(`${document}:${open.line} is a block without an end`);
  return fences;
}

/** A line that runs onrush: by itself, after others, or within a substitution. */
const RUNS_ONRUSH = /(^|[;&|(]\s*|\bdo |^(?:\w+=\S+ )+)onrush( [^ ]|$)/;

/**
 * The lines of a block that run onrush, or what else is asked for. With prompts (`$ `), what follows a command up to the next prompt is what it
 * prints; without, nothing is shown.
 */
export function commandLinesOf(
  { document, line: first, info, lines }: Fence,
  runs = RUNS_ONRUSH,
): CommandLine[] {
  if (info !== "" && info !== "sh") return [];
  const hasPrompts = lines.some((line) => line.startsWith("$ "));
  const found: { line: number; text: string; shown: string[] }[] = [];
  for (const [index, line] of lines.entries()) {
    const before = found.at(-1);
    const text = hasPrompts ? line.replace(/^\$ /, "") : line;
    if (hasPrompts && !line.startsWith("$ ")) before?.shown.push(line);
    else if (before?.text.endsWith("\\")) before.text = `${before.text.slice(0, -1)}${text.trim()}`;
    else found.push({ line: first + index, text, shown: [] });
  }
  return found
    .map(({ line, text, shown }) => ({ document, line, shown, ...withoutComment(text) }))
    .filter(({ command }) => runs.test(command));
}

function withoutComment(text: string): { command: string; comment: string } {
  // A comment begins with a blank before its sign; none of the documents has one in quotes.
  const [, command = text, comment = ""] = /^(.*?)(?:\s+#\s*(.*))?$/.exec(text) ?? [];
  return { command: command.trim(), comment };
}

/** What the comment says, and 0 when it says nothing. */
export function expectedExitCode({ comment }: CommandLine): number {
  return Number(/\bexit (?:code )?(\d+)/.exec(comment)?.[1] ?? 0);
}
