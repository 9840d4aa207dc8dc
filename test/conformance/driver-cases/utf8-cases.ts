/**
 * UTF-8 in text messages and close reasons. The tables follow from RFC 3629's grammar: the limits of each
 * sequence length, and every way to break them.
 */
import {
  binaryLine,
  type DriverCase,
  delivered,
  Fault,
  textLine,
  violation,
} from "../driver-case.ts";
import { close, cut, fragments, frame, TEXT, text } from "../server-frame.ts";

/** Encodes any number up to 31 bits in `length` bytes, valid or not. */
function encode(code: number, length: number): Buffer {
  if (length === 1) return Buffer.from([code]);
  const lead = [0, 0, 0xc0, 0xe0, 0xf0, 0xf8, 0xfc][length] ?? 0;
  const bytes: number[] = [];
  for (let at = 0; at < length - 1; at++) bytes.unshift(0x80 | ((code >>> (6 * at)) & 0x3f));
  return Buffer.from([lead | (code >>> (6 * (length - 1))), ...bytes]);
}

const hex = (code: number): string => `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;

/** First and last code point of each length, neighbours of every gap, and some of no special kind. */
const VALID_CODES: readonly (readonly [number, number])[] = [
  ...[0x00, 0x01, 0x1f, 0x7e, 0x7f].map((code) => [code, 1] as const),
  ...[0x80, 0x81, 0xff, 0x3ba, 0x7fe, 0x7ff].map((code) => [code, 2] as const),
  ...[0x800, 0x801, 0xfff, 0x1000, 0x20ac, 0xd7fe, 0xd7ff].map((code) => [code, 3] as const),
  ...[0xe000, 0xe001, 0xfdd0, 0xfeff, 0xfffd, 0xfffe, 0xffff].map((code) => [code, 3] as const),
  ...[0x10000, 0x10001, 0x1f600, 0x1fffe, 0x1ffff, 0x2fffe].map((code) => [code, 4] as const),
  ...[0x40000, 0xfffff, 0x100000, 0x10fffe, 0x10ffff].map((code) => [code, 4] as const),
];

/** Too long for what they say, up to the last code point of the shorter form. */
const OVERLONG: readonly (readonly [number, number])[] = [
  ...[0x00, 0x2f, 0x7f].map((code) => [code, 2] as const),
  ...[0x00, 0x2f, 0x7f, 0x80, 0x7ff].map((code) => [code, 3] as const),
  ...[0x00, 0x2f, 0x7ff, 0x800, 0xffff].map((code) => [code, 4] as const),
  ...[0x00, 0x10ffff].map((code) => [code, 5] as const),
  ...[0x00, 0x10ffff].map((code) => [code, 6] as const),
];

const SURROGATES = [0xd800, 0xdb7f, 0xdb80, 0xdbff, 0xdc00, 0xdf80, 0xdfff];
const TOO_LARGE: readonly (readonly [number, number])[] = [
  [0x110000, 4],
  [0x1fffff, 4],
  [0x200000, 5],
  [0x3ffffff, 5],
  [0x4000000, 6],
  [0x7fffffff, 6],
];
const LONELY = [0x80, 0x81, 0xbf, 0xc0, 0xc1, 0xf5, 0xf8, 0xfc, 0xfe, 0xff];
const TRUNCATED = [0x80, 0x7ff, 0x800, 0xd7ff, 0xffff, 0x10000, 0x10ffff];

const lengthOf = (code: number): number =>
  code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

const INVALID: readonly (readonly [string, Buffer])[] = [
  ...OVERLONG.map(
    ([code, length]) => [`${hex(code)} in ${length} bytes`, encode(code, length)] as const,
  ),
  ...SURROGATES.map((code) => [`surrogate ${hex(code)}`, encode(code, 3)] as const),
  ["surrogate pair in UTF-8", Buffer.concat([encode(0xd83d, 3), encode(0xde00, 3)])],
  ...TOO_LARGE.map(
    ([code, length]) => [`${hex(code)} in ${length} bytes`, encode(code, length)] as const,
  ),
  ...LONELY.map((byte) => [`lonely byte ${byte.toString(16)}`, Buffer.from([byte])] as const),
  ...TRUNCATED.flatMap((code) => {
    const whole = encode(code, lengthOf(code));
    return Array.from({ length: whole.length - 1 }, (_, at) => {
      const part = whole.subarray(0, at + 1);
      return [`${hex(code)} cut after ${at + 1}`, part] as const;
    });
  }),
  ["continuations of every value", Buffer.from(Array.from({ length: 64 }, (_, at) => 0x80 | at))],
];

const GREEK = Buffer.from("κόσμε");

const validCases = VALID_CODES.map(([code, length]) => {
  const encoded = encode(code, length);
  return delivered(
    `utf-8: valid ${hex(code)}`,
    [frame({ opcode: TEXT, payload: encoded })],
    [textLine(encoded)],
  );
});

/** Alone; in the middle of good text; and split over two frames. */
const invalidCases = INVALID.flatMap(([label, bytes]) => {
  const embedded = Buffer.concat([GREEK, bytes, Buffer.from("edited")]);
  const split = Math.ceil(bytes.length / 2);
  const parts = [
    Buffer.concat([GREEK, bytes.subarray(0, split)]),
    Buffer.concat([bytes.subarray(split), Buffer.from("end")]),
  ];
  return [
    violation(
      `utf-8: invalid alone, ${label}`,
      [frame({ opcode: TEXT, payload: bytes })],
      Fault.invalidUtf8,
    ),
    violation(
      `utf-8: invalid inside, ${label}`,
      [text("good"), frame({ opcode: TEXT, payload: embedded })],
      Fault.invalidUtf8,
      [textLine("good")],
    ),
    violation(
      `utf-8: invalid over two frames, ${label}`,
      fragments(TEXT, parts),
      Fault.invalidUtf8,
    ),
  ];
});

const reasonCases = INVALID.filter((_, at) => at % 5 === 0).map(([label, bytes]) =>
  violation(`utf-8: invalid in a close reason, ${label}`, [close(1000, bytes)], Fault.invalidUtf8),
);

const mixed = Buffer.from("Hello-µ@ßöäüàá-UTF-8!! κόσμε 🙂 漢字");
const long = Buffer.concat(Array(40).fill(mixed));

export const utf8Cases: readonly DriverCase[] = [
  ...validCases,
  ...invalidCases,
  ...reasonCases,
  delivered("utf-8: a long mixed text", [frame({ opcode: TEXT, payload: long })], [textLine(long)]),
  violation(
    "utf-8: a long mixed text with a fault at its end",
    [frame({ opcode: TEXT, payload: Buffer.concat([long, Buffer.from([0xff])]) })],
    Fault.invalidUtf8,
  ),
  ...[1, 2, 3].map((size) =>
    delivered(
      `utf-8: code points split into frames of ${size}`,
      [Buffer.concat(fragments(TEXT, cut(mixed, size)))],
      [textLine(mixed)],
    ),
  ),
  delivered(
    "utf-8: code points split into writes of 1",
    [frame({ opcode: TEXT, payload: mixed })],
    [textLine(mixed)],
    { chop: 1 },
  ),
  delivered(
    "utf-8: what is invalid as text is fine as binary",
    [frame({ opcode: 2, payload: Buffer.from([0xff, 0xfe, 0xc0]) })],
    [binaryLine(Buffer.from([0xff, 0xfe, 0xc0]))],
  ),
];
