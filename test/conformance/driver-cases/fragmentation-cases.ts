/** Fragmentation (RFC 6455 §5.4): good and bad sequences, with control frames between the fragments. */
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
import {
  BINARY,
  binary,
  cut,
  fragments,
  frame,
  PING,
  PONG,
  ping,
  pong,
  TEXT,
  text,
} from "../server-frame.ts";

const first = (content: string) =>
  frame({ opcode: TEXT, payload: Buffer.from(content), fin: false });
const middle = (content: string) => frame({ opcode: 0, payload: Buffer.from(content), fin: false });
const last = (content: string) => frame({ opcode: 0, payload: Buffer.from(content) });

const CHOPS = [undefined, 1, 5] as const;

function inPieces(chop: number | undefined): string {
  return chop === undefined ? "" : `, in pieces of ${chop}`;
}

const goodCases = CHOPS.flatMap((chop) => {
  const how = chop === undefined ? {} : { chop };
  return [
    delivered(
      `fragments: two${inPieces(chop)}`,
      [first("frag1"), last("frag2")],
      [textLine("frag1frag2")],
      how,
    ),
    {
      name: `fragments: two, a ping between${inPieces(chop)}`,
      server: { ...thenClosed([first("frag1"), ping(Buffer.from("now")), last("frag2")]), ...how },
      sees: ["open", textLine("frag1frag2"), ...CLOSED_BY_SERVER],
      wire: ['pong "now"', CLOSE_ANSWER],
    },
    {
      name: `fragments: five with pings between, twice${inPieces(chop)}`,
      server: {
        ...thenClosed(
          [0, 1].flatMap(() => [
            first("f1"),
            middle("f2"),
            ping(Buffer.from("p1")),
            middle("f3"),
            middle("f4"),
            ping(Buffer.from("p2")),
            last("f5"),
          ]),
        ),
        ...how,
      },
      sees: ["open", textLine("f1f2f3f4f5"), textLine("f1f2f3f4f5"), ...CLOSED_BY_SERVER],
      wire: ['pong "p1"', 'pong "p2"', 'pong "p1"', 'pong "p2"', CLOSE_ANSWER],
    },
    delivered(
      `fragments: a pong between${inPieces(chop)}`,
      [first("a"), pong(Buffer.from("x")), last("b")],
      ['pong "x"', textLine("ab")],
      how,
    ),
    delivered(
      `fragments: empty ones around one byte${inPieces(chop)}`,
      [first(""), middle(""), middle("x"), middle(""), last("")],
      [textLine("x")],
      how,
    ),
  ];
});

const badCases: readonly DriverCase[] = [
  violation(
    "fragments: ping in two",
    [frame({ opcode: PING, payload: Buffer.from("a"), fin: false }), last("b")],
    Fault.fragmentedControl,
  ),
  violation(
    "fragments: pong in two",
    [frame({ opcode: PONG, payload: Buffer.from("a"), fin: false }), last("b")],
    Fault.fragmentedControl,
  ),
  violation(
    "fragments: Close in two",
    [frame({ opcode: 8, payload: Buffer.from([3, 232]), fin: false })],
    Fault.fragmentedControl,
  ),
  violation(
    "fragments: continuation first, final",
    [last("orphan"), text("after")],
    Fault.strayContinuation,
  ),
  violation(
    "fragments: continuation first, not final",
    [middle("orphan"), text("after")],
    Fault.strayContinuation,
  ),
  violation(
    "fragments: continuation after a whole message",
    [text("whole"), last("orphan")],
    Fault.strayContinuation,
    [textLine("whole")],
  ),
  violation(
    "fragments: continuation after a finished message",
    [first("a"), last("b"), last("orphan")],
    Fault.strayContinuation,
    [textLine("ab")],
  ),
  violation(
    "fragments: not-final continuation after a finished message",
    [first("a"), last("b"), middle("orphan"), last("c")],
    Fault.strayContinuation,
    [textLine("ab")],
  ),
  violation("fragments: empty continuation first", [last("")], Fault.strayContinuation),
  violation("fragments: text inside a text", [first("a"), text("b")], Fault.interleavedMessage),
  violation(
    "fragments: binary inside a text",
    [first("a"), binary(Buffer.from("b"))],
    Fault.interleavedMessage,
  ),
  violation(
    "fragments: second start inside a text",
    [first("a"), first("b"), last("c")],
    Fault.interleavedMessage,
  ),
  violation(
    "fragments: start after three fragments",
    [first("a"), middle("b"), middle("c"), first("d")],
    Fault.interleavedMessage,
  ),
];

const kilobytes = Buffer.from(Array.from({ length: 4096 }, (_, at) => at & 0xff));

export const fragmentationCases: readonly DriverCase[] = [
  ...goodCases,
  ...badCases,
  ...[1, 2, 16, 1000].map((size) =>
    delivered(
      `fragments: 4096 bytes of binary, ${size} each`,
      [Buffer.concat(fragments(BINARY, cut(kilobytes, size)))],
      [binaryLine(kilobytes)],
    ),
  ),
  delivered(
    "fragments: 10000 empty ones and a byte",
    [Buffer.concat([first(""), ...Array(10000).fill(middle("")), last("!")])],
    [textLine("!")],
  ),
  ...[20_000, 200_000].map((count) =>
    delivered(
      `fragments: ${count} of one byte`,
      [Buffer.concat(fragments(BINARY, cut(Buffer.alloc(count, 1), 1)))],
      [binaryLine(Buffer.alloc(count, 1))],
    ),
  ),
  delivered(
    "fragments: 200000 empty ones between two halves",
    [Buffer.concat([first("a"), ...Array(200_000).fill(middle("")), last("b")])],
    [textLine("ab")],
  ),
  {
    name: "fragments: the server closes inside a message",
    server: thenClosed([first("never finished")]),
    sees: ["open", ...CLOSED_BY_SERVER],
    wire: [CLOSE_ANSWER],
  },
];
