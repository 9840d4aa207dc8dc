/** Sizes: whole messages up to 1 MiB in all ways of cutting, and what is over the limit. */
import {
  binaryLine,
  type DriverCase,
  delivered,
  Fault,
  textLine,
  violation,
} from "../driver-case.ts";
import { BINARY, binary, cut, fragments, frame, TEXT, text } from "../server-frame.ts";

const KIB = 1024;
const SIZES = [64 * KIB, 256 * KIB, 1024 * KIB];

const bytesOf = (length: number): Buffer => Buffer.alloc(length, "0123456789abcdef");

const wholeCases = SIZES.flatMap((size) => [
  delivered(
    `limit: text of ${size / KIB} KiB`,
    [text(bytesOf(size).toString())],
    [textLine(bytesOf(size))],
  ),
  delivered(
    `limit: binary of ${size / KIB} KiB`,
    [binary(bytesOf(size))],
    [binaryLine(bytesOf(size))],
  ),
]);

const fragmentCases = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB].flatMap((size) =>
  ([TEXT, BINARY] as const).map((opcode) => {
    const body = bytesOf(512 * KIB);
    return delivered(
      `limit: ${opcode === TEXT ? "text" : "binary"} of 512 KiB in fragments of ${size}`,
      cut(Buffer.concat(fragments(opcode, cut(body, size))), 256 * KIB),
      [opcode === TEXT ? textLine(body) : binaryLine(body)],
    );
  }),
);

const chopCases = [64, 256, KIB, 4 * KIB, 16 * KIB].map((chop) => {
  const body = bytesOf(chop * 100);
  return delivered(
    `limit: ${body.length} bytes in writes of ${chop}`,
    [binary(body)],
    [binaryLine(body)],
    { chop },
  );
});

const ONE_KIB = { maxMessageBytes: KIB };

function limited(testCase: DriverCase): DriverCase {
  return { ...testCase, endpoint: ONE_KIB };
}

export const limitCases: readonly DriverCase[] = [
  ...wholeCases,
  ...fragmentCases,
  ...chopCases,
  violation(
    "limit: 4 MiB announced, nothing sent",
    [frame({ opcode: BINARY, announce: 4n * 1024n * 1024n })],
    Fault.messageTooBig,
  ),
  violation(
    "limit: 4 MiB in one frame",
    [text("good"), frame({ opcode: TEXT, announce: 4194304n, payload: bytesOf(64 * KIB) })],
    Fault.messageTooBig,
    [textLine("good")],
  ),
  limited(
    delivered("limit: exactly the limit", [binary(bytesOf(KIB))], [binaryLine(bytesOf(KIB))]),
  ),
  limited(violation("limit: one byte over", [binary(bytesOf(KIB + 1))], Fault.messageTooBig)),
  limited(
    delivered("limit: exactly the limit in fragments", fragments(BINARY, cut(bytesOf(KIB), 100)), [
      binaryLine(bytesOf(KIB)),
    ]),
  ),
  limited(
    violation(
      "limit: one byte over in fragments",
      fragments(BINARY, cut(bytesOf(KIB + 1), 100)),
      Fault.messageTooBig,
    ),
  ),
  limited(
    violation(
      "limit: the fragment that goes over is refused by its header",
      [
        frame({ opcode: TEXT, payload: bytesOf(KIB), fin: false }),
        frame({ opcode: 0, announce: 1n, fin: false }),
      ],
      Fault.messageTooBig,
    ),
  ),
  limited(
    delivered(
      "limit: each message has the whole limit",
      [binary(bytesOf(KIB)), text(bytesOf(KIB).toString()), binary(bytesOf(KIB))],
      [binaryLine(bytesOf(KIB)), textLine(bytesOf(KIB)), binaryLine(bytesOf(KIB))],
    ),
  ),
];
