/**
 * The opening handshake of RFC 6455 §4: the request we send, and the answer that belongs to it.
 * Called by lean-driver.ts (once per endpoint) and lean-socket.ts (once per connection).
 * Invariant: every attempt has its own unpredictable key.
 */
import { randomFillSync } from "node:crypto";
import type { Endpoint, OpenRequest } from "../driver.ts";
import { hostHeader, isScenarioHeader } from "../upgrade.ts";
import { UpgradeAnswer } from "../upgrade-answer.ts";

const KEY_BYTES = 16;

type HeaderPair = readonly [string, string];

const keyPool = Buffer.allocUnsafeSlow(KEY_BYTES * 256);
let keyPoolNext = keyPool.length;

/** A fresh Sec-WebSocket-Key: 16 random bytes in base64. */
export function nextKey(): string {
  if (keyPoolNext === keyPool.length) {
    randomFillSync(keyPool);
    keyPoolNext = 0;
  }
  const start = keyPoolNext;
  keyPoolNext += KEY_BYTES;
  return keyPool.toString("base64", start, keyPoolNext);
}

/** The part of a request that all connections of an endpoint share. */
export interface SharedRequest {
  /** `Host: …` with its line end; the endpoint's headers may name another. */
  readonly hostLine: string;
  readonly lines: string;
}

/** Builds that part; once per endpoint. */
export function sharedRequest(endpoint: Endpoint): SharedRequest {
  const { subprotocols, headers } = endpoint;
  let lines = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
  if (subprotocols.length > 0) lines += `Sec-WebSocket-Protocol: ${subprotocols.join(", ")}\r\n`;
  return {
    hostLine: `Host: ${headers.findLast(isHost)?.[1] ?? hostHeader(endpoint)}\r\n`,
    lines: lines + headerLines(headers.filter((header) => !isHost(header))),
  };
}

/** What a connection needs until it is open, and drops then. */
export class Handshake {
  readonly answer: UpgradeAnswer;
  private readonly key = nextKey();
  private readonly openRequest: OpenRequest;
  private readonly shared: SharedRequest;

  constructor(openRequest: OpenRequest, shared: SharedRequest) {
    this.openRequest = openRequest;
    this.shared = shared;
    this.answer = new UpgradeAnswer(this.key, openRequest.endpoint);
  }

  /** The request head, ASCII or Latin-1; whole, unless a fault spoils it. */
  requestHead(): string {
    const { spoil } = this.openRequest;
    return spoil === undefined ? this.wholeHead() : spoil(this.wholeHead());
  }

  private wholeHead(): string {
    const { path, headers } = this.openRequest;
    const start = `GET ${path} HTTP/1.1\r\n`;
    const common = `${this.shared.lines}Sec-WebSocket-Key: ${this.key}\r\n`;
    if (headers.length === 0) return `${start}${this.shared.hostLine}${common}\r\n`;
    // A Host of its own takes the place of the endpoint's.
    const hostLine = headers.some(isHost) ? "" : this.shared.hostLine;
    return `${start}${hostLine}${common}${headerLines(headers)}\r\n`;
  }
}

function headerLines(headers: readonly HeaderPair[]): string {
  let lines = "";
  for (const [name, value] of headers) {
    if (isScenarioHeader(name)) lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

function isHost(header: HeaderPair): boolean {
  return header[0].toLowerCase() === "host";
}
