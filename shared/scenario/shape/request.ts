/**
 * Parts of an HTTP request that the coordinator makes: of faults, clean-up, rules of the environment, webhooks. Called by sections/.
 * Invariant: what passes can be sent as it is, and its address holds no user and no password.
 */
import * as z from "zod";
import { MASK } from "../mask/mask.ts";
import { quoted } from "../units.ts";
import { fault, list, text, whole } from "./fields.ts";
import { unshown } from "./marks.ts";

const MAX_URL_CHARS = 4096;
const MAX_STATUSES = 20;

/** http or https. */
export function requestUrl() {
  return text(
    MAX_URL_CHARS,
    z.superRefine<string>((url, context) => {
      const problem = urlProblem(url);
      if (problem !== null) fault(context, problem);
    }),
  );
}

function urlProblem(url: string): readonly [what: string, hint: string] | null {
  const example = "such as https://ops.example/kill";
  if (!URL.canParse(url)) return [`not a URL: ${quoted(url)}`, example];
  const { protocol, username, password, hash } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return ["neither http nor https", example];
  if (username !== "" || password !== "") return ["it holds a user or a password", "use headers"];
  return hash === "" ? null : ["a fragment is never sent", "remove what follows #"];
}

/** By name. Their values are nowhere shown, so that they may hold secrets. */
export function requestHeaders() {
  const value = unshown(z.string().max(8192));
  return z.record(z.string().max(256), value).superRefine((headers, context) => {
    for (const [name, value] of Object.entries(headers)) {
      if (!isHeader(name, value)) {
        fault(context, [`${quoted(name)} is no header that can be sent`, ""]);
      }
    }
  });
}

function isHeader(name: string, value: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/** One, or several. */
export function statuses() {
  return z.union([whole(100, 599), list(() => whole(100, 599), 1, MAX_STATUSES)]);
}

/** Whether an answer means that it was done. @param right empty: 200 to 299 */
export function isRight(status: number, right: readonly number[]): boolean {
  return right.length > 0 ? right.includes(status) : status >= 200 && status <= 299;
}

type Headers = readonly (readonly [name: string, value: string])[];

export function withoutValues(headers: Headers): Headers {
  return headers.map(([name]) => [name, MASK] as const);
}

interface Addressed {
  readonly url: string;
  readonly headers: Headers;
}

/** As it may lie on disk: what is called, and with what, is commonly a secret. */
export function withoutAddress<A extends Addressed>(act: A): A {
  return { ...act, url: MASK, headers: withoutValues(act.headers) };
}
