/**
 * The values of placeholders at render time: pure functions of (seed, connection, incarnation, attempt, seq, site).
 * Called by template.ts on the data plane. Invariant: no state is kept between calls; every draw comes
 * from shared/time/random.ts, so any process makes the same value.
 */
import { draw32, Stream } from "../../time/random.ts";
import type { Expression } from "../expression/expression.ts";
import { cellOf, type RowsOfShards, type Table } from "./data-row.ts";
import { type ExpressionScope, MAX_TEXT_CHARS } from "./placeholder.ts";
import type { UserMarks } from "./user-marks.ts";

/** What a render depends on; one mutable object, filled by the caller before each render. */
export interface RenderContext {
  seed: number;
  /** Global index of the connection. */
  connectionIndex: number;
  /** Differs between all sockets the index has over time; part of the randomness, never shown. */
  incarnation: number;
  /** conn.attempt: 0 when this index is opened for the first time, 1 for the second, and so on. */
  attempt: number;
  /** Number of the message on this connection, from 0; part of the randomness. */
  seq: number;
  /** Milliseconds since the Unix epoch. */
  nowMs: number;
  /** What the connection has captured, by the scenario's captures; undefined: not yet. */
  captured: readonly unknown[];
  /** The message that is answered; null but for an answer. */
  message: AnsweredMessage | null;
  /** Those of the run; null: there are none. */
  marks: UserMarks | null;
  /** Rows of data that came with the slices; null: none do. */
  rows: RowsOfShards | null;
}

/** What an answer's placeholders read. */
export interface AnsweredMessage {
  readonly m: unknown;
  readonly text: string;
  readonly size: number;
}

/** For templates that are static: what they render to depends on nothing here. */
export const STATIC_CONTEXT: RenderContext = Object.freeze({
  seed: 0,
  connectionIndex: 0,
  incarnation: 0,
  attempt: 0,
  seq: 0,
  nowMs: 0,
  captured: [],
  message: null,
  marks: null,
  rows: null,
});

/** 32 symbols, spaces among them, so that five random bits make a character that needs no escape. */
const ALPHABET = "abcdefghijklmnopqrstuvwxyzaeio  ";
const CORPUS_CHARS = 4 * MAX_TEXT_CHARS;

/** Fixed filler; text() takes a stretch of it, which costs no more than a slice. */
const corpus = makeCorpus();

function makeCorpus(): string {
  const codes = Buffer.alloc(CORPUS_CHARS);
  for (let at = 0; at < CORPUS_CHARS; at += 6) {
    const word = draw32(1, Stream.template, 0, at);
    for (let part = 0; part < 6 && at + part < CORPUS_CHARS; part++) {
      codes[at + part] = ALPHABET.charCodeAt((word >>> (part * 5)) & 31);
    }
  }
  return codes.toString("latin1");
}

/**
 * One of several independent words for a placeholder. Subtle: a draw by itself holds only 32 bits of (index,
 * seq); words that shall be independent need their own seed, not the next counter.
 */
export function draw(site: number, word: number, context: RenderContext): number {
  const seed = draw32(context.seed, Stream.uuid, site * 8 + word, context.incarnation);
  return draw32(seed, Stream.template, context.connectionIndex, context.seq);
}

/** Whole number in [min, max], max - min < 2^32. */
export function randomInt(min: number, max: number, site: number, context: RenderContext): number {
  return min + Math.floor((draw(site, 0, context) / 4294967296) * (max - min + 1));
}

/** Lower-case filler of min to max characters. */
export function randomText(min: number, max: number, site: number, context: RenderContext): string {
  const length = randomInt(min, max, site, context);
  const start = draw(site, 1, context) % (CORPUS_CHARS - length + 1);
  return corpus.slice(start, start + length);
}

/** RFC 9562 version 4, from 122 bits of four independent words. */
export function uuid(site: number, context: RenderContext): string {
  const a = draw(site, 0, context);
  const b = draw(site, 1, context);
  const c = draw(site, 2, context);
  const d = draw(site, 3, context);
  return `${hex8(a)}-${HEX[b >>> 24]}${HEX[(b >>> 16) & 255]}-4${hex8(b & 0xfff).slice(5)}-${
    HEX[((c >>> 24) & 0x3f) | 0x80]
  }${HEX[(c >>> 16) & 255]}-${HEX[(c >>> 8) & 255]}${HEX[c & 255]}${hex8(d)}`;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

function hex8(word: number): string {
  return `${HEX[word >>> 24]}${HEX[(word >>> 16) & 255]}${HEX[(word >>> 8) & 255]}${HEX[word & 255]}`;
}

/** Name of a connection that stays the same over its reconnects. */
export function connectionId(context: RenderContext): string {
  return `c${context.connectionIndex}`;
}

/** The mark of the connection's user; nothing where no run is. */
export function markOf({ marks, connectionIndex }: RenderContext): string {
  return marks === null ? "" : marks.of(connectionIndex);
}

/** Value of a CEL placeholder; null when it is not applicable. */
export function evaluate(
  placeholder: {
    readonly expression: Expression;
    readonly scope: ExpressionScope;
    readonly usesUuid: boolean;
    readonly tables: readonly Table[];
    readonly captures: readonly string[];
  },
  site: number,
  context: RenderContext,
): unknown {
  const { seq, nowMs, message } = context;
  const data: Record<string, Record<string, string>> = {};
  for (const table of placeholder.tables) {
    const { columns } = table.table;
    data[table.name] = Object.fromEntries(
      columns.map((name, at) => [name, cellOf(table, at, context, context.rows)]),
    );
  }
  return placeholder.expression.evaluate({
    vars: placeholder.scope.vars,
    env: placeholder.scope.env,
    data,
    conn: connectionFields(context, placeholder.captures),
    seq: BigInt(seq),
    now: BigInt(Math.trunc(nowMs)),
    uuid: placeholder.usesUuid ? uuid(site, context) : "",
    ...(message === null
      ? {}
      : { m: message.m ?? null, text: message.text, size: BigInt(message.size) }),
  });
}

/** `conn` of an expression. @param captures names, in the order of context.captured */
export function connectionFields(
  context: RenderContext,
  captures: readonly string[],
): Record<string, unknown> {
  const conn: Record<string, unknown> = {
    index: BigInt(context.connectionIndex),
    id: connectionId(context),
    attempt: BigInt(context.attempt),
  };
  for (let at = 0; at < captures.length; at++) {
    const value = context.captured[at];
    if (value !== undefined) conn[captures[at] as string] = value;
  }
  return conn;
}

/** A value in text: nothing for null, JSON for lists and maps. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? jsonOf(value) : String(value);
}

/** A value as JSON; integers of CEL become numbers. */
export function jsonOf(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  return JSON.stringify(value ?? null, (_, inner) =>
    typeof inner === "bigint" ? Number(inner) : inner,
  );
}
