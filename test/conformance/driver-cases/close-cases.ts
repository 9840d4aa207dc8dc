/** The closing handshake (RFC 6455 §5.5.1, §7): codes, reasons, who began, what comes after, and sudden ends. */
import {
  CLOSE_ANSWER,
  CLOSED_BY_SERVER,
  type DriverCase,
  Fault,
  failedWith,
  textLine,
  violation,
} from "../driver-case.ts";
import { CLOSE, close, frame, ping, show, text } from "../server-frame.ts";

const VALID_CODES = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];
const INVALID_CODES = [
  0, 1, 500, 999, 1004, 1005, 1006, 1015, 1016, 1099, 1100, 2000, 2999, 5000, 5001, 32768, 65535,
];

function closedByServer(name: string, code: number, reason: string): DriverCase {
  const body = `${code} ${show(Buffer.from(reason))}`;
  return {
    name,
    server: { frames: [close(code, reason)] },
    sees: ["open", "closing", `closed ${body} clean by server`],
    wire: [`close ${body}`],
  };
}

const serverFirst: readonly DriverCase[] = [
  ...VALID_CODES.map((code) => closedByServer(`close: server with ${code}`, code, "")),
  ...VALID_CODES.map((code) =>
    closedByServer(`close: server with ${code} and a reason`, code, "enough"),
  ),
  closedByServer("close: reason of 123 bytes", 1000, "*".repeat(123)),
  closedByServer("close: reason beyond ASCII", 4001, "κόσμε 🙂"),
  closedByServer("close: reason with control characters", 1011, "a\r\n\u001b[31mb\u0000"),
  {
    name: "close: server without a code",
    server: { frames: [close()] },
    sees: ["open", "closing", 'closed 1005 "" clean by server'],
    wire: ["close empty"],
  },
  {
    name: "close: in pieces of 1",
    server: { frames: [close(1001, "going away")], chop: 1 },
    sees: ["open", "closing", 'closed 1001 "going away" clean by server'],
    wire: ['close 1001 "going away"'],
  },
  {
    name: "close: after a message, which is echoed first",
    server: { frames: [text("last words"), close(1000)] },
    client: { echo: true },
    sees: ["open", textLine("last words"), ...CLOSED_BY_SERVER],
    wire: [textLine("last words"), CLOSE_ANSWER],
  },
];

const afterClose: readonly DriverCase[] = [
  ["a message", text("too late")],
  ["a ping", ping(Buffer.from("too late"))],
  ["a second Close", close(1001, "again")],
  ["rubbish", Buffer.from([0xff, 0xff, 0xff, 0xff])],
].map(([what, bytes]) => ({
  name: `close: ${String(what)} after it is ignored`,
  server: { frames: [Buffer.concat([close(1000), bytes as Buffer])] },
  sees: ["open", ...CLOSED_BY_SERVER],
  wire: [CLOSE_ANSWER],
}));

const invalid: readonly DriverCase[] = [
  ...INVALID_CODES.map((code) =>
    violation(`close: invalid code ${code}`, [close(code)], Fault.invalidCloseCode),
  ),
  ...INVALID_CODES.slice(0, 6).map((code) =>
    violation(
      `close: invalid code ${code} with a reason`,
      [close(code, "why")],
      Fault.invalidCloseCode,
    ),
  ),
  violation(
    "close: payload of one byte",
    [frame({ opcode: CLOSE, payload: Buffer.from([3]) })],
    Fault.controlLength,
  ),
  violation("close: payload of 126 bytes", [close(1000, "*".repeat(124))], Fault.controlLength),
  violation(
    "close: invalid code after a message",
    [text("good"), close(1005)],
    Fault.invalidCloseCode,
    [textLine("good")],
  ),
];

const clientFirst: readonly DriverCase[] = [
  ...[1000, 1001, 3000, 4321].map((code) => ({
    name: `close: ours with ${code}`,
    server: {},
    client: { onOpen: [{ do: "close", code }] as const },
    sees: ["open", `closed ${code} "" clean by client`],
    wire: [`close ${code} ""`],
  })),
  {
    name: "close: ours twice is one",
    server: {},
    client: {
      onOpen: [
        { do: "close", code: 1000 },
        { do: "close", code: 1001 },
      ],
    },
    sees: ["open", 'closed 1000 "" clean by client'],
    wire: [CLOSE_ANSWER],
  },
  {
    name: "close: nothing is sent after ours",
    server: {},
    client: {
      onOpen: [
        { do: "close", code: 1000 },
        { do: "send", payload: Buffer.from("no"), binary: false },
        { do: "ping", payload: Buffer.from("no") },
      ],
    },
    sees: ["open", 'closed 1000 "" clean by client'],
    wire: [CLOSE_ANSWER],
  },
  {
    name: "close: both at once, the server with another code",
    server: { frames: [text("now"), close(1001, "server")] },
    client: { closeAfter: { messages: 1, code: 1000 } },
    sees: ["open", textLine("now"), 'closed 1001 "server" clean by client'],
    wire: [CLOSE_ANSWER],
  },
  {
    name: "close: messages on their way when we close are delivered",
    server: {
      frames: [Buffer.concat([text("one"), text("two"), ping(Buffer.from("p")), text("three")])],
    },
    client: { closeAfter: { messages: 1, code: 1000 } },
    sees: [
      "open",
      textLine("one"),
      textLine("two"),
      textLine("three"),
      'closed 1000 "" clean by client',
    ],
    wire: [CLOSE_ANSWER],
  },
  {
    name: "close: a violation after ours",
    server: { frames: [Buffer.concat([text("one"), frame({ opcode: 3 })])], ending: "wait" },
    client: { closeAfter: { messages: 1, code: 1000 } },
    sees: ["open", textLine("one"), failedWith(Fault.reservedOpcode).sees],
    wire: [CLOSE_ANSWER],
  },
  {
    name: "close: ours, and the server just ends",
    server: { frames: [text("now")], ending: "end" },
    client: { closeAfter: { messages: 1, code: 1000 } },
    sees: ["open", textLine("now"), 'closed 1006 "" not clean by none'],
    wire: [CLOSE_ANSWER],
  },
];

const sudden: readonly DriverCase[] = [
  {
    name: "end: without a Close",
    server: { ending: "end" },
    sees: ["open", 'closed 1006 "" not clean by none'],
    wire: [],
  },
  {
    name: "end: after a message",
    server: { frames: [text("bye")], ending: "end" },
    sees: ["open", textLine("bye"), 'closed 1006 "" not clean by none'],
    wire: [],
  },
  {
    name: "end: inside a frame header",
    server: { frames: [Buffer.from([0x82])], ending: "end" },
    sees: ["open", 'closed 1006 "" not clean by none'],
    wire: [],
  },
  {
    name: "end: inside a payload",
    server: { frames: [Buffer.from([0x82, 0x7e, 0x01, 0x00, 1, 2, 3])], ending: "end" },
    sees: ["open", 'closed 1006 "" not clean by none'],
    wire: [],
  },
  {
    name: "end: inside a fragmented message",
    server: {
      frames: [frame({ opcode: 1, payload: Buffer.from("part"), fin: false })],
      ending: "end",
    },
    sees: ["open", 'closed 1006 "" not clean by none'],
    wire: [],
  },
  {
    name: "reset: on an open connection",
    server: { ending: "reset-on-frame" },
    client: { onOpen: [{ do: "ping", payload: Buffer.from("now") }] },
    sees: ["open", 'closed 1006 "" not clean by none errno ECONNRESET'],
    wire: ['ping "now"'],
  },
  {
    name: "reset: after a message",
    server: { frames: [text("bye")], ending: "reset-on-frame" },
    client: { echo: true },
    sees: ["open", textLine("bye"), 'closed 1006 "" not clean by none errno ECONNRESET'],
    wire: [textLine("bye")],
  },
  {
    name: "reset: instead of an answer to our Close",
    server: { ending: "reset-on-frame" },
    client: { onOpen: [{ do: "close", code: 1000 }] },
    sees: ["open", 'closed 1006 "" not clean by none errno ECONNRESET'],
    wire: [CLOSE_ANSWER],
  },
  {
    name: "reset: instead of an end, after a clean handshake",
    server: { frames: [close(1000)], ending: "reset-on-frame" },
    sees: ["open", "closing", 'closed 1000 "" clean by server errno ECONNRESET'],
    wire: [CLOSE_ANSWER],
  },
];

export const closeCases: readonly DriverCase[] = [
  ...serverFirst,
  ...afterClose,
  ...invalid,
  ...clientFirst,
  ...sudden,
];
