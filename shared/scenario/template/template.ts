/**
 * Templates: text and JSON with `{{…}}` placeholders, compiled once, rendered per message or handshake.
 * Called by the checks (to find mistakes) and by the worker. Invariant: the same (seed, connection index,
 * incarnation, attempt, seq, now) renders the same text, whoever renders it; rendering allocates nothing but its result.
 *
 * Literal braces: `{{{{` stands for `{{`; a lone `}}` needs no escape.
 */

import { MAX_ISSUES, type Path } from "../issue.ts";
import { CompiledTemplate, type Template } from "./compiled-template.ts";
import { MAX_RENDERED_CHARS } from "./expansion.ts";
import { compilePlaceholder } from "./placeholder.ts";
import { longestOf } from "./placeholder-length.ts";
import type { TemplateScope } from "./reference.ts";
import { insideRaw, type Piece, scanPieces } from "./scan.ts";
import { encode, inJson, isPlainKind, Mode, type Segment } from "./segment.ts";
import { TemplateError } from "./template-error.ts";

export type { Template, Watched } from "./compiled-template.ts";
export type { RenderContext } from "./render.ts";

/** Placeholders of one template are distinguished by this many numbers per site. */
const SITE_SPAN = 65_536;
/** A template may hold this many placeholders. */
const MAX_PLACEHOLDERS = 1000;

/**
 * Compiles text. Templates rendered for the same connection and seq need different `site`s, else
 * their random placeholders agree: messages use 0, the URL 1, headers 2, 3, …
 * @throws TemplateError with the position in `text`.
 */
export function compileTemplate(text: string, scope: TemplateScope, site = 0): Template {
  const builder = new Builder(scope, site);
  builder.text(text, Mode.text);
  return builder.build(text);
}

/**
 * Compiles a part of a URL: what stands between placeholders is written as it is, values are percent-encoded, so that one
 * stays within its segment or parameter whatever it holds; `{{raw(…)}}` writes a value as it is.
 * @throws TemplateError with the position in `text`.
 */
export function compileUrl(text: string, scope: TemplateScope, site = 0): Template {
  const builder = new Builder(scope, site);
  builder.text(text, Mode.url);
  return builder.build(text);
}

/**
 * Compiles a JSON value to a template of its JSON text. A string that is one placeholder and nothing else
 * becomes that value with its type (numbers stay numbers); other strings and keys become text.
 * @throws TemplateError with the position in the string in question.
 */
export function compileJson(value: unknown, scope: TemplateScope, site = 0): Template {
  const builder = new Builder(scope, site);
  builder.json(value, []);
  return builder.build("");
}

/** What is wrong with a template, and in which string of a JSON value (empty path: the text itself). */
export interface TemplateFault {
  readonly path: Path;
  readonly error: TemplateError;
}

/** Everything that compileTemplate, compileUrl or compileJson would refuse, not only the first; and how long it becomes. */
export function inspectTemplate(
  kind: "text" | "url" | "json",
  value: unknown,
  scope: TemplateScope,
): { readonly faults: readonly TemplateFault[]; readonly maxChars: number } {
  const builder = new Builder(scope, 0);
  if (kind === "json") builder.json(value, []);
  else builder.text(String(value), kind === "url" ? Mode.url : Mode.text);
  return { faults: builder.faults, maxChars: builder.chars };
}

/** Placeholders of another language. */
const FOREIGN = /\$\{\s*(?:(?:uuid|now|seq)\s*\}|(?:vars|env|data|conn)\s*[.[]|(?:text|int)\s*\()/;

/** @throws TemplateError for `${uuid}` and the like, which would be sent as they stand */
function checkForeign(literal: string): void {
  const found = FOREIGN.exec(literal);
  if (found === null) return;
  const [written = ""] = /^\$\{[^}]*\}?/.exec(literal.slice(found.index)) ?? [];
  const name = written.replace(/^\$\{\s*|\s*\}$/g, "");
  const hint = `write {{${name}}}; to send just that text, write {{'${written}'}}`;
  throw new TemplateError(`${written} is no placeholder here`, 0, hint);
}

/** Joins literals and collects the placeholders between them. */
class Builder {
  private readonly scope: TemplateScope;
  private readonly site: number;
  readonly faults: TemplateFault[] = [];
  private path: Path = [];
  private readonly literals: string[] = [""];
  private readonly segments: Segment[] = [];
  /** Fields of the JSON map that are one placeholder whose value needs no escape: the number of its segment. */
  private fields: Map<string, number> | null = new Map();
  chars = 0;

  constructor(scope: TemplateScope, site: number) {
    this.scope = scope;
    this.site = site;
  }

  text(text: string, mode: Mode): void {
    this.pieces(this.scan(text), mode);
  }

  private pieces(pieces: readonly Piece[], mode: Mode): void {
    for (const piece of pieces) {
      if ("literal" in piece) {
        this.attempt(0, () => checkForeign(piece.literal));
        this.literal(mode === Mode.jsonText ? inJson(piece.literal) : piece.literal);
      } else this.placeholder(piece, mode);
    }
  }

  json(value: unknown, path: Path): void {
    this.path = path;
    if (typeof value === "string") this.jsonString(value);
    else if (Array.isArray(value)) {
      this.literal("[");
      value.forEach((item, index) => {
        if (index > 0) this.literal(",");
        this.json(item, [...path, index]);
      });
      this.literal("]");
    } else if (typeof value === "object" && value !== null) {
      this.literal("{");
      Object.entries(value).forEach(([key, item], index) => {
        if (index > 0) this.literal(",");
        this.path = [...path, key];
        // Another name of another field, as it may be.
        if (path.length === 0 && key.includes("{{")) this.fields = null;
        this.quotedText(this.scan(key));
        this.literal(":");
        const before = this.segments.length;
        this.json(item, [...path, key]);
        if (path.length === 0) this.note(key, item, before);
      });
      this.literal("}");
    } else this.literal(JSON.stringify(value ?? null));
  }

  /** @throws TemplateError, the first fault. */
  build(source: string): Template {
    const [fault] = this.faults;
    if (fault !== undefined) throw fault.error;
    const { chars, literals, segments } = this;
    const fields = this.fields ?? new Map<string, number>();
    return new CompiledTemplate({ source, maxChars: chars, literals, segments, fields });
  }

  /** A field of the map was written, with what it holds, from the segment with this number on. */
  private note(key: string, item: unknown, segment: number): void {
    const made = this.segments[segment];
    const isOne = typeof item === "string" && made?.mode === Mode.jsonValue;
    if (isOne && isPlainKind(made.placeholder)) this.fields?.set(key, segment);
  }

  private jsonString(value: string): void {
    const pieces = this.scan(value);
    const [only] = pieces;
    if (pieces.length === 1 && only !== undefined && "source" in only) {
      this.placeholder(only, Mode.jsonValue);
    } else this.quotedText(pieces);
  }

  private quotedText(pieces: readonly Piece[]): void {
    this.literal('"');
    this.pieces(pieces, Mode.jsonText);
    this.literal('"');
  }

  private literal(text: string): void {
    if (this.grow(text.length, 0)) this.literals[this.literals.length - 1] += text;
  }

  private placeholder(piece: { source: string; offset: number }, mode: Mode): void {
    if (mode === Mode.url) {
      const raw = insideRaw(piece.source);
      if (raw !== null) {
        const offset = piece.offset + raw.offset;
        this.placeholder({ source: raw.source, offset }, Mode.text);
        return;
      }
    }
    const placeholder = this.attempt(piece.offset, () =>
      compilePlaceholder(piece.source, this.scope),
    );
    if (placeholder === null) return;
    if (placeholder.kind === "constant") {
      const { value } = placeholder;
      if (mode === Mode.url && !String(value).isWellFormed()) {
        this.fault(
          new TemplateError("no URL can carry half of a surrogate pair", 0, ""),
          piece.offset,
        );
      } else this.literal(encode(value, mode));
      return;
    }
    if (this.segments.length >= MAX_PLACEHOLDERS) {
      const error = new TemplateError(`more than ${MAX_PLACEHOLDERS} placeholders`, 0, "");
      this.fault(error, piece.offset);
      return;
    }
    const site = this.site * SITE_SPAN + this.segments.length;
    const chars = this.attempt(piece.offset, () => longestOf(placeholder, site));
    if (chars === null || !this.grow(chars, piece.offset)) return;
    this.segments.push({ placeholder, mode, site });
    this.literals.push("");
  }

  /** False when it becomes too long by `chars` more; said once. */
  private grow(chars: number, offset: number): boolean {
    const before = this.chars;
    this.chars += chars;
    if (this.chars <= MAX_RENDERED_CHARS) return true;
    if (before > MAX_RENDERED_CHARS) return false;
    const what = `the text becomes longer than ${MAX_RENDERED_CHARS} characters`;
    this.fault(new TemplateError(what, 0, "use fewer or shorter placeholders"), offset);
    return false;
  }

  private scan(text: string): Piece[] {
    return this.attempt(0, () => scanPieces(text)) ?? [];
  }

  /** The result, or null when there is a fault, which is kept with its place. */
  private attempt<T>(offset: number, make: () => T): T | null {
    // More are not shown, and each costs a search for what was meant.
    if (this.faults.length > MAX_ISSUES) return null;
    try {
      return make();
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      this.fault(error, offset);
      return null;
    }
  }

  private fault(error: TemplateError, offset: number): void {
    this.faults.push({ path: this.path, error: error.shifted(offset) });
  }
}
