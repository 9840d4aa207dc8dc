/**
 * A strict, small HTTP/1.1 request-head parser: enough for upgrades and for the target's own pages, and
 * nothing else. Called by the connection with everything before the blank line. Pure. Invariant: what it
 * returns has a method, a path, lower-case header names, and no header that decides framing twice.
 */

/** Bytes a request head may have; a longer one gets status 431. */
export const MAX_HEAD_BYTES = 16384;
/** Bytes a request body may have; a longer one gets status 413. */
export const MAX_BODY_BYTES = 262144;

export interface HttpRequest {
  readonly method: string;
  /** Path and query as on the request line. */
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  /** From Content-Length; 0 without one. */
  readonly bodyBytes: number;
}

export interface HttpProblem {
  readonly status: number;
  readonly why: string;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Headers that must not come twice: two values would mean two readings of one request. */
const SINGLE = new Set(["host", "content-length", "sec-websocket-key", "sec-websocket-version"]);

/** Parses the head, the text before the blank line (latin1, lines end in CRLF). */
export function parseHead(head: string): HttpRequest | HttpProblem {
  const lines = head.split("\r\n");
  const [method, path, version, ...rest] = (lines[0] ?? "").split(" ");
  if (method === undefined || path === undefined || version === undefined || rest.length > 0) {
    return { status: 400, why: "malformed request line" };
  }
  if (!TOKEN.test(method) || !path.startsWith("/")) {
    return { status: 400, why: "malformed request line" };
  }
  if (version !== "HTTP/1.1") return { status: 505, why: "only HTTP/1.1 is spoken here" };
  const headers = new Map<string, string>();
  for (let line = 1; line < lines.length; line += 1) {
    const problem = addHeader(headers, lines[line] ?? "");
    if (problem !== null) return problem;
  }
  if (!headers.has("host")) return { status: 400, why: "Host header missing" };
  if (headers.has("transfer-encoding")) return { status: 501, why: "chunked bodies not accepted" };
  const bodyText = headers.get("content-length") ?? "0";
  if (!/^\d{1,15}$/.test(bodyText)) return { status: 400, why: "malformed Content-Length" };
  const bodyBytes = Number(bodyText);
  if (bodyBytes > MAX_BODY_BYTES) return { status: 413, why: "body too large" };
  return { method, path, headers, bodyBytes };
}

function addHeader(headers: Map<string, string>, line: string): HttpProblem | null {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
  if (!TOKEN.test(name)) return { status: 400, why: "malformed header" };
  const value = line.slice(colon + 1).trim();
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) {
      return { status: 400, why: "control character in a header" };
    }
  }
  const before = headers.get(name);
  if (before !== undefined && SINGLE.has(name)) return { status: 400, why: `${name} given twice` };
  headers.set(name, before === undefined ? value : `${before}, ${value}`);
  return null;
}

/** Whether a comma-separated header has this token, in any case. */
export function hasToken(header: string | undefined, token: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((part) => part.trim().toLowerCase() === token);
}
