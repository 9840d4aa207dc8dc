/** Pings and pongs, reserved bits, opcodes (RFC 6455 §5.2, §5.5). */
import {
  CLOSE_ANSWER,
  CLOSED_BY_SERVER,
  type DriverCase,
  delivered,
  Fault,
  textLine,
  thenClosed,
  violation,
} from "../driver-case.ts";
import { close, frame, PING, PONG, ping, pong, show, TEXT, text } from "../server-frame.ts";

const OCTETS = Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff]);
const LARGEST = Buffer.alloc(125, 0xfe);

function ponged(name: string, payloads: readonly Buffer[], chop?: number): DriverCase {
  return {
    name,
    server: {
      ...thenClosed(payloads.map(ping)),
      ...(chop === undefined ? {} : { chop }),
    },
    sees: ["open", ...CLOSED_BY_SERVER],
    wire: [...payloads.map((payload) => `pong ${show(payload)}`), CLOSE_ANSWER],
  };
}

const tenPings = Array.from({ length: 10 }, (_, at) => Buffer.from(`payload-${at}`));

const pingCases: readonly DriverCase[] = [
  ponged("ping: no payload", [Buffer.alloc(0)]),
  ponged("ping: text payload", [Buffer.from("Hello, world!")]),
  ponged("ping: binary payload", [OCTETS]),
  ponged("ping: 125 bytes", [LARGEST]),
  ponged("ping: 125 bytes in pieces of 1", [LARGEST], 1),
  ponged("ping: ten", tenPings),
  ponged("ping: ten in pieces of 1", tenPings, 1),
  ponged("ping: 1000 in one write", Array(1000).fill(Buffer.from("again"))),
  violation("ping: 126 bytes", [ping(Buffer.alloc(126, 0xfe))], Fault.controlLength),
  violation("ping: 70000 bytes", [ping(Buffer.alloc(70000))], Fault.controlLength),
  violation(
    "ping: fragmented",
    [frame({ opcode: PING, payload: OCTETS, fin: false })],
    Fault.fragmentedControl,
  ),
  violation(
    "ping: masked",
    [frame({ opcode: PING, payload: OCTETS, mask: 0x0a0b0c0d })],
    Fault.maskedFrame,
  ),
  delivered("pong: unsolicited, no payload", [pong(Buffer.alloc(0))], ['pong ""']),
  delivered("pong: unsolicited, with payload", [pong(OCTETS)], [`pong ${show(OCTETS)}`]),
  delivered("pong: 125 bytes in pieces of 3", [pong(LARGEST)], [`pong ${show(LARGEST)}`], {
    chop: 3,
  }),
  violation("pong: 126 bytes", [pong(Buffer.alloc(126))], Fault.controlLength),
  violation("pong: fragmented", [frame({ opcode: PONG, fin: false })], Fault.fragmentedControl),
  {
    name: "pong: unsolicited, then a ping",
    server: thenClosed([pong(Buffer.from("unasked")), ping(Buffer.from("asked"))]),
    sees: ["open", 'pong "unasked"', ...CLOSED_BY_SERVER],
    wire: ['pong "asked"', CLOSE_ANSWER],
  },
  {
    name: "ping: ours, with and without payload",
    server: { frames: [pong(Buffer.from("hello"))] },
    client: {
      onOpen: [
        { do: "ping", payload: Buffer.from("hello") },
        { do: "ping", payload: Buffer.alloc(0) },
        { do: "ping", payload: LARGEST },
        { do: "close", code: 1000 },
      ],
    },
    sees: ["open", 'pong "hello"', 'closed 1000 "" clean by client'],
    wire: ['ping "hello"', 'ping ""', `ping ${show(LARGEST)}`, CLOSE_ANSWER],
  },
  {
    name: "ping: between two messages",
    server: thenClosed([text("one"), ping(Buffer.from("two")), text("three")]),
    client: { echo: true },
    sees: ["open", textLine("one"), textLine("three"), ...CLOSED_BY_SERVER],
    wire: [textLine("one"), 'pong "two"', textLine("three"), CLOSE_ANSWER],
  },
];

const payload = Buffer.from("Hello, world!");

/** RSV 1 to 7 on a text, after a valid message, on a ping, on a Close, in pieces of 1. */
const reservedBitCases = [1, 2, 3, 4, 5, 6, 7].flatMap((rsv) => {
  const bad = (opcode: number, body: Buffer) => frame({ opcode, rsv, payload: body });
  return [
    violation(`rsv ${rsv}: first text`, [bad(TEXT, payload)], Fault.reservedBits),
    violation(
      `rsv ${rsv}: text after a good one`,
      [text("good"), bad(TEXT, payload), ping(payload)],
      Fault.reservedBits,
      [textLine("good")],
    ),
    violation(`rsv ${rsv}: ping`, [bad(PING, payload)], Fault.reservedBits),
    violation(`rsv ${rsv}: close`, [bad(8, Buffer.from([3, 232]))], Fault.reservedBits),
    violation(
      `rsv ${rsv}: continuation`,
      [frame({ opcode: TEXT, payload, fin: false }), bad(0, payload)],
      Fault.reservedBits,
    ),
  ];
});

const opcodeCases = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
  violation(`opcode ${opcode}: no payload`, [frame({ opcode })], Fault.reservedOpcode),
  violation(
    `opcode ${opcode}: payload, after a good message`,
    [text("good"), frame({ opcode, payload }), text("never seen")],
    Fault.reservedOpcode,
    [textLine("good")],
  ),
  violation(
    `opcode ${opcode}: inside a fragmented message`,
    [frame({ opcode: TEXT, payload, fin: false }), frame({ opcode, payload }), close(1000)],
    Fault.reservedOpcode,
  ),
]);

export const controlCases: readonly DriverCase[] = [
  ...pingCases,
  ...reservedBitCases,
  ...opcodeCases,
];
