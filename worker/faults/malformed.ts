/**
 * The requests of handshakes that faults spoil. Called by extra-handshakes.ts. Invariant: each breaks one rule, or is cut in the middle,
 * and is otherwise the request that the lean driver sends.
 */
import type { ExtraHandshake } from "../../shared/scenario/sections/faults/action.ts";

const END = "\r\n";
/** More than servers take of all headers together. */
const OVERSIZED_BYTES = 64 << 10;
const KEY_LINE = /^Sec-WebSocket-Key: .*\r\n/m;

/** @returns null: it is sent as it is */
export function spoilerOf(request: ExtraHandshake["request"]): ((head: string) => string) | null {
  switch (request) {
    case "same":
      return null;
    case "half":
      return (head) => head.slice(0, head.length >> 1);
    case "wrong-version":
      return (head) => head.replace(/^Sec-WebSocket-Version: .*$/m, "Sec-WebSocket-Version: 7");
    case "missing-key":
      return (head) => head.replace(KEY_LINE, "");
    case "bad-key":
      return (head) => head.replace(KEY_LINE, `Sec-WebSocket-Key: onrush${END}`);
    case "duplicate-key":
      return (head) => head.replace(KEY_LINE, "$&$&");
    case "bad-upgrade":
      return (head) => head.replace(/^Upgrade: websocket$/m, "Upgrade: onrush");
    case "oversized-header":
      return (head) => withLine(head, `X-Onrush: ${"x".repeat(OVERSIZED_BYTES)}`);
    case "bad-line":
      return (head) => withLine(head, "no colon here");
    case "http-1.0":
      return (head) => head.replace(` HTTP/1.1${END}`, ` HTTP/1.0${END}`);
  }
}

/** Behind all others. */
function withLine(head: string, line: string): string {
  return `${head.slice(0, -END.length)}${line}${END}${END}`;
}
