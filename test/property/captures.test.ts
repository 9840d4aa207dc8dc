/**
 * Law: a connection knows what it captured itself, the newest of each name, over its reconnects, and never anything that another
 * captured; what is no value, or too long, changes nothing. Method: random exchanges of several connections, held against a
 * model of one map each; every message that is sent says all that its connection knows.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { StrictMessage } from "../../shared/scenario/strict.ts";
import { MAX_CAPTURED_CHARS } from "../../shared/scenario/template/placeholder-length.ts";
import { NOTHING_CAPTURED } from "../../worker/message/captures.ts";
import { Correlation } from "../support/correlation.ts";

const CONNECTIONS = 4;
const NAMES = ["a", "b", "c"] as const;
type Name = (typeof NAMES)[number];

const SAY: StrictMessage = {
  name: "say",
  weight: 1,
  sequence: null,
  send: {
    kind: "json",
    value: {
      id: "{{conn.index}}/{{seq}}",
      ...Object.fromEntries(NAMES.map((name) => [name, `{{conn.${name}}}`])),
      text: NAMES.map((name) => `<{{conn.${name}}}>`).join(""),
      cel: "{{has(conn.a) ? conn.a : 'none'}}",
    },
  },
  reply: {
    match: "where",
    where: "m.id == sent.id",
    withinUs: 1_000_000,
    replies: 1,
    fail: null,
    capture: NAMES.map((name) => ({ name, value: `m.${name}`, secret: name === "b" })),
  },
};

const value = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  { weight: 2, arbitrary: fc.integer() },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.array(fc.integer(), { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.record({ in: fc.string() }) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: MAX_CAPTURED_CHARS - 1, max: MAX_CAPTURED_CHARS + 1 })
      .map((length) => "x".repeat(length)),
  },
);

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("exchange" as const),
      slot: fc.nat(CONNECTIONS - 1),
      /** Fields that are left out are no values either. */
      given: fc.record({ a: value, b: value, c: value }, { requiredKeys: [] }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("reconnect" as const),
      slot: fc.nat(CONNECTIONS - 1),
    }),
  },
);

type Known = Partial<Record<Name, string | number | boolean>>;

/** What is kept of a value that came as JSON; undefined: nothing. */
function kept(given: unknown): string | number | boolean | undefined {
  const came: unknown = given === undefined ? undefined : JSON.parse(JSON.stringify(given));
  if (came === undefined || came === null) return undefined;
  if (typeof came === "number" || typeof came === "boolean") return came;
  const text = typeof came === "string" ? came : JSON.stringify(came);
  return text.length > MAX_CAPTURED_CHARS ? undefined : text;
}

/** As a message says it, where its text is UTF-8. */
const said = (text: string) => Buffer.from(text).toString();

function expected(known: Known): object {
  const values = NAMES.map((name) => [name, known[name] ?? null] as const);
  return {
    ...Object.fromEntries(values),
    text: said(values.map(([, one]) => `<${one ?? ""}>`).join("")),
    cel: known.a ?? "none",
  };
}

it("connections know what they captured themselves", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const correlation = new Correlation([SAY], {
        conversations: CONNECTIONS,
        captures: NAMES.map((name) => ({ name, secret: name === "b" })),
      });
      for (const one of correlation.conversations) one.captured = NOTHING_CAPTURED;
      const model = Array.from({ length: CONNECTIONS }, (): Known => ({}));
      for (const { slot, ...one } of steps) {
        if (one.kind === "reconnect") {
          correlation.end(slot);
          continue;
        }
        const known = model[slot] as Known;
        const { id, ...rest } = JSON.parse(correlation.send(slot).toString()) as { id: string };
        expect(rest).toEqual(JSON.parse(said(JSON.stringify(expected(known)))));
        correlation.receive(JSON.stringify({ id, ...one.given }), slot);
        let isWhole = true;
        for (const name of NAMES) {
          const came = kept(one.given[name]);
          if (came === undefined) isWhole = false;
          else known[name] = came;
        }
        const { told } = correlation.conversation(slot);
        expect(told.splice(0).map(({ kind }) => kind)).toEqual(isWhole ? [] : ["capture"]);
      }
      for (const [slot, known] of model.entries()) {
        const { id: _, ...rest } = JSON.parse(correlation.send(slot).toString()) as { id: string };
        expect(rest).toEqual(JSON.parse(said(JSON.stringify(expected(known)))));
      }
      expect(NOTHING_CAPTURED).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
