/**
 * A compiled template: literal text and placeholders in turn, rendered as text or straight into bytes. Made by template.ts,
 * rendered by the worker for each message and handshake. Invariant: the bytes are the UTF-8 of the text, whichever is asked for.
 */
import { type ColumnRead, columnsOf } from "./placeholder.ts";
import type { RenderContext } from "./render.ts";
import { NO_ROOM, writeSegment } from "./render-bytes.ts";
import { renderSegment, type Segment } from "./segment.ts";

export interface Template {
  readonly source: string;
  /** At most, whatever the placeholders become. */
  readonly maxChars: number;
  /** Renders the same text always: render once and keep it. */
  readonly isStatic: boolean;
  /** What it reads of data tables. */
  readonly columns: readonly ColumnRead[];
  render(context: RenderContext): string;
  /**
   * For templates of a JSON map: fields of that map which are one placeholder and need no escape, as numbers of segments. What
   * a rendered segment is of the text, is the whole value of its field.
   */
  readonly fields: ReadonlyMap<string, number>;
  /**
   * Writes the text as UTF-8 at `at`; returns the offset after it, or -1 when `target` may be too short.
   * @param watched is told where its segment lies
   */
  renderInto(target: Buffer, at: number, context: RenderContext, watched?: Watched): number;
}

/** Where a segment of the text last rendered lies. */
export interface Watched {
  readonly segment: number;
  start: number;
  end: number;
}

interface Parts {
  readonly source: string;
  readonly maxChars: number;
  readonly literals: readonly string[];
  readonly segments: readonly Segment[];
  readonly fields: ReadonlyMap<string, number>;
}

/** literals[0] segments[0] literals[1] … segments[n-1] literals[n]. */
export class CompiledTemplate implements Template {
  readonly source: string;
  readonly maxChars: number;
  readonly isStatic: boolean;
  readonly columns: readonly ColumnRead[];
  readonly fields: ReadonlyMap<string, number>;
  readonly #literals: readonly string[];
  readonly #segments: readonly Segment[];
  #literalBytes: readonly Buffer[] | null = null;

  constructor({ source, maxChars, literals, segments, fields }: Parts) {
    this.source = source;
    this.maxChars = maxChars;
    this.fields = fields;
    this.isStatic = segments.length === 0;
    this.columns = segments.flatMap(({ placeholder }) => columnsOf(placeholder));
    this.#literals = literals;
    this.#segments = segments;
  }

  render(context: RenderContext): string {
    const literals = this.#literals;
    const segments = this.#segments;
    let text = literals[0] as string;
    for (let i = 0; i < segments.length; i++) {
      text += renderSegment(segments[i] as Segment, context) + (literals[i + 1] as string);
    }
    return text;
  }

  renderInto(target: Buffer, at: number, context: RenderContext, watched?: Watched): number {
    this.#literalBytes ??= this.#literals.map((literal) => Buffer.from(literal));
    const literals = this.#literalBytes;
    const segments = this.#segments;
    let end = writeLiteral(literals[0] as Buffer, target, at);
    for (let i = 0; i < segments.length && end !== NO_ROOM; i++) {
      const start = end;
      end = writeSegment(segments[i] as Segment, context, target, end);
      if (i === watched?.segment) {
        watched.start = start;
        watched.end = end;
      }
      if (end !== NO_ROOM) end = writeLiteral(literals[i + 1] as Buffer, target, end);
    }
    return end;
  }
}

function writeLiteral(literal: Buffer, target: Buffer, at: number): number {
  const end = at + literal.length;
  if (end > target.length) return NO_ROOM;
  target.set(literal, at);
  return end;
}
