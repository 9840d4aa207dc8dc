/**
 * `http`: a request ahead of the connection, such as a login. Listed in registry.ts. Invariants: its host is known before the run
 * and is held against the list of allowed targets; it has one method with one URL, and one body at most.
 */
import * as z from "zod";
import { checkForm, checkJson, checkTemplate } from "../../check/templates.ts";
import { compileMatch } from "../../expression/message-expression.ts";
import type { Path } from "../../issue.ts";
import { MAX_ITEMS } from "../../limits.ts";
import { httpReading } from "../../shape/compiled.ts";
import { captures, condition, writtenCaptures } from "../../shape/expressions.ts";
import {
  about,
  byDefault,
  duration,
  exactlyOne,
  fault,
  list,
  strict,
  text,
  whole,
} from "../../shape/fields.ts";
import { asWritten } from "../../shape/marks.ts";
import type { StrictStep } from "../../strict-conversation.ts";
import { formatDuration } from "../../units.ts";
import { checkHeaders } from "../connect-headers.ts";
import type { Scene } from "../section.ts";
import { checkUrl } from "../target-url.ts";
import { stepKind, stepName } from "./step.ts";

const METHODS = ["get", "post", "put", "patch", "delete"] as const;
const MAX_URL_CHARS = 4096;
/** Each has a place of its own among the random choices of a connection. */
const MAX_HEADERS = 100;
/** Of a form. */
const MAX_FIELDS = MAX_ITEMS;
const BODIES = ["json", "text", "form"] as const;
const EXAMPLE = {
  post: "https://chat.example/login",
  json: { user: "{{data.users.name}}" },
  capture: { token: "body.token" },
};

type HttpStep = Extract<StrictStep, { kind: "http" }>;

function url() {
  return asWritten(text(MAX_URL_CHARS)).optional();
}

function shape() {
  return strict({
    name: stepName(),
    get: about(
      url(),
      "URL of a GET request; path and query may hold placeholders.",
      "https://chat.example/me",
    ),
    post: about(url(), "URL of a POST request.", EXAMPLE.post),
    put: about(url(), "URL of a PUT request.", "https://chat.example/session"),
    patch: about(url(), "URL of a PATCH request.", "https://chat.example/session"),
    delete: about(url(), "URL of a DELETE request.", "https://chat.example/session"),
    when: about(
      condition().optional(),
      "CEL over conn: the request is made only where it is true, e.g. when nothing is captured yet.",
      "!has(conn.token)",
    ),
    headers: about(
      asWritten(z.record(z.string().max(256), z.string().max(8192))).optional(),
      "Headers of the request. Values may hold placeholders.",
      { authorization: "Bearer {{vars.key}}" },
    ),
    json: about(
      asWritten(z.unknown()).optional(),
      "The body, as JSON; strings in it may hold placeholders.",
      EXAMPLE.json,
    ),
    text: about(
      asWritten(z.string()).optional(),
      "The body, as text; may hold placeholders.",
      "ping {{conn.id}}",
    ),
    form: about(
      asWritten(z.record(z.string().max(256), z.string().max(8192))).optional(),
      "The body, as the fields of a form (application/x-www-form-urlencoded). Values may hold placeholders; what they hold is encoded.",
      { user: "{{data.users.name}}", password: "{{data.users.password}}" },
    ),
    status: about(
      z.union([whole(100, 599), list(() => whole(100, 599), 1, MAX_ITEMS)]).optional(),
      "Statuses that are no failure. Default: 200 to 299.",
      [200, 201],
    ),
    within: byDefault(duration(), "10s", "How long to wait for the whole answer.", "5s"),
    capture: captures(EXAMPLE.capture, httpReading),
  }).superRefine((written, context) => {
    exactlyOne([...METHODS], "http")(written, context);
    const [, second] = BODIES.filter((one) => written[one] !== undefined);
    if (second === undefined) return;
    fault(context, ["the request has two bodies", "write json, text or form"], { path: [second] });
  });
}

export const http = stepKind({
  key: "http",
  doc: "An HTTP request ahead of the connection, such as a login. Redirects are not followed.",
  example: EXAMPLE,
  lists: ["before"],
  shape,
  strict: (written, { path, name, scene }): StrictStep | null => {
    const method = METHODS.find((one) => written[one] !== undefined);
    if (method === undefined) return null;
    const { headers = {}, status, within: withinUs, capture } = written;
    const known = checkUrl(written[method] ?? "", [...path, method], scene, "http");
    if (Object.keys(headers).length > MAX_HEADERS) {
      scene.log.add([...path, "headers"], `more than ${MAX_HEADERS} headers`, "", { part: "key" });
    }
    const checked = checkHeaders(headers, [...path, "headers"], scene);
    checkWhen(written.when, [...path, "when"], scene);
    const body = bodyOf(written, path, scene);
    if (body !== null && method === "get") {
      const what = "a GET request has no body";
      scene.log.add([...path, body.kind], what, "use post, or leave it out", { part: "key" });
    }
    if (known === null) return null;
    return {
      ...{ kind: "http", name: written.name ?? name, method: method.toUpperCase() },
      when: written.when ?? null,
      ...{ url: known.url, headers: checked, body, withinUs, capture },
      status: status === undefined ? [] : [status].flat(),
    };
  },
  written: (step) => (step.kind === "http" ? writtenStep(step) : undefined),
});

/** There is no message yet. */
function checkWhen(when: string | undefined, path: Path, { log }: Scene): void {
  if (when === undefined) return;
  const other = [...compileMatch(when).variables].find((name) => name !== "conn");
  if (other === undefined) return;
  log.add(path, `${other} is nothing ahead of a connection`, "read conn, e.g. has(conn.token)");
}

function bodyOf(
  written: Pick<z.output<ReturnType<typeof shape>>, (typeof BODIES)[number]>,
  path: Path,
  scene: Scene,
): HttpStep["body"] {
  if (written.form !== undefined) {
    const fields = Object.entries(written.form);
    const at = [...path, "form"];
    if (fields.length <= MAX_FIELDS) checkForm(fields, at, scene);
    else scene.log.add(at, `more than ${MAX_FIELDS} fields`, "", { part: "key" });
    return { kind: "form", fields };
  }
  if (written.text !== undefined) {
    checkTemplate(written.text, [...path, "text"], scene);
    return { kind: "text", text: written.text };
  }
  if (written.json === undefined) return null;
  checkJson(written.json, [...path, "json"], scene);
  return { kind: "json", value: written.json };
}

function writtenStep(step: HttpStep): z.input<ReturnType<typeof shape>> {
  const { name, method, when, url: address, headers, body, status, withinUs } = step;
  const capture = writtenCaptures(step.capture);
  return {
    ...(name.includes("#") ? {} : { name }),
    [method.toLowerCase()]: address,
    ...(when === null ? {} : { when }),
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    ...(body?.kind === "json" ? { json: body.value } : {}),
    ...(body?.kind === "text" ? { text: body.text } : {}),
    ...(body?.kind === "form" ? { form: Object.fromEntries(body.fields) } : {}),
    ...(status.length === 0 ? {} : { status: [...status] }),
    within: formatDuration(withinUs),
    ...(capture === undefined ? {} : { capture }),
  };
}
