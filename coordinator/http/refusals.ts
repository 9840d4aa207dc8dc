/**
 * Answers to what is no request of a route: bytes that are no HTTP, requests that take too long, paths and methods that do
 * not exist, query keys that nobody knows. Used by server.ts and standby.ts. Invariant: every refusal is a problem, and a
 * client can neither fill the log nor hold its connection with what is refused.
 */
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { closest } from "../../shared/scenario/suggest.ts";
import { HttpProblem, PROBLEM_TYPE } from "./problem.ts";

/** A path as routes have it (`/runs/:id`), and the methods it takes. */
export type Routes = ReadonlyMap<string, ReadonlySet<string>>;

const MAX_SHOWN = 200;
const MAX_KEYS_NAMED = 10;

/** What the parser refuses, by its code. */
const OF_PARSER: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "the request took too long to arrive"],
  HPE_HEADER_OVERFLOW: [431, "the headers are too large"],
};
const NO_HTTP = [400, "that is no HTTP request"] as const;

/** The socket may hold an answer that was begun, or be gone. */
export function refuseClient(error: NodeJS.ErrnoException, socket: Socket): void {
  const begun = (socket as { _httpMessage?: { headersSent?: boolean } })._httpMessage?.headersSent;
  if (error.code === "ECONNRESET" || !socket.writable || begun === true) {
    socket.destroy();
    return;
  }
  const [status, detail] = OF_PARSER[error.code ?? ""] ?? NO_HTTP;
  const { body } = new HttpProblem(status, detail);
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${body.title}`,
    `content-type: ${PROBLEM_TYPE}; charset=utf-8`,
    `content-length: ${Buffer.byteLength(text)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`, () => socket.destroy());
}

/** A client that is gone is not answered; it has no address any more. @throws HttpProblem 400 */
export function refuseGone({ raw }: FastifyRequest): void {
  if (raw.socket.remoteAddress === undefined) throw new HttpProblem(400, "the client is gone");
}

/** @throws HttpProblem 405 when the path takes other methods, else 404 */
export function refusePath({ method, url }: FastifyRequest, routes: Routes, reply: FastifyReply) {
  const path = url.split("?")[0] ?? "";
  const allowed = [...routes].flatMap(([pattern, methods]) =>
    matches(pattern, path) ? [...methods] : [],
  );
  const shown = `${method} ${url.slice(0, MAX_SHOWN)}`;
  if (allowed.length === 0) throw new HttpProblem(404, `there is no ${shown}`);
  reply.header("allow", [...new Set(allowed)].sort().join(", "));
  throw new HttpProblem(405, `there is no ${shown}: this path takes ${allowed.sort().join(", ")}`);
}

/** @param known the keys the route takes. @throws HttpProblem 400 */
export function refuseUnknownKeys(query: unknown, known: readonly string[]): void {
  const unknown = Object.keys(query ?? {}).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const named = unknown.slice(0, MAX_KEYS_NAMED).map((key) => {
    const meant = closest(key, known);
    const shown = JSON.stringify(key.slice(0, MAX_SHOWN));
    return `unknown key ${shown}${meant === null ? "" : ` (did you mean ${meant}?)`}`;
  });
  const takes = known.length === 0 ? "it takes none" : `it takes ${known.join(", ")}`;
  throw new HttpProblem(400, `the query is wrong: ${named.join("; ")}; ${takes}`);
}

function matches(pattern: string, path: string): boolean {
  const parts = pattern.split("/");
  const own = path.split("/");
  if (parts.at(-1) === "*") return false;
  return (
    parts.length === own.length &&
    parts.every((part, at) => (part.startsWith(":") ? own[at] !== "" : part === own[at]))
  );
}
