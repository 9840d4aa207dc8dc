/**
 * The opening handshake, server side (RFC 6455 section 4.2). Called by the connection once a request head
 * is there. Pure. Invariant: `checkUpgrade` accepts exactly what the RFC lets a client send.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type HttpProblem, type HttpRequest, hasToken } from "./request.ts";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const KEY = /^[+/0-9A-Za-z]{22}==$/;
const PROTOCOL = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Reason phrases of the statuses this program sends by itself; any other says "Refused". */
const PHRASES: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  422: "Unprocessable Content",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

export function isUpgrade(request: HttpRequest): boolean {
  return request.headers.has("sec-websocket-key") || request.headers.has("upgrade");
}

/** Null when the request is a proper WebSocket upgrade. */
export function checkUpgrade(request: HttpRequest): HttpProblem | null {
  const { headers, method } = request;
  if (method !== "GET") return { status: 405, why: "an upgrade is a GET" };
  if (!hasToken(headers.get("upgrade"), "websocket")) {
    return { status: 400, why: "Upgrade is not websocket" };
  }
  if (!hasToken(headers.get("connection"), "upgrade")) {
    return { status: 400, why: "Connection lacks upgrade" };
  }
  if (!KEY.test(headers.get("sec-websocket-key") ?? "")) {
    return { status: 400, why: "Sec-WebSocket-Key is not 16 bytes of base64" };
  }
  if (headers.get("sec-websocket-version") !== "13") {
    return { status: 426, why: "Sec-WebSocket-Version is not 13" };
  }
  return null;
}

/**
 * The subprotocol to agree on: the first one offered that is supported, or the first one offered when
 * `supported` is empty; "" for none.
 */
export function chooseSubprotocol(
  request: Pick<HttpRequest, "headers">,
  supported: readonly string[],
): string {
  const offered = request.headers.get("sec-websocket-protocol");
  if (offered === undefined) return "";
  const names = offered.split(",").map((name) => name.trim());
  const usable = (name: string): boolean =>
    PROTOCOL.test(name) && (supported.length === 0 || supported.includes(name));
  return names.find(usable) ?? "";
}

/** The 101 response, whole. */
export function acceptResponse(key: string, subprotocol: string): string {
  const accept = createHash("sha1")
    .update(key + GUID)
    .digest("base64");
  const protocol = subprotocol === "" ? "" : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${protocol}\r\n`;
}

/** A whole response with a body, after which the connection ends. `extra` are ready header lines without CRLF. */
export function plainResponse(
  status: number,
  contentType: string,
  body: string,
  extra: readonly string[] = [],
): string {
  const lines = [
    `HTTP/1.1 ${status} ${PHRASES[status] ?? "Refused"}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Cache-Control: no-store",
    "Connection: close",
    ...extra,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}
