/**
 * Law of replies told by single fields: what the bytes of a message tell is what the whole expression says of the parsed
 * message, whatever the message looks like. Method: JSON texts in every spelling (white space, escapes, numbers, equal keys,
 * depth), and texts that are almost JSON, between bytes of other messages; CEL over JSON.parse is what they are held against.
 */

import fc from "fast-check";
import { expect, it } from "vitest";
import { ONE_REPLY } from "../../shared/scenario/defaults.ts";
import { compileMatch } from "../../shared/scenario/expression/message-expression.ts";
import { JsonFields } from "../../worker/message/json-fields.ts";
import { parseJson, readJson, UNREAD } from "../../worker/message/json-reading.ts";
import { NONE, PendingTable } from "../../worker/message/pending-table.ts";
import { ReplyExpressions, SentKey } from "../../worker/message/reply-expressions.ts";

const space = fc.constantFrom("", "", "", " ", "\n\t ", "\r");
const text = fc.constantFrom(
  ...[
    '"x"',
    '"y"',
    '""',
    '"1"',
    '"true"',
    '"\\u0078"',
    '"\\n"',
    '"a\\"b"',
    '"é"',
    '"\\/"',
    '"\\ud800"',
  ],
  `"${"x".repeat(70)}"`,
);
const number = fc.constantFrom(
  ...["0", "-0", "1", "-1", "1.0", "1e0", "10e-1", "0.5", "1E+2", "100", "123456789012345"],
  ...["9007199254740993", "9007199254740992", "1e400", "-1.5"],
);
const word = fc.constantFrom("true", "false", "null");
const key = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('"a"', '"b"') },
  { weight: 1, arbitrary: fc.constantFrom('"c"', '"\\u0061"', '"aa"', '""', '"__proto__"', '"é"') },
);

const { value, map } = fc.letrec<{ value: string; map: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 2, arbitrary: fc.constant('"x"') },
    { weight: 3, arbitrary: text },
    { weight: 4, arbitrary: number },
    { weight: 2, arbitrary: word },
    { weight: 1, arbitrary: tie("map") },
    {
      weight: 1,
      arbitrary: fc
        .tuple(space, fc.array(tie("value"), { maxLength: 3 }))
        .map(([gap, items]) => `[${gap}${items.join(`${gap},`)}${gap}]`),
    },
  ),
  map: fc
    .array(fc.tuple(space, key, space, tie("value")), { maxLength: 4 })
    .map((pairs) =>
      pairs.map(([gap, name, other, of]) => `${gap}${name}${other}:${gap}${of}${other}`),
    )
    .map((pairs) => `{${pairs.join(",")}}`),
}));
const deep = fc
  .integer({ min: 25, max: 105 })
  .map((depth) => `{"a":"x","b":${"[".repeat(depth)}${"]".repeat(depth)}}`);
/** One character is another one, is missing, or is too many. */
const damaged = fc
  .tuple(map, fc.nat(), fc.constantFrom("", ...'{}[],:"\\0-1eux \u0001'), fc.nat(1))
  .map(([whole, at, character, cut]) => {
    const place = at % whole.length;
    return whole.slice(0, place) + character + whole.slice(place + cut);
  });
const message = fc.oneof(
  { weight: 6, arbitrary: map },
  { weight: 2, arbitrary: damaged },
  { weight: 1, arbitrary: value },
  { weight: 1, arbitrary: deep },
);

const field = fc.constantFrom("a", "b", "c", "a");
const literal = fc.constantFrom(
  ...["'x'", "'x'", "''", "'1'", "'é'", "'true'", "1", "0", "-1", "100", "true", "null", "1.5"],
);
const comparison = fc.oneof(
  fc.constantFrom("a", "b").map((name) => `m.${name} == sent.${name}`),
  fc.tuple(field, literal).map(([name, other]) => `m.${name} == ${other}`),
  fc.tuple(field, field).map(([name, other]) => `m.${name} == sent.${other}`),
  fc.tuple(field, field).map(([name, other]) => `sent.${other} == m.${name}`),
);
const where = fc
  .array(comparison, { minLength: 1, maxLength: 2, size: "-1" })
  .map((all) => all.join(" && "));

interface Judged {
  /** By bytes; undefined when they do not tell. */
  readonly byBytes: boolean | undefined;
  readonly answer: boolean;
}

/** As the reply search does it: bytes first, then the expression, with what was kept of the sent message. */
function judge(source: string, sentText: string, replyText: string): Judged {
  const expressions = new ReplyExpressions([
    { reply: { match: "where", where: source, withinUs: 1, ...ONE_REPLY } },
  ]);
  const table = new PendingTable([1], expressions.isKeyed);
  const record = table.add({
    pendingHead: NONE,
    pendingTail: NONE,
    pendingCount: 0,
    expiredCount: 0,
  });
  const sent = Buffer.from(sentText);
  const sentKey = new SentKey();
  const sentField = expressions.sentFieldOf(0);
  if (sentField !== null) sentKey.read(new JsonFields([sentField]), sent, 0, sent.length);
  const whole = sentKey.length > 0 ? undefined : parseJson(sentText);
  table.remember(record, { key: sentKey, sent: whole });
  // What other messages left in the buffer.
  const before = Buffer.from('{"a":');
  const bytes = Buffer.concat([before, Buffer.from(replyText), Buffer.from('"x","b":1}}')]);
  const end = before.length + Buffer.byteLength(replyText);
  const isRead = expressions.covers(0) && expressions.read(bytes, before.length, end);
  const byBytes = isRead ? expressions.judge(0, table, record, bytes) : undefined;
  const json = readJson(bytes.subarray(before.length, end));
  const parsed =
    json !== undefined &&
    json !== UNREAD &&
    expressions.matches[0]?.test(json, expressions.sentOf(0, table, record)) === true;
  return { byBytes, answer: byBytes ?? parsed };
}

/** CEL alone, over everything that was sent and came. */
function expected(source: string, sentText: string, replyText: string): boolean {
  const json = readJson(Buffer.from(replyText));
  if (json === undefined || json === UNREAD) return false;
  return compileMatch(source, { fast: false }).test(json, parseJson(sentText));
}

it("fields read from bytes answer as the whole expression does", () => {
  const told = { true: 0, false: 0, undefined: 0 };
  fc.assert(
    fc.property(where, message, message, fc.boolean(), (source, sent, other, isEcho) => {
      const reply = isEcho ? sent : other;
      const { byBytes, answer } = judge(source, sent, reply);
      told[`${byBytes}`]++;
      expect(answer).toBe(expected(source, sent, reply));
    }),
    { numRuns: 2500 },
  );
  expect(Math.min(told.true, told.false, told.undefined)).toBeGreaterThan(20);
});

it.each([
  ["a duplicate key: the last counts", '{"a":"y","a":"x"}', true],
  ["a duplicate key: the last counts, whatever it is", '{"a":"x","a":[]}', false],
  ["an escaped key", '{"\\u0061":"x"}', true],
  ["an escaped value", '{"a":"\\u0078"}', true],
  ["a map in place of the text", '{"a":{"a":"x"}}', false],
  ["the field of a map inside", '{"b":{"a":"x"}}', false],
  ["a comma too many", '{"a":"x",}', false],
  ["no JSON behind the field", '{"a":"x","b":01}', false],
  ["something behind the map", '{"a":"x"} x', false],
  ["white space around", ' {"a" : "x" } \n', true],
  ["a list", '["x"]', false],
  ["nothing", "", false],
])("%s", (_, reply, answers) => {
  expect(judge("m.a == 'x'", "{}", reply).answer).toBe(answers);
  expect(judge("m.a == sent.c", '{"c":"x"}', reply).answer).toBe(answers);
});
