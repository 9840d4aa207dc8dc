/**
 * A small TypeScript scanner: enough of the lexical grammar to tell code from comments, strings, templates
 * and regular expressions, and to find every import. Used by the house rules. Invariant: words inside
 * comments and strings are never taken for code, and code inside `${…}` is.
 */

export interface Token {
  readonly kind: "word" | "number" | "string" | "template" | "regex" | "punctuation";
  /** For strings the content without quotes, otherwise the source text (templates: ""). */
  readonly text: string;
  readonly line: number;
}

export interface Comment {
  readonly text: string;
  readonly line: number;
}

export interface Import {
  /** null: computed, cannot be judged. */
  readonly specifier: string | null;
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface Scan {
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
  readonly imports: readonly Import[];
}

export function scan(source: string): Scan {
  const { tokens, comments } = tokenize(source);
  return { tokens, comments, imports: findImports(tokens) };
}

/** Words after which a slash starts a regular expression, not a division. */
const BEFORE_REGEX = new Set(
  "return typeof instanceof in of new delete void throw case do else yield await".split(" "),
);

function tokenize(source: string): { tokens: Token[]; comments: Comment[] } {
  const tokens: Token[] = [];
  const comments: Comment[] = [];
  /** One entry per open `${`: how many braces are open inside it. */
  const templates: number[] = [];
  let at = 0;
  let line = 1;

  const take = (length: number): string => {
    const text = source.slice(at, at + length);
    for (const character of text) if (character === "\n") line++;
    at += length;
    return text;
  };
  const push = (kind: Token["kind"], text: string, startLine: number) => {
    tokens.push({ kind, text, line: startLine });
  };
  const templatePart = (startLine: number) => {
    const length = templateLength(source, at);
    const text = take(length);
    push("template", "", startLine);
    if (text.endsWith("${")) templates.push(0);
  };

  if (source.startsWith("#!")) comments.push({ text: take(lineLength(source, 0)), line: 1 });
  while (at < source.length) {
    const startLine = line;
    const character = source[at] ?? "";
    const two = source.slice(at, at + 2);
    if (/\s/.test(character)) take(1);
    else if (two === "//") comments.push({ text: take(lineLength(source, at)), line: startLine });
    else if (two === "/*") {
      const end = source.indexOf("*/", at + 2);
      comments.push({ text: take((end < 0 ? source.length : end + 2) - at), line: startLine });
    } else if (character === '"' || character === "'") {
      const text = take(stringLength(source, at, character));
      push("string", text.slice(1, -1), startLine);
    } else if (character === "`") {
      take(1);
      templatePart(startLine);
    } else if (character === "}" && templates.at(-1) === 0) {
      templates.pop();
      take(1);
      templatePart(startLine);
    } else if (character === "/" && startsRegex(tokens.at(-1))) {
      push("regex", take(regexLength(source, at)), startLine);
    } else if (/[\p{ID_Start}_$#]/u.test(character)) {
      const word = /^#?[\p{ID_Continue}$]+/u.exec(source.slice(at, at + 200))?.[0] ?? character;
      push("word", take(word.length), startLine);
    } else if (/[0-9]/.test(character)) {
      const number = /^[0-9][\w.]*/.exec(source.slice(at, at + 100))?.[0] ?? character;
      push("number", take(number.length), startLine);
    } else {
      const depth = templates.length - 1;
      if (character === "{" && depth >= 0) templates[depth] = (templates[depth] ?? 0) + 1;
      if (character === "}" && depth >= 0) templates[depth] = (templates[depth] ?? 0) - 1;
      push("punctuation", take(1), startLine);
    }
  }
  return { tokens, comments };
}

function lineLength(source: string, at: number): number {
  const end = source.indexOf("\n", at);
  return (end < 0 ? source.length : end) - at;
}

function stringLength(source: string, start: number, quote: string): number {
  let at = start + 1;
  while (at < source.length && source[at] !== quote && source[at] !== "\n") {
    at += source[at] === "\\" ? 2 : 1;
  }
  return at + 1 - start;
}

/** From inside a template to the end of "`" or "${", inclusive. */
function templateLength(source: string, start: number): number {
  let at = start;
  while (at < source.length) {
    if (source[at] === "\\") at += 2;
    else if (source[at] === "`") return at + 1 - start;
    else if (source.startsWith("${", at)) return at + 2 - start;
    else at++;
  }
  return source.length - start;
}

function regexLength(source: string, start: number): number {
  let at = start + 1;
  let inClass = false;
  while (at < source.length && source[at] !== "\n") {
    const character = source[at];
    if (character === "\\") at++;
    else if (character === "[") inClass = true;
    else if (character === "]") inClass = false;
    else if (character === "/" && !inClass) break;
    at++;
  }
  return at + 1 - start;
}

function startsRegex(previous: Token | undefined): boolean {
  if (previous === undefined) return true;
  if (previous.kind === "word") return BEFORE_REGEX.has(previous.text);
  if (previous.kind === "punctuation") return !")]}".includes(previous.text);
  return false;
}

function findImports(tokens: readonly Token[]): Import[] {
  const imports: Import[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== "word" || tokens[index - 1]?.text === ".") return;
    const next = tokens[index + 1];
    if (token.text === "import") imports.push(...importAt(tokens, index));
    if (token.text === "export") imports.push(...reexportAt(tokens, index));
    if (token.text === "require" && (next?.text === "(" || next?.text === ".")) {
      const open = next.text === "(" ? index + 1 : index + 3;
      if (tokens[open]?.text === "(") imports.push(callImport(tokens, open, token.line));
    }
  });
  return imports;
}

function importAt(tokens: readonly Token[], index: number): Import[] {
  const line = tokens[index]?.line ?? 0;
  const next = tokens[index + 1];
  if (next === undefined || next.text === ".") return [];
  if (next.kind === "punctuation" && next.text === "(")
    return [callImport(tokens, index + 1, line)];
  if (next.kind === "string") return [{ specifier: next.text, typeOnly: false, line }];
  const typeOnly = next.text === "type" && tokens[index + 2]?.text !== "from";
  return fromClause(tokens, index + 1, { typeOnly, line });
}

function reexportAt(tokens: readonly Token[], index: number): Import[] {
  const typeOnly = tokens[index + 1]?.text === "type";
  const first = index + (typeOnly ? 2 : 1);
  const opener = tokens[first];
  if (opener?.kind !== "punctuation" || (opener.text !== "{" && opener.text !== "*")) return [];
  return fromClause(tokens, first, { typeOnly, line: tokens[index]?.line ?? 0 });
}

/** Looks for `from "x"` before anything that cannot stand between import or export and it. */
function fromClause(
  tokens: readonly Token[],
  start: number,
  found: { readonly typeOnly: boolean; readonly line: number },
): Import[] {
  for (let at = start; at < tokens.length; at++) {
    const token = tokens[at];
    const next = tokens[at + 1];
    if (token?.text === "from" && token.kind === "word" && next?.kind === "string") {
      return [{ specifier: next.text, ...found }];
    }
    const allowed =
      token?.kind === "word" || token?.kind === "string" || "{},*".includes(token?.text ?? ";");
    if (!allowed) return [];
    // The names of a list have ended and no `from` follows: a plain export.
    if (token?.text === "}" && next?.text !== "from") return [];
  }
  return [];
}

function callImport(tokens: readonly Token[], open: number, line: number): Import {
  const argument = tokens[open + 1];
  const end = tokens[open + 2]?.text;
  const literal = argument?.kind === "string" && (end === ")" || end === ",");
  return { specifier: literal ? argument.text : null, typeOnly: false, line };
}
