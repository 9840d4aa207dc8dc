/** `kind: call`: a request to another service, such as a fault injector. Listed in registry.ts. Invariant: one body at most. */
import * as z from "zod";
import { MASK } from "../../../mask/mask.ts";
import { about, byDefault, fault, list, strict, text, whole } from "../../../shape/fields.ts";
import { quoted } from "../../../units.ts";
import { base, type OutsideRequest, outsideKind } from "./outside.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
const MAX_URL_CHARS = 4096;
const MAX_BODY_CHARS = 64 * 1024;
const MAX_STATUSES = 20;
const EXAMPLE = {
  ...{ at: "steady+30s", kind: "call", url: "http://127.0.0.1:8474/reset" },
  ...{ method: "POST", timeout: "5s" },
};

export interface CallAct extends OutsideRequest {
  readonly kind: "call";
}

export const call = outsideKind({
  kind: "call",
  on: "others",
  doc: "An HTTP request to another service: a fault injector, an orchestrator, the target's own admin API. Redirects are not followed.",
  example: EXAMPLE,
  shape: () =>
    strict({
      ...base("call", "Sends an HTTP request."),
      url: about(text(MAX_URL_CHARS), "Where to: http or https.", EXAMPLE.url),
      method: byDefault(z.enum(METHODS), "POST", "Method of the request.", "DELETE"),
      headers: about(
        z.record(z.string().max(256), z.string().max(8192)).optional(),
        "Headers of the request.",
        { authorization: "Bearer {{vars.token}}" },
      ),
      body: about(text(MAX_BODY_CHARS).optional(), "The body, as text.", '{"pods":1}'),
      status: about(
        z.union([whole(100, 599), list(whole(100, 599), 1, MAX_STATUSES)]).optional(),
        "Statuses that mean that it was done. Default: 200 to 299.",
        [200, 202],
      ),
    }).superRefine(({ url, method, body, headers = {} }, context) => {
      const problem = urlProblem(url);
      if (problem !== null) fault(context, problem, { path: ["url"] });
      if (method === "GET" && body !== undefined) {
        fault(context, ["a GET request has no body", "use POST"], { path: ["body"] });
      }
      for (const [name, value] of Object.entries(headers)) {
        if (isHeader(name, value)) continue;
        fault(context, [`${quoted(name)} is no header that can be sent`, ""], {
          path: ["headers"],
        });
      }
    }),
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
  redacted: (act) => ({
    ...act,
    headers: act.headers.map(([name]) => [name, MASK] as const),
    body: act.body === null ? null : MASK,
  }),
  perform: (act, hands) => hands.request(act),
});

function urlProblem(url: string): readonly [what: string, hint: string] | null {
  const example = "such as https://ops.example/kill";
  if (!URL.canParse(url)) return [`not a URL: ${quoted(url)}`, example];
  const { protocol, username, password, hash } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return ["neither http nor https", example];
  if (username !== "" || password !== "") return ["it holds a user or a password", "use headers"];
  return hash === "" ? null : ["a fragment is never sent", "remove what follows #"];
}

function isHeader(name: string, value: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}
