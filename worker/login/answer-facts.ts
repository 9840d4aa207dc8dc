/**
 * The answer of an HTTP step as expressions see it: body, status, headers, cookies. Called by login.ts. Pure. Invariant: what the
 * target sends is only data: a name of a header never becomes more than a key.
 */
import type { HttpFacts } from "../../shared/scenario/expression/http-expression.ts";
import { readJson, UNREAD } from "../message/json-reading.ts";
import type { HttpAnswer } from "./http-client.ts";

/** JSON where the body is JSON, else its text. */
export function factsOf(
  { status, rawHeaders, body }: HttpAnswer,
  conn: Readonly<Record<string, unknown>>,
): HttpFacts {
  const headers: Record<string, string> = Object.create(null);
  const cookies: Record<string, string> = Object.create(null);
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    const value = rawHeaders[at + 1] as string;
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
    if (name === "set-cookie") addCookie(value, cookies);
  }
  return { body: bodyOf(body), status, headers, cookies, conn };
}

function bodyOf(body: Buffer): unknown {
  if (body.length === 0) return null;
  const parsed = readJson(body);
  return parsed === undefined || parsed === UNREAD ? body.toString() : parsed;
}

/** `sid=abc; Path=/` */
function addCookie(written: string, cookies: Record<string, string>): void {
  const pair = /^\s*([^=;\s]+)\s*=\s*([^;]*)/.exec(written);
  if (pair === null) return;
  const value = (pair[2] as string).trim();
  cookies[pair[1] as string] = /^".*"$/.test(value) ? value.slice(1, -1) : value;
}
