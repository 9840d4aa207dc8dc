/** `url`: another service answers as it should. Listed in registry.ts. Invariant: redirects are not followed. */
import { about, strict, text } from "../../shape/fields.ts";
import { literal, literals } from "../../shape/literal.ts";
import {
  isRight,
  requestHeaders,
  requestUrl,
  statuses,
  withoutAddress,
} from "../../shape/request.ts";
import type { OutsideRequest } from "../faults/outside/outside.ts";
import { base, ruleKind } from "./rule.ts";

const MAX_BODY_CHARS = 1000;

export interface UrlAct {
  readonly kind: "url";
  readonly url: string;
  readonly headers: OutsideRequest["headers"];
  /** Empty: 200 to 299. */
  readonly status: readonly number[];
  /** What the answer has to hold; null: anything. */
  readonly body: string | null;
}

export const url = ruleKind({
  kind: "url",
  doc: "A GET request is answered with a status, and a text that holds `body`. Its host has to be allowed as targets are.",
  example: { url: "http://127.0.0.1:8080/health", status: 200, body: "ok" },
  shape: () =>
    strict({
      ...base("url", "Another service answers."),
      url: about(requestUrl(), "Where to: http or https.", "https://chat.example/health"),
      status: about(statuses().optional(), "Statuses that are right. Default: 200 to 299.", 200),
      body: about(text(MAX_BODY_CHARS).optional(), "Text that the answer has to hold.", "ok"),
      headers: about(requestHeaders().optional(), "Headers of the request.", {
        accept: "text/plain",
      }),
    }),
  strict: ({ url: to, status = [], body = null, headers = {} }): UrlAct => ({
    ...{ kind: "url", url: to, body },
    headers: Object.entries(headers),
    status: [status].flat(),
  }),
  written: ({ url: to, status, body, headers }) => ({
    url: literal(to),
    ...(status.length > 0 && { status }),
    ...(body !== null && { body: literal(body) }),
    ...(headers.length > 0 && { headers: literals(Object.fromEntries(headers)) }),
  }),
  redacted: withoutAddress,
  // A path and a query may hold what nobody is to read.
  title: ({ url: to }) => `url ${new URL(to).host}`,
  async check({ url: to, headers, status, body }, { ask }) {
    const answer = await ask({ method: "GET", url: to, headers, body: null, status: [] });
    if ("failed" in answer) return { ok: false, outcome: answer.failed };
    const { status: code } = answer;
    if (!isRight(code, status)) return { ok: false, outcome: `HTTP ${code} ${answer.text}` };
    if (body === null || answer.text.includes(body)) return { ok: true, outcome: `HTTP ${code}` };
    const cut = answer.isWhole ? "" : ", which broke off or is too long";
    return {
      ok: false,
      outcome: `HTTP ${code}, without ${JSON.stringify(body)} in the answer${cut}: ${answer.text}`,
    };
  },
});
