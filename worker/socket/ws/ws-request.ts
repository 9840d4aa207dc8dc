/**
 * The parts of a request in the form ws and node:http take them. Called by ws-driver.ts.
 * Invariant: the header lines that go out are those the lean driver would send.
 */
import type { ClientRequest } from "node:http";
import type { Endpoint, OpenRequest } from "../driver.ts";
import { hostHeader, isScenarioHeader } from "../upgrade.ts";

/** Options of ws 8.23 that its published types do not know yet. */
export interface UntypedOptions {
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
  readonly maxPendingAutoPongs: number;
  readonly closeTimeout: number;
}

/** The engine owns all time-outs; ws insists on one for closing, so it gets the longest a timer can have. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;
/** Pings of one burst that may wait for their pongs; past it ws cuts the connection. */
const MAX_PENDING_PONGS = 16 * 1024;

/** What all connections to an endpoint have in common. */
export function optionsOf({ compression, maxMessageBytes }: Endpoint) {
  return {
    perMessageDeflate: compression,
    skipUTF8Validation: false,
    maxPayload: maxMessageBytes,
    // However many pieces a message comes in: the meter counts what they take.
    maxFragments: 0,
    maxBufferedChunks: 0,
    allowSynchronousEvents: true,
    autoPong: true,
    maxPendingAutoPongs: MAX_PENDING_PONGS,
    closeTimeout: NO_TIMEOUT_MS,
    followRedirects: false,
  } satisfies UntypedOptions & Record<string, unknown>;
}

/** The URL ws is given. Scheme and Host only: the path is set on the request itself. */
export function urlOf(request: OpenRequest): string {
  const { endpoint } = request;
  return `${endpoint.secure ? "wss" : "ws"}://${hostHeader(endpoint)}/`;
}

const NO_HEADERS: Record<string, string | string[]> = {};

/** Header lines: a name given twice becomes a list, the last Host wins. */
export function headersOf(request: OpenRequest): Record<string, string | string[]> {
  if (request.endpoint.headers.length === 0 && request.headers.length === 0) return NO_HEADERS;
  const named = new Map<string, [string, string[]]>();
  for (const [name, value] of [...request.endpoint.headers, ...request.headers]) {
    const key = name.toLowerCase();
    const known = named.get(key);
    if (!isScenarioHeader(name)) continue;
    if (known === undefined || key === "host") named.set(key, [name, [value]]);
    else known[1].push(value);
  }
  const headers: Record<string, string | string[]> = {};
  for (const [name, values] of named.values()) {
    headers[name] = values.length === 1 ? (values[0] ?? "") : values;
  }
  return headers;
}

/**
 * Puts into the request that ws has made what it would write in another way: the path goes out as it was given, a
 * list of subprotocols with a space behind each comma (some servers take no other).
 * @returns the Sec-WebSocket-Key it goes out with
 */
export function prepareRequest(sent: ClientRequest, request: OpenRequest): string {
  const { subprotocols } = request.endpoint;
  sent.path = request.path;
  if (subprotocols.length > 0) sent.setHeader("Sec-WebSocket-Protocol", subprotocols.join(", "));
  return String(sent.getHeader("Sec-WebSocket-Key"));
}
