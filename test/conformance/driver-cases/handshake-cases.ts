/** The opening handshake (RFC 6455 §4.1, RFC 9112): what is accepted, what is refused, and sudden ends. */
import {
  CLOSE_ANSWER,
  CLOSED_BY_SERVER,
  type DriverCase,
  delivered,
  refused,
  textLine,
  thenClosed,
} from "../driver-case.ts";
import { type Script, VALID_RESPONSE } from "../hostile-server.ts";
import { close, text } from "../server-frame.ts";

const ACCEPT = "Sec-WebSocket-Accept: {accept}";

/** A 101 made of these header lines. */
function switching(...lines: readonly string[]): string {
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
}

function answers(response: string, more: Partial<Script> = {}): Script {
  return { ...thenClosed([]), response, ...more };
}

function accepted(name: string, server: Script, protocol = ""): DriverCase {
  const open = protocol === "" ? "open" : `open ${protocol}`;
  return { name, server, sees: [open, ...CLOSED_BY_SERVER], wire: [CLOSE_ANSWER] };
}

const asking = { subprotocols: ["chat.v2", "chat.v1"] };
const withProtocol = (value: string) =>
  switching(
    "Upgrade: websocket",
    "Connection: Upgrade",
    ACCEPT,
    `Sec-WebSocket-Protocol: ${value}`,
  );

const statusCases = [
  [200, "OK"],
  [204, "No Content"],
  [301, "Moved Permanently"],
  [302, "Found"],
  [303, "See Other"],
  [307, "Temporary Redirect"],
  [308, "Permanent Redirect"],
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [426, "Upgrade Required"],
  [429, "Too Many Requests"],
  [500, "Internal Server Error"],
  [502, "Bad Gateway"],
  [503, "Service Unavailable"],
] as const;

const goodCases: readonly DriverCase[] = [
  accepted(
    "handshake: other letter case",
    answers(
      switching("UPGRADE: WebSocket", "connection: uPGRADE", `sec-websocket-ACCEPT: {accept}`),
    ),
  ),
  accepted(
    "handshake: a list in Connection",
    answers(switching("Upgrade: websocket", "Connection: keep-alive, Upgrade", ACCEPT)),
  ),
  accepted(
    "handshake: many other headers",
    answers(
      switching(
        "Server: nginx",
        "Date: now",
        "Upgrade: websocket",
        "Set-Cookie: a=b",
        "Set-Cookie: c=d",
        "Connection: Upgrade",
        ACCEPT,
        "X-Empty:",
        "X-Spaces:  \t padded \t ",
      ),
    ),
  ),
  accepted(
    "handshake: no reason phrase",
    answers(VALID_RESPONSE.replace(" Switching Protocols", "")),
  ),
  accepted("handshake: byte by byte", answers(VALID_RESPONSE, { chop: 1 })),
  accepted("handshake: in pieces of 7", answers(VALID_RESPONSE, { chop: 7 })),
  accepted(
    "handshake: 15 KiB of headers",
    answers(
      switching(
        "Upgrade: websocket",
        "Connection: Upgrade",
        ACCEPT,
        ...Array(15).fill(`X-Pad: ${"p".repeat(1000)}`),
      ),
    ),
  ),
  ...[100, 102, 103].map((status) =>
    accepted(
      `handshake: ${status} before the 101`,
      answers(`HTTP/1.1 ${status} Early\r\nLink: </a>\r\n\r\n${VALID_RESPONSE}`),
    ),
  ),
  accepted(
    "handshake: three times 103, byte by byte",
    answers(`${"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(3)}${VALID_RESPONSE}`, {
      chop: 1,
    }),
  ),
  delivered(
    "handshake: frames in the segment of the 101",
    [text("first"), text("second")],
    [textLine("first"), textLine("second")],
    { glued: true },
  ),
  delivered(
    "handshake: frames in the segment of the 101, cut to pieces of 11",
    [text("first"), text("second")],
    [textLine("first"), textLine("second")],
    { glued: true, chop: 11 },
  ),
  {
    ...accepted("handshake: subprotocol, the first", answers(withProtocol("chat.v2")), "chat.v2"),
    endpoint: asking,
  },
  {
    ...accepted("handshake: subprotocol, the second", answers(withProtocol("chat.v1")), "chat.v1"),
    endpoint: asking,
  },
  {
    name: "handshake: only a Close in the segment of the 101",
    server: { frames: [close(1013, "busy")], glued: true },
    sees: ["open", "closing", 'closed 1013 "busy" clean by server'],
    wire: ['close 1013 "busy"'],
  },
];

function invalid(name: string, response: string, signature: string): DriverCase {
  return refused(`handshake: ${name}`, { response, ending: "wait" }, "upgrade-invalid", signature);
}

const NO_UPGRADE = "invalid Upgrade header";
const NO_CONNECTION = "invalid Connection header";
const WRONG_ACCEPT = "invalid Sec-WebSocket-Accept header";
const MALFORMED = "malformed HTTP response";

const invalidCases: readonly DriverCase[] = [
  invalid("no Upgrade header", switching("Connection: Upgrade", ACCEPT), NO_UPGRADE),
  invalid("another Upgrade", switching("Upgrade: h2c", "Connection: Upgrade", ACCEPT), NO_UPGRADE),
  invalid("no Connection header", switching("Upgrade: websocket", ACCEPT), NO_CONNECTION),
  invalid(
    "another Connection",
    switching("Upgrade: websocket", "Connection: keep-alive", ACCEPT),
    NO_CONNECTION,
  ),
  invalid("no Accept", switching("Upgrade: websocket", "Connection: Upgrade"), WRONG_ACCEPT),
  invalid(
    "Accept of another key",
    switching(
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ),
    WRONG_ACCEPT,
  ),
  invalid(
    "Accept in lower case",
    switching(
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Accept: c3pplmbitxaq9kygzzhzrbk+xoo=",
    ),
    WRONG_ACCEPT,
  ),
  invalid(
    "Accept twice",
    switching("Upgrade: websocket", "Connection: Upgrade", ACCEPT, "Sec-WebSocket-Accept: x"),
    WRONG_ACCEPT,
  ),
  invalid("unasked subprotocol", withProtocol("chat.v2"), "subprotocol not requested"),
  {
    ...invalid(
      "another subprotocol",
      withProtocol("chat.v3"),
      "subprotocol not among those requested",
    ),
    endpoint: asking,
  },
  {
    ...invalid(
      "two subprotocols",
      withProtocol("chat.v2, chat.v1"),
      "subprotocol not among those requested",
    ),
    endpoint: asking,
  },
  {
    ...invalid(
      "subprotocol in other letter case",
      withProtocol("CHAT.V2"),
      "subprotocol not among those requested",
    ),
    endpoint: asking,
  },
  {
    ...invalid(
      "no subprotocol although asked",
      VALID_RESPONSE,
      "no subprotocol although requested",
    ),
    endpoint: asking,
  },
  invalid(
    "unasked extension",
    switching(
      "Upgrade: websocket",
      "Connection: Upgrade",
      ACCEPT,
      "Sec-WebSocket-Extensions: permessage-deflate",
    ),
    "extension not requested",
  ),
  invalid("another protocol", "SSH-2.0-OpenSSH_9.2\r\n", MALFORMED),
  invalid("a frame instead of HTTP", "\u0081\u0002hi", MALFORMED),
  invalid("a header without a colon", switching("Upgrade websocket"), MALFORMED),
  invalid(
    "a space before the colon",
    switching("Upgrade : websocket", "Connection: Upgrade", ACCEPT),
    MALFORMED,
  ),
  invalid(
    "a control character in a value",
    switching("X: a\u0001b", "Upgrade: websocket", "Connection: Upgrade", ACCEPT),
    MALFORMED,
  ),
  invalid("a NUL in a value", switching("X: a\u0000b"), MALFORMED),
  invalid("a status of two digits", "HTTP/1.1 10 Switching\r\n\r\n", MALFORMED),
  invalid("no status", "HTTP/1.1 \r\n\r\n", MALFORMED),
  invalid(
    "64 KiB of headers",
    switching(...Array(64).fill(`X-Pad: ${"p".repeat(1017)}`)),
    "response head over 16 KiB",
  ),
  invalid(
    "one header of 64 KiB",
    switching(`X-Pad: ${"p".repeat(65536)}`),
    "response head over 16 KiB",
  ),
];

function status(
  name: string,
  response: string,
  signature: string,
  more: Partial<Script> = {},
): DriverCase {
  const server: Script = { response, ending: "wait", ...more };
  return refused(`handshake: ${name}`, server, "upgrade-status", signature);
}

const odd101 = (line: string) => VALID_RESPONSE.replace("HTTP/1.1 101 Switching Protocols", line);

/** Answers that refuse us keep their status, however they are written; a 101 must be one to the letter. */
const oddStatusCases: readonly DriverCase[] = [
  status(
    "404 by HTTP/1.0",
    "HTTP/1.0 404 File not found\r\nServer: SimpleHTTP\r\n\r\n<html>",
    "404 File not found",
  ),
  status("503 by HTTP/1.0 without headers", "HTTP/1.0 503 Busy\r\n\r\n", "503 Busy"),
  status(
    "503 by HTTP/1.0, which ends without the empty line",
    "HTTP/1.0 503 Busy\r\nServer: x\r\n",
    "503 Busy",
    { ending: "end" },
  ),
  status("404 by HTTP/2", "HTTP/2 404 Not Found\r\n\r\n", "404 Not Found"),
  status("404 in lower case", "http/1.1 404 not found\r\n\r\n", "404 not found"),
  status("404 with several spaces", "HTTP/1.1   404   Not  Found  \r\n\r\n", "404 Not  Found"),
  status("404 with a tab", "HTTP/1.1\t404\tNot Found\r\n\r\n", "404 Not Found"),
  status("503 with a space and no reason", "HTTP/1.1 503 \r\n\r\n", "503"),
  status("403 with bare line feeds", "HTTP/1.1 403 Forbidden\nServer: x\n\n", "403 Forbidden"),
  status("a status of 999", "HTTP/1.1 999 Request denied\r\n\r\n", "999 Request denied"),
  status(
    "500 with a header without a colon",
    "HTTP/1.1 500 Oops\r\nTraceback most recent call last\r\n folded\r\n\r\n",
    "500 Oops",
  ),
  status(
    "502 with a length and chunks",
    "HTTP/1.1 502 Bad\r\nContent-Length: 4\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "502 Bad",
  ),
  status("403 byte by byte", "HTTP/1.1 403 Forbidden\r\nA: b\r\n\r\n", "403 Forbidden", {
    chop: 1,
  }),
  status("200 after a 103", "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "200 OK"),
  status(
    "302 with a relative Location, in odd letters",
    "HTTP/1.1 302 Found\r\nLOCATION :  /login?next=/ws \r\n\r\n",
    "302 Found (Location: /login?next=/ws)",
  ),
  status(
    "302 with two Locations",
    "HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n\r\n",
    "302 Found (Location: /a)",
  ),
  status(
    "302 with more than 16 KiB of headers",
    `HTTP/1.1 302 Found\r\nLocation: /a\r\n${`X-Pad: ${"p".repeat(1000)}\r\n`.repeat(20)}\r\n`,
    "302 Found (Location: /a)",
  ),
  status("503 that ends inside its headers", "HTTP/1.1 503 Busy\r\nRetry-Aft", "503 Busy", {
    ending: "end",
  }),
  ...["HTTP/1.0 101 Switching Protocols", "HTTP/2 101", "http/1.0 101 x"].map((line) =>
    invalid(`101 not by HTTP/1.1: ${line}`, odd101(line), "101 not by HTTP/1.1"),
  ),
  ...[
    "HTTP/1.1  101 Switching Protocols",
    "http/1.1 101 Switching Protocols",
    "HTTP/1.1 101\tx",
  ].map((line) => invalid(`odd 101: ${JSON.stringify(line)}`, odd101(line), MALFORMED)),
  invalid("101 with bare line feeds", VALID_RESPONSE.replaceAll("\r\n", "\n"), MALFORMED),
  invalid("Upgrade twice", odd101("HTTP/1.1 101 x\r\nUpgrade: websocket"), NO_UPGRADE),
  accepted(
    "handshake: Connection twice, Upgrade in the second",
    answers(
      switching("Connection: keep-alive", "Upgrade: websocket", "Connection: Upgrade", ACCEPT),
    ),
  ),
  accepted(
    "handshake: Upgrade before keep-alive",
    answers(switching("Upgrade: websocket", "Connection: Upgrade, keep-alive", ACCEPT)),
  ),
  accepted(
    "handshake: 101 with an empty body announced",
    answers(switching("Content-Length: 0", "Upgrade: websocket", "Connection: Upgrade", ACCEPT)),
  ),
  accepted(
    "handshake: 40 informational answers",
    answers(`${"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(40)}${VALID_RESPONSE}`),
  ),
  invalid(
    "endless informational answers",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(1000),
    "response head over 16 KiB",
  ),
];

const suddenCases: readonly DriverCase[] = [
  refused(
    "handshake: end without a response",
    { response: null, ending: "end" },
    "upgrade-reset",
    "hang-up",
  ),
  refused(
    "handshake: end inside the status line",
    { response: "HTTP/1.1 10", ending: "end" },
    "upgrade-reset",
    "hang-up",
  ),
  refused(
    "handshake: end inside the headers",
    { response: VALID_RESPONSE.slice(0, 60), ending: "end" },
    "upgrade-reset",
    "hang-up",
  ),
  refused(
    "handshake: end before the last line",
    { response: VALID_RESPONSE.slice(0, -2), ending: "end" },
    "upgrade-reset",
    "hang-up",
  ),
  refused(
    "handshake: end after a 103",
    { response: "HTTP/1.1 103 Early Hints\r\n\r\n", ending: "end" },
    "upgrade-reset",
    "hang-up",
  ),
  refused(
    "handshake: reset without a response",
    { response: null, ending: "reset" },
    "upgrade-reset",
    "ECONNRESET",
  ),
];

export const handshakeCases: readonly DriverCase[] = [
  ...goodCases,
  ...statusCases.map(([status, reason]) =>
    refused(
      `handshake: status ${status}`,
      {
        response: `HTTP/1.1 ${status} ${reason}\r\nLocation: /elsewhere\r\nContent-Length: 4\r\n\r\nbody`,
        ending: "wait",
      },
      "upgrade-status",
      `${status} ${reason}${status >= 300 && status < 400 ? " (Location: /elsewhere)" : ""}`,
    ),
  ),
  refused(
    "handshake: status without a reason",
    { response: "HTTP/1.1 503\r\n\r\n", ending: "wait" },
    "upgrade-status",
    "503",
  ),
  refused(
    "handshake: status with a long reason",
    { response: `HTTP/1.1 503 ${"why ".repeat(50)}\r\n\r\n`, ending: "wait" },
    "upgrade-status",
    `503 ${"why ".repeat(16)}`,
  ),
  ...invalidCases,
  ...oddStatusCases,
  ...suddenCases,
];
