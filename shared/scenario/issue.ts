/**
 * Issues: what is wrong with a scenario file, where, and how to fix it. Made by every stage of
 * reading; shown by the CLI (formatIssues) and sent by the HTTP API. Invariant: text quoted from the
 * file is shown with its control characters escaped, so a file cannot drive a terminal.
 */

/** Keys and indices from the root of the document. */
export type Path = readonly (string | number)[];

export interface Issue {
  /** File name as given; or the option (`--set load.0.to`, `-e room`) when line is 0. */
  readonly file: string;
  /** From 1; 0 when the problem is not in the file's text but in an override. */
  readonly line: number;
  /** From 1, in UTF-16 code units; 0 with line 0. */
  readonly column: number;
  /** Where in the document, e.g. `load[2].over`; "" for the whole. */
  readonly path: string;
  readonly what: string;
  /** How to fix it; may be empty. */
  readonly hint: string;
}

/** More issues than this are cut, with a line that says so. */
export const MAX_ISSUES = 100;

const FRAME_COLUMNS = 100;
const CONTROL_CODES = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/gu;

/** Every control, format and separator character as \u{…}; harmless on a terminal. */
export function escapeControls(text: string): string {
  return text.replace(CONTROL_CODES, (char) =>
    char === "\t" ? " " : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** `load[2].points[0]` for ["load", 2, "points", 0]. */
export function formatPath(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[\w-]+$/.test(String(part))) text += text === "" ? String(part) : `.${String(part)}`;
    else text += `[${JSON.stringify(String(part))}]`;
  }
  return text;
}

/** Sorted by place, exact repetitions removed, at most MAX_ISSUES. */
export function orderIssues(issues: readonly Issue[]): Issue[] {
  const unique = new Map(
    issues.map((issue) => [`${issue.line}:${issue.column}:${issue.file}:${issue.what}`, issue]),
  );
  const ordered = [...unique.values()].sort((a, b) => a.line - b.line || a.column - b.column);
  const first = ordered.slice(0, MAX_ISSUES);
  const last = first.at(-1);
  if (ordered.length === first.length || last === undefined) return first;
  const what = `${ordered.length - MAX_ISSUES} more problems are not shown`;
  return [...first, { ...last, path: "", what, hint: "" }];
}

export interface FormatOptions {
  readonly color: boolean;
}

/** One line `file:line:column what (hint)` per issue, each with the code frame under it. */
export function formatIssues(
  issues: readonly Issue[],
  text: string,
  options: FormatOptions,
): string {
  const lines = text.split(/\r\n|\n|\r/);
  const paint = (code: number, part: string) =>
    options.color && part !== "" ? `\u001b[${code}m${part}\u001b[0m` : part;
  return issues
    .map((issue) => {
      const place = issue.line === 0 ? issue.file : `${issue.file}:${issue.line}:${issue.column}`;
      const hint = issue.hint === "" ? "" : ` (${escapeControls(issue.hint)})`;
      const head = `${paint(1, escapeControls(place))} ${paint(31, escapeControls(issue.what))}${paint(36, hint)}`;
      const frame = issue.line === 0 ? [] : codeFrame(lines, issue);
      return [head, ...frame.map((row) => paint(2, row))].join("\n");
    })
    .join("\n");
}

/** What stands before the @ of a URL is a password, or may be; each character of it is hidden, so that columns stay. */
function hideUserInfo(line: string): string {
  return line.replace(
    /(:\/\/)([^\s/"'@]+(?:@[^\s/"'@]+)*)(?=@)/g,
    (_, slashes: string, hidden: string) => {
      return slashes + "*".repeat(hidden.length);
    },
  );
}

/** The line before, the line itself and a caret under the column; long lines are cut around it. */
function codeFrame(lines: readonly string[], issue: Issue): string[] {
  const width = String(issue.line).length;
  const from = Math.max(0, issue.column - 1 - FRAME_COLUMNS / 2);
  const rows: string[] = [];
  for (let line = Math.max(1, issue.line - 1); line <= issue.line; line++) {
    const source = lines[line - 1];
    if (source === undefined) continue;
    const shown = escapeControls(hideUserInfo(source).slice(from, from + FRAME_COLUMNS));
    rows.push(`  ${String(line).padStart(width)} | ${shown}`);
  }
  const before = escapeControls((lines[issue.line - 1] ?? "").slice(from, issue.column - 1));
  rows.push(`  ${" ".repeat(width)} | ${" ".repeat(before.length)}^`);
  return rows;
}
