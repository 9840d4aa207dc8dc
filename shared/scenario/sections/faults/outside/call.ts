/** `kind: call`: a request to another service, such as a fault injector. Listed in registry.ts. Invariant: one body at most. */
import * as z from "zod";
import { MASK } from "../../../mask/mask.ts";
import { about, byDefault, fault, once, strict, text } from "../../../shape/fields.ts";
import { requestHeaders, requestUrl, statuses, withoutAddress } from "../../../shape/request.ts";
import { base, type OutsideRequest, outsideKind, stepBase } from "./outside.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
const MAX_BODY_CHARS = 64 * 1024;
const DOES = "Sends an HTTP request.";
const EXAMPLE = {
  ...{ at: "steady+30s", kind: "call", url: "http://127.0.0.1:8474/reset" },
  ...{ method: "POST", timeout: "5s" },
};

export interface CallAct extends OutsideRequest {
  readonly kind: "call";
}

const own = once(() => ({
  url: about(requestUrl(), "Where to: http or https.", EXAMPLE.url),
  method: byDefault(z.enum(METHODS), "POST", "Method of the request.", "DELETE"),
  headers: about(requestHeaders().optional(), "Headers of the request.", {
    authorization: "Bearer {{vars.token}}",
  }),
  body: about(text(MAX_BODY_CHARS).optional(), "The body, as text.", '{"pods":1}'),
  status: about(
    statuses().optional(),
    "Statuses that mean that it was done. Default: 200 to 299.",
    [200, 202],
  ),
}));

type Own = z.output<z.ZodObject<ReturnType<typeof own>>>;

function checkBody({ method, body }: Pick<Own, "method" | "body">, context: z.RefinementCtx) {
  if (method !== "GET" || body === undefined) return;
  fault(context, ["a GET request has no body", "use POST"], { path: ["body"] });
}

/** As a step of `cleanup`. */
export const callStep = once(() =>
  strict({ ...stepBase("call", DOES), ...own() }).superRefine(checkBody),
);

export const call = outsideKind({
  kind: "call",
  on: "others",
  doc: "An HTTP request to another service: a fault injector, an orchestrator, the target's own admin API. Redirects are not followed.",
  example: EXAMPLE,
  shape: () => strict({ ...base("call", DOES), ...own() }).superRefine(checkBody),
  strict: ({ url, method, headers = {}, body = null, status = [] }): CallAct => ({
    ...{ kind: "call", method, url, headers: Object.entries(headers), body },
    status: [status].flat(),
  }),
  written: ({ method, url, headers, body, status }) => ({
    ...{ url, method },
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    ...(body !== null && { body }),
    ...(status.length > 0 && { status }),
  }),
  redacted: (act) => ({ ...withoutAddress(act), body: act.body === null ? null : MASK }),
  perform: (act, hands) => hands.request(act),
});
