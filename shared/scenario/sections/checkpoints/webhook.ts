/**
 * `webhook`: another service is told. Listed in registry.ts. Invariant: it is told once; whether it listens changes nothing of the run.
 */
import * as z from "zod";
import { about, byDefault, durationUpTo, strict } from "../../shape/fields.ts";
import { requestHeaders, requestUrl, withoutAddress } from "../../shape/request.ts";
import { formatDuration } from "../../units.ts";
import { actionKind } from "./action.ts";

const USUAL = "10s";
const USUAL_US = 10_000_000;
const EXAMPLE = "https://chat.example/hooks/load";

export interface WebhookAct {
  readonly kind: "webhook";
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly limitUs: number;
}

function shape() {
  const whole = strict({
    url: about(requestUrl(), "Where to: http or https.", EXAMPLE),
    headers: about(requestHeaders().optional(), "Headers of the request.", {
      authorization: "Bearer {{vars.token}}",
    }),
    timeout: byDefault(durationUpTo("1m"), USUAL, "It is given up after this; 1m at most.", "5s"),
  });
  return z.union([requestUrl(), whole]);
}

export const webhook = actionKind({
  kind: "webhook",
  doc: "Tells another service: a POST request with a JSON body of `run`, `scenario`, `checkpoint`, `when`, `at` and `observed`. Its host has to be allowed as targets are.",
  example: { webhook: "http://127.0.0.1:8080/hook" },
  shape,
  strict: (value): WebhookAct => {
    if (typeof value === "string") {
      return { kind: "webhook", url: value, headers: [], limitUs: USUAL_US };
    }
    const { url, headers = {}, timeout: limitUs } = value;
    return { kind: "webhook", url, headers: Object.entries(headers), limitUs };
  },
  written: ({ url, headers, limitUs }) => {
    if (headers.length === 0 && limitUs === USUAL_US) return { webhook: url };
    const more = headers.length === 0 ? {} : { headers: Object.fromEntries(headers) };
    return { webhook: { url, ...more, timeout: formatDuration(limitUs) } };
  },
  redacted: withoutAddress,
  isIdempotent: false,
  perform: ({ url, headers, limitUs }, { request, reached }) => {
    const type = ["content-type", "application/json"] as const;
    const body = JSON.stringify(reached);
    const sent = { method: "POST", url, headers: [type, ...headers], body, status: [] };
    return request(sent, limitUs);
  },
});
