/**
 * Who may do what: bearer tokens with a role, from a file. Used by server.ts. Invariant: tokens are compared in constant
 * time, by their digests; a token is never logged or sent.
 *
 * The file is JSON: { "tokens": [{ "name": "ci", "role": "operator", "token": "…" }] }, with "sha256" (hex) instead of
 * "token" where it must not be readable.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { OnrushError } from "../../shared/errors.ts";

export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

export interface Caller {
  readonly name: string;
  readonly role: Role;
}

interface Token extends Caller {
  readonly digest: Buffer;
}

const LEAST_TOKEN = 16;

export class Tokens {
  readonly #tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** @throws OnrushError ONRUSH_USAGE */
  static read(path: string): Tokens {
    try {
      const { tokens } = parse(readFileSync(path, "utf8"));
      if (!Array.isArray(tokens) || tokens.length === 0) throw new Error("it lists no tokens");
      return new Tokens(tokens.map(readToken));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new OnrushError({
        code: "ONRUSH_USAGE",
        message: `The tokens file ${path} cannot be used: ${why}.`,
        remedy: 'It is JSON: { "tokens": [{ "name": "ci", "role": "operator", "token": "…" }] }.',
      });
    }
  }

  /** @param header of Authorization. @returns null for nobody known */
  caller(header: string | undefined): Caller | null {
    const given = /^Bearer ([^\s]{1,512})$/i.exec(header ?? "")?.[1];
    if (given === undefined) return null;
    const digest = digestOf(given);
    let found: Caller | null = null;
    // All of them, so that the time tells nothing.
    for (const token of this.#tokens) if (timingSafeEqual(token.digest, digest)) found = token;
    return found;
  }
}

/** A role may do what the ones before it may. */
export function mayAs(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** The parser's own words would show a part of the file. */
function parse(text: string): { readonly tokens?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("it is no JSON");
  }
  return (value ?? {}) as { tokens?: unknown };
}

function readToken(value: unknown): Token {
  const { name, role, token, sha256 } = (value ?? {}) as Record<string, unknown>;
  const known = ROLES.find((one) => one === role);
  if (typeof name !== "string" || name === "") throw new Error("a token has no name");
  if (known === undefined) throw new Error(`the role of ${name} is none of ${ROLES.join(", ")}`);
  if (typeof sha256 === "string" && /^[0-9a-f]{64}$/i.test(sha256)) {
    return { name, role: known, digest: Buffer.from(sha256, "hex") };
  }
  if (typeof token !== "string" || token.length < LEAST_TOKEN) {
    throw new Error(`the token of ${name} is shorter than ${LEAST_TOKEN} characters`);
  }
  return { name, role: known, digest: digestOf(token) };
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
