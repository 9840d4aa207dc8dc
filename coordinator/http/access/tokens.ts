/**
 * Who may do what: bearer tokens with a role, from a file. Used by server.ts; kept up to date by tokens-watch.ts.
 * Invariant: tokens are compared in constant time, by their digests; a token is never logged or sent; one that has expired
 * is as good as none, and of a file that is wrong in any way nothing is taken.
 *
 * The file is JSON: { "tokens": [{ "name": "ci", "role": "operator", "token": "…" }] }, with "sha256" (hex) instead of
 * "token" where it must not be readable, and "expires" (a time) where it is to end.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync, type Stats, statSync } from "node:fs";
import { OnrushError } from "../../../shared/errors.ts";
import { didYouMean } from "../../../shared/scenario/suggest.ts";
import { type Clock, systemClock } from "../../../shared/time/clock.ts";

export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

export interface Caller {
  readonly name: string;
  readonly role: Role;
}

interface Token extends Caller {
  readonly digest: Buffer;
  /** Milliseconds since the Unix epoch; infinite when it does not expire. */
  readonly untilMs: number;
}

const LEAST_TOKEN = 16;
const MOST_TOKENS = 1000;
const MAX_NAME = 200;
const KEYS = ["name", "role", "token", "sha256", "expires"];
/** With a time zone, or a day: from its beginning on, UTC. */
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

export class Tokens {
  /** Of the file as it was when it was read first (fileMark). */
  readonly mark: string;
  readonly #clock: Clock;
  #tokens: readonly Token[];
  #doubts: readonly string[];

  private constructor(read: Reading, clock: Clock) {
    this.#tokens = read.tokens;
    this.#doubts = read.doubts;
    this.mark = read.mark;
    this.#clock = clock;
  }

  /** @throws OnrushError ONRUSH_USAGE */
  static read(path: string, clock: Clock = systemClock): Tokens {
    return new Tokens(readTokens(path, clock), clock);
  }

  /** What whoever runs the coordinator should know about the file: sentences without a token. */
  get doubts(): readonly string[] {
    return this.#doubts;
  }

  /** Takes what the file says now; when it cannot be used everything stays. @throws OnrushError ONRUSH_USAGE */
  reload(path: string): void {
    const { tokens, doubts } = readTokens(path, this.#clock);
    this.#tokens = tokens;
    this.#doubts = doubts;
  }

  /** @param header of Authorization. @returns null for nobody known, and for a token that has expired */
  caller(header: string | undefined): Caller | null {
    const given = /^Bearer ([^\s]{1,512})$/i.exec(header ?? "")?.[1];
    if (given === undefined) return null;
    const digest = digestOf(given);
    let found: Token | null = null;
    // All of them, so that the time tells nothing.
    for (const token of this.#tokens) if (timingSafeEqual(token.digest, digest)) found = token;
    return found !== null && this.#clock.wallMs() < found.untilMs ? found : null;
  }
}

/** A role may do what the ones before it may. */
export function mayAs(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Another one when the file has changed. */
export function fileMark({ ino, mtimeMs, size, mode }: Stats): string {
  return `${ino}:${mtimeMs}:${size}:${mode}`;
}

interface Reading {
  readonly mark: string;
  readonly tokens: readonly Token[];
  readonly doubts: readonly string[];
}

function readTokens(path: string, clock: Clock): Reading {
  try {
    const stats = statSync(path);
    const { mode } = stats;
    if ((mode & 0o002) !== 0) throw new Error("everybody on this machine may write it (chmod 600)");
    const file = recordOf(parse(readFileSync(path, "utf8")), "the file", ["tokens"]);
    const listed = file["tokens"];
    if (!Array.isArray(listed) || listed.length === 0) throw new Error("it lists no tokens");
    if (listed.length > MOST_TOKENS) throw new Error(`it lists more than ${MOST_TOKENS} tokens`);
    const tokens = listed.map(readToken);
    refuseTwice(tokens);
    const plain = listed.some((token: object) => "token" in token);
    const doubts = doubtsOf(tokens, { mode, plain, nowMs: clock.wallMs() });
    return { mark: fileMark(stats), tokens, doubts };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OnrushError({
      code: "ONRUSH_USAGE",
      message: `The tokens file ${path} cannot be used: ${why}.`,
      remedy: 'It is JSON: { "tokens": [{ "name": "ci", "role": "operator", "token": "…" }] }.',
    });
  }
}

/** The parser's own words would show a part of the file. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it is no JSON");
  }
}

function recordOf(value: unknown, what: string, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`${what} is no JSON object`);
  }
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown === undefined) return value as Record<string, unknown>;
  const shown = JSON.stringify(unknown.slice(0, MAX_NAME));
  throw new Error(`${what} has an unknown key ${shown} (${didYouMean(unknown, keys)})`);
}

function readToken(value: unknown, at: number): Token {
  const place = `token ${at + 1}`;
  const { name, role, token, sha256, expires } = recordOf(value, place, KEYS);
  if (typeof name !== "string" || name === "" || name.length > MAX_NAME) {
    throw new Error(`${place} has no name of 1 to ${MAX_NAME} characters`);
  }
  const known = ROLES.find((one) => one === role);
  if (known === undefined) throw new Error(`the role of ${name} is none of ${ROLES.join(", ")}`);
  const untilMs = expires === undefined ? Number.POSITIVE_INFINITY : readTime(expires, name);
  return { name, role: known, untilMs, digest: readDigest(name, token, sha256) };
}

function readDigest(name: string, token: unknown, sha256: unknown): Buffer {
  if (token !== undefined && sha256 !== undefined) {
    throw new Error(`${name} has both a token and a sha256`);
  }
  if (sha256 !== undefined) {
    if (typeof sha256 === "string" && /^[0-9a-f]{64}$/i.test(sha256)) {
      return Buffer.from(sha256, "hex");
    }
    throw new Error(`the sha256 of ${name} is not 64 hexadecimal digits`);
  }
  if (typeof token !== "string" || token.length < LEAST_TOKEN) {
    throw new Error(`the token of ${name} is shorter than ${LEAST_TOKEN} characters`);
  }
  if (!/^[\x21-\x7e]{1,512}$/.test(token)) {
    throw new Error(`the token of ${name} is not 512 visible ASCII characters at most`);
  }
  return digestOf(token);
}

function readTime(value: unknown, name: string): number {
  const ms = typeof value === "string" && TIME.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new Error(`"expires" of ${name} is no time such as 2027-01-31T00:00:00Z`);
}

/** A token stands for one caller. */
function refuseTwice(tokens: readonly Token[]): void {
  const names = new Map<string, string>();
  for (const { name, digest } of tokens) {
    const hex = digest.toString("hex");
    const before = names.get(hex);
    if (before !== undefined) throw new Error(`${before} and ${name} have the same token`);
    names.set(hex, name);
  }
}

function doubtsOf(
  tokens: readonly Token[],
  {
    mode,
    plain,
    nowMs,
  }: { readonly mode: number; readonly plain: boolean; readonly nowMs: number },
): string[] {
  const bits = (mode & 0o777).toString(8);
  return [
    ...((mode & 0o020) === 0
      ? []
      : [`its group may write the tokens file (mode ${bits}): chmod 600`]),
    ...((mode & 0o044) === 0 || !plain
      ? []
      : [
          `others may read the tokens in the tokens file (mode ${bits}): chmod 600, or give sha256`,
        ]),
    ...tokens.flatMap(({ name, untilMs }) =>
      untilMs <= nowMs ? [`the token of ${name} has expired: it lets nobody in`] : [],
    ),
  ];
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
