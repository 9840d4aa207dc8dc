/**
 * One placeholder of a template as text: in a message, in a JSON text, or in a URL. Called by template.ts on the data plane.
 * Invariant: what a value holds never changes the meaning of what stands around it.
 */
import { cellOf } from "./data-row.ts";
import type { Placeholder } from "./placeholder.ts";
import {
  connectionId,
  evaluate,
  jsonOf,
  markOf,
  type RenderContext,
  randomInt,
  randomText,
  textOf,
  uuid,
} from "./render.ts";

/** How a placeholder's value is written. */
export const Mode = { text: 0, jsonText: 1, jsonValue: 2, url: 3 } as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

export interface Segment {
  readonly placeholder: Placeholder;
  readonly mode: Mode;
  /** Randomness differs between placeholders of one template, and between sites. */
  readonly site: number;
}

/** Its values have one form in JSON, whatever they are: no escapes, no fractions. */
export function isPlainKind({ kind }: Placeholder): boolean {
  return kind === "uuid" || kind === "seq" || kind === "conn.index" || kind === "conn.id";
}

export function renderSegment(segment: Segment, context: RenderContext): string {
  const { placeholder, mode } = segment;
  const asValue = mode === Mode.jsonValue;
  switch (placeholder.kind) {
    case "constant":
      return encode(placeholder.value, mode);
    case "conn.index":
      return `${context.connectionIndex}`;
    case "conn.attempt":
      return `${context.attempt}`;
    case "seq":
      return `${context.seq}`;
    case "now":
      return `${context.nowMs}`;
    case "int":
      return `${randomInt(placeholder.min, placeholder.max, segment.site, context)}`;
    // What these make never needs escaping, but for spaces in a URL.
    case "conn.id":
      return asValue ? `"${connectionId(context)}"` : connectionId(context);
    case "canary":
      return asValue ? `"${markOf(context)}"` : markOf(context);
    case "uuid":
      return asValue ? `"${uuid(segment.site, context)}"` : uuid(segment.site, context);
    case "text": {
      const made = randomText(placeholder.min, placeholder.max, segment.site, context);
      return asValue ? `"${made}"` : mode === Mode.url ? inUrl(made) : made;
    }
    case "cell":
      return encode(cellOf(placeholder.table, placeholder.column, context, context.rows), mode);
    case "capture":
      return encode(context.captured[placeholder.at], mode);
    case "expression":
      return encode(evaluate(placeholder, segment.site, context), mode);
  }
}

/** A value in the form its place asks for. */
export function encode(value: unknown, mode: Mode): string {
  if (mode === Mode.jsonValue) return jsonOf(value);
  const text = textOf(value);
  if (mode === Mode.url) return inUrl(text);
  return mode === Mode.jsonText ? inJson(text) : text;
}

/** A value within a segment of a path, or a name or value of a query. */
function inUrl(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** Text as it stands between the quotes of a JSON string. */
export function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
