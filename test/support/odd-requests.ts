/**
 * Requests to every route of an API's description, none of them as they should be: identities, queries, types and bodies
 * from lists of what has broken servers. Used by the tests of the coordinator. Invariant: the same every time.
 */
import { lastHead } from "./raw-http.ts";

export interface OddRequest {
  readonly method: string;
  readonly path: string;
  /** As bytes. @param headers lines to send with it */
  request(...headers: readonly string[]): string;
}

const IDS = [
  "x",
  "20260101-000000-nobody-abcdef",
  "%F0%9F%98%80",
  "-1",
  "null",
  "toString",
  "%E2%80%AE",
  "a'b\"c",
  "1e400",
  "%7B%7Benv.HOME%7D%7D",
  "x".repeat(500),
];
const QUERIES = [
  "",
  "?",
  "?a",
  "?dryRun=1",
  "?dryRun=true",
  "?workers=-1",
  "?workers=9e99",
  "?&&=",
];
const TYPES = [
  "application/yaml",
  "application/json",
  "application/vnd.onrush.submission+json",
  "text/plain",
  "multipart/form-data; boundary=x",
  "application/json; charset=utf-16",
  "APPLICATION/JSON",
  "a/b, application/json",
  "",
];
const BODIES = [
  "",
  "null",
  "[]",
  "{}",
  "{",
  "\u0000",
  "\ud800",
  '{"workers":1e999}',
  '{"workers":null}',
  '{"__proto__":{"workers":1}}',
  '{"scenario":null,"files":{"__proto__":"AA=="}}',
  '{"scenario":"version: 1","set":[["__proto__.x","1"],["constructor.prototype.y","1"]]}',
  '{"version":1,"target":"ws://127.0.0.1:9/","load":[{"phase":"a","ramp":"burst","to":1,"hold":"1s"}]}',
  "version: 1\ntarget: ws://127.0.0.1:9/\nload: [{ phase: a, ramp: burst, to: 1e309, hold: 1s }]\n",
  "version: 1\ntarget: &a [*a]\n",
  "--- 1\n--- 2\n",
  "\ufeffversion: 1\n",
  `${"[".repeat(5000)}${"]".repeat(5000)}`,
  "a: !!js/function 'function(){}'\n",
  "? - ? - ? -\n",
];

/** @param paths path pattern and its operations by method; @param each so many requests of an operation */
export function* oddities(
  paths: readonly (readonly [string, Readonly<Record<string, unknown>>])[],
  each: number,
): Generator<OddRequest> {
  let at = 0;
  const next = (list: readonly string[]) => list[at % list.length] ?? "";
  for (const [pattern, operations] of paths) {
    for (const method of Object.keys(operations)) {
      for (let nth = 0; nth < each; nth++, at += 7) {
        const path = `${pattern.replace(/\{\w+\}/g, () => next(IDS))}${next(QUERIES)}`;
        yield oddRequest(method.toUpperCase(), path, { type: next(TYPES), body: next(BODIES) });
      }
    }
  }
}

function oddRequest(
  method: string,
  path: string,
  { type, body }: { readonly type: string; readonly body: string },
): OddRequest {
  const bytes = Buffer.from(method === "GET" ? "" : body);
  const request = (...headers: readonly string[]) =>
    lastHead(
      `${method} ${path}`,
      ...headers,
      ...(type === "" ? [] : [`Content-Type: ${type}`]),
      ...(bytes.length === 0 ? [] : [`Content-Length: ${bytes.length}`]),
    ) + bytes.toString("latin1");
  return { method, path, request };
}
