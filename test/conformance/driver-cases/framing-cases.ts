/** Framing (RFC 6455 §5.2): every length class, text and binary, echoed back, cut anywhere; masks; lengths. */
import {
  binaryLine,
  CLOSE_ANSWER,
  CLOSED_BY_SERVER,
  type DriverCase,
  delivered,
  Fault,
  textLine,
  thenClosed,
  violation,
} from "../driver-case.ts";
import { BINARY, binary, cut, fragments, frame, TEXT, text } from "../server-frame.ts";

const LENGTHS = [0, 1, 125, 126, 127, 128, 65535, 65536];

function filled(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, at) => (at * 7 + 13) & 0xff));
}

/** The message comes back on the wire, and only then does the server's Close get its answer. */
function echoed(name: string, frames: readonly Buffer[], line: string, chop?: number): DriverCase {
  return {
    name,
    server: { frames, ...(chop === undefined ? {} : { chop }) },
    client: { echo: true, closeAfter: { messages: 1, code: 1000 } },
    sees: ["open", line, 'closed 1000 "" clean by client'],
    wire: [line, CLOSE_ANSWER],
  };
}

const lengthCases = LENGTHS.flatMap((length) => {
  const letters = "*".repeat(length);
  return [
    echoed(`framing: text of ${length} bytes`, [text(letters)], textLine(letters)),
    echoed(
      `framing: binary of ${length} bytes`,
      [binary(filled(length))],
      binaryLine(filled(length)),
    ),
  ];
});

const chopCases = [1, 2, 3, 7, 13, 100].flatMap((chop) =>
  [5, 130].map((length) =>
    echoed(
      `framing: binary of ${length} bytes in pieces of ${chop}`,
      [binary(filled(length))],
      binaryLine(filled(length)),
      chop,
    ),
  ),
);

const largeChopCases = [997, 4093, 65536].flatMap((chop) => [
  echoed(
    `framing: text of 65536 bytes in pieces of ${chop}`,
    [text("x".repeat(65536))],
    textLine("x".repeat(65536)),
    chop,
  ),
  echoed(
    `framing: binary of 200000 bytes in pieces of ${chop}`,
    [binary(filled(200000))],
    binaryLine(filled(200000)),
    chop,
  ),
]);

/** Accepted by both drivers: RFC 6455 §5.2 forbids them to the sender, and ws takes them. */
const nonMinimalCases = ([16, 64] as const).map((lengthBits) =>
  delivered(
    `framing: 2 bytes with a ${lengthBits}-bit length`,
    [frame({ opcode: TEXT, payload: Buffer.from("hi"), lengthBits })],
    [textLine("hi")],
  ),
);

const hugeLengthCases = [
  ["2^31", 2n ** 31n],
  ["2^32", 2n ** 32n],
  ["2^53 - 1", 2n ** 53n - 1n],
  ["2^53", 2n ** 53n],
  ["2^62", 2n ** 62n],
] as const;

export const framingCases: readonly DriverCase[] = [
  ...lengthCases,
  ...chopCases,
  ...largeChopCases,
  ...nonMinimalCases,
  ...hugeLengthCases.map(([label, announce]) =>
    violation(
      `framing: announced length ${label}`,
      [frame({ opcode: BINARY, announce, lengthBits: 64 })],
      Fault.messageTooBig,
    ),
  ),
  violation(
    "framing: announced length 2^63",
    [frame({ opcode: BINARY, announce: 2n ** 63n, lengthBits: 64 })],
    Fault.lengthOverflow,
  ),
  violation(
    "framing: announced length 2^64 - 1 in a continuation",
    [
      frame({ opcode: TEXT, payload: Buffer.from("A"), fin: false }),
      frame({ opcode: 0, announce: 2n ** 64n - 1n, lengthBits: 64 }),
    ],
    Fault.lengthOverflow,
  ),
  ...[0, 1, 126, 70000].map((length) =>
    violation(
      `framing: masked text of ${length} bytes`,
      [frame({ opcode: TEXT, payload: Buffer.alloc(length, "a"), mask: 0x01020304 })],
      Fault.maskedFrame,
    ),
  ),
  violation(
    "framing: masked with an all-zero key",
    [text("first"), frame({ opcode: BINARY, payload: Buffer.from("x"), mask: 0 })],
    Fault.maskedFrame,
    [textLine("first")],
  ),
  violation(
    "framing: masked continuation",
    [
      frame({ opcode: TEXT, payload: Buffer.from("a"), fin: false }),
      frame({ opcode: 0, payload: Buffer.from("b"), mask: 0x01020304 }),
    ],
    Fault.maskedFrame,
  ),
  delivered(
    "framing: 200 messages in one write",
    [Buffer.concat(Array.from({ length: 200 }, (_, at) => text(`message ${at}`)))],
    Array.from({ length: 200 }, (_, at) => textLine(`message ${at}`)),
  ),
  {
    name: "framing: a large message in fragments of 1300 bytes, echoed as one",
    server: { frames: [Buffer.concat(fragments(TEXT, cut(Buffer.alloc(65536, "*"), 1300)))] },
    client: { echo: true, closeAfter: { messages: 1, code: 1000 } },
    sees: ["open", textLine("*".repeat(65536)), 'closed 1000 "" clean by client'],
    wire: [textLine("*".repeat(65536)), CLOSE_ANSWER],
  },
  {
    name: "framing: nothing but the closing handshake",
    server: thenClosed([]),
    sees: ["open", ...CLOSED_BY_SERVER],
    wire: [CLOSE_ANSWER],
  },
];
