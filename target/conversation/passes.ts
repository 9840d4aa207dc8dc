/**
 * Tokens: who somebody is, in a form that needs no memory, so that every process of a group and the target after a restart
 * knows them. Called by the login page and by the parts. Invariants: a pass of one kind is never good for another; a user
 * has one token for each end it may have; a resume token says how often its user has come back. They keep nobody out: the key is in this file.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

const KEY = "onrush target: for tests only";
/** Bytes of the proof that are kept, as 16 characters. */
const PROOF_CHARACTERS = 16;
/** Characters of a pass; longer ones are not looked at. */
const MAX_PASS = 1024;

export interface Pass {
  readonly user: string;
  /** Times the user has come back with a resume token. */
  readonly resumed: number;
  /** When a token ends, milliseconds since the epoch; absent: never. */
  readonly untilMs?: number;
}

/** @param untilMs when it ends, milliseconds since the epoch; 0: never */
export function tokenFor(user: string, untilMs = 0): string {
  return sealed("t", user, untilMs);
}

export function resumeFor(user: string, resumed: number): string {
  return sealed("r", user, resumed);
}

/** The pass in a token, or null when it is none of ours. */
export function readToken(text: unknown): Pass | null {
  const pass = opened("t", text);
  if (pass === null) return null;
  const { user, number } = pass;
  return { user, resumed: 0, ...(number > 0 ? { untilMs: number } : {}) };
}

export function readResume(text: unknown): Pass | null {
  const pass = opened("r", text);
  return pass === null ? null : { user: pass.user, resumed: pass.number };
}

/** Characters of a base64url and dots: may stand in a header, a query and a subprotocol. */
function sealed(kind: "t" | "r", user: string, number: number): string {
  const body = `${kind}${number}.${Buffer.from(user, "utf8").toString("base64url")}`;
  return `${body}.${proofOf(body)}`;
}

function opened(
  kind: "t" | "r",
  text: unknown,
): { readonly user: string; readonly number: number } | null {
  if (typeof text !== "string" || text.length > MAX_PASS) return null;
  const [head = "", user = "", proof = ""] = text.split(".");
  if (head[0] !== kind || text !== `${head}.${user}.${proof}`) return null;
  const expected = proofOf(`${head}.${user}`);
  if (proof.length !== expected.length) return null;
  if (!timingSafeEqual(Buffer.from(proof, "utf8"), Buffer.from(expected, "utf8"))) return null;
  return { user: Buffer.from(user, "base64url").toString("utf8"), number: Number(head.slice(1)) };
}

function proofOf(body: string): string {
  return createHmac("sha256", KEY).update(body).digest("base64url").slice(0, PROOF_CHARACTERS);
}
