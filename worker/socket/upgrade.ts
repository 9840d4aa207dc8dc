/**
 * What both drivers must agree on about the HTTP upgrade: the Host header, which request headers are
 * theirs alone, what makes a request unsendable, and the words for a refused response.
 * Invariant: no byte that could end a header line early ever reaches the wire.
 */
import { isIPv6 } from "node:net";
import type { Endpoint, OpenRequest } from "./driver.ts";

/** Signatures of kind `upgrade-invalid`; the same words from both drivers. */
export const UpgradeFault = {
  malformed: "malformed HTTP response",
  tooLong: "response head over 16 KiB",
  version: "101 not by HTTP/1.1",
  upgrade: "invalid Upgrade header",
  connection: "invalid Connection header",
  accept: "invalid Sec-WebSocket-Accept header",
  protocolUnasked: "subprotocol not requested",
  protocolWrong: "subprotocol not among those requested",
  protocolMissing: "no subprotocol although requested",
  extensionUnasked: "extension not requested",
  extensionInvalid: "invalid Sec-WebSocket-Extensions header",
} as const;
export type UpgradeFault = (typeof UpgradeFault)[keyof typeof UpgradeFault];

/** Longest reason phrase kept in a signature, characters. */
const MAX_REASON_LENGTH = 64;

/** Headers the drivers write themselves; those of the scenario are dropped. */
const DRIVER_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "upgrade",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
  "content-length",
  "transfer-encoding",
]);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// RFC 9110 §5.5: visible characters, obs-text, spaces and tabs inside.
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const REQUEST_TARGET = /^\/[\x21-\x7e]*$/;

type HeaderPair = readonly [string, string];

/** The Host header's value; the port is left out when it is the scheme's own. */
export function hostHeader(endpoint: Endpoint): string {
  const host = isIPv6(endpoint.host) ? `[${endpoint.host}]` : endpoint.host;
  const isDefault = endpoint.port === (endpoint.secure ? 443 : 80);
  return isDefault ? host : `${host}:${endpoint.port}`;
}

/** True when a scenario may set this header (any letter case). */
export function isScenarioHeader(name: string): boolean {
  return !DRIVER_HEADERS.has(name.toLowerCase());
}

/** True when a Connection header (RFC 9110 §7.6.1, a list) asks for the upgrade. */
export function hasUpgradeToken(connection: string | null | undefined): boolean {
  if (connection === "Upgrade" || connection === "upgrade") return true;
  const tokens = connection?.split(",") ?? [];
  return tokens.some((token) => token.trim().toLowerCase() === "upgrade");
}

/** Why an endpoint's part of the request cannot be sent, or "". */
export function endpointFault(endpoint: Endpoint): string {
  return headersFault(endpoint.headers) || subprotocolsFault(endpoint.subprotocols);
}

/** Why a connection's own part of the request cannot be sent, or "". */
export function requestFault(request: OpenRequest): string {
  if (!REQUEST_TARGET.test(request.path)) {
    return "request path has characters that must be escaped";
  }
  return headersFault(request.headers);
}

/** Values are not quoted: they may be secrets. */
function headersFault(headers: readonly HeaderPair[]): string {
  for (const [name, value] of headers) {
    if (!TOKEN.test(name)) return "request header with an invalid name";
    if (!FIELD_VALUE.test(value)) return `request header ${name} has invalid characters`;
  }
  return "";
}

/** RFC 6455 §4.1: tokens, none twice. */
function subprotocolsFault(subprotocols: readonly string[]): string {
  if (!subprotocols.every((name) => TOKEN.test(name))) return "invalid subprotocol name";
  return new Set(subprotocols).size === subprotocols.length ? "" : "duplicate subprotocol";
}

/** Signature of kind `upgrade-status`: `503 Service Unavailable`, the reason cut to 64 characters. */
export function statusSignature(status: number, reason: string): string {
  const short = reason.trim().slice(0, MAX_REASON_LENGTH);
  return short === "" ? String(status) : `${status} ${short}`;
}
