/**
 * Goal: why a message was not what was waited for names the parts of the condition that were false, and what they compared.
 * Method: conditions and messages; the parts joined again give the condition (a law over random conditions).
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileMatch } from "../../../shared/scenario/expression/message-expression.ts";
import { conjuncts, whyNot } from "../../../worker/trace/why.ts";

const FACTS = { text: "", size: 0, conn: { user: "ann" } };

describe("conjuncts", () => {
  it.each([
    ["m.a == 1", ["m.a == 1"]],
    ["m.a == 1 && m.b == 'x && y' && size > 3", ["m.a == 1", "m.b == 'x && y'", "size > 3"]],
    ["m.a == 1 && (m.b || m.c && m.d)", ["m.a == 1", "(m.b || m.c && m.d)"]],
    ["m.a == 1 && m.b || m.c", ["m.a == 1 && m.b || m.c"]],
    ["m.a ? m.b && m.c : m.d", ["m.a ? m.b && m.c : m.d"]],
    [`m.a == 'it\\'s && so' && true`, [`m.a == 'it\\'s && so'`, "true"]],
  ])("of %s", (where, parts) => {
    expect(conjuncts(where)).toEqual(parts);
  });

  it("are all true exactly when the condition is", () => {
    const part = fc.constantFrom(
      "m.a == 1",
      "m.b == 'x'",
      "(m.a == 1 || m.b == 'x')",
      "!(m.a == 2)",
    );
    const value = fc.record({ a: fc.constantFrom(1, 2), b: fc.constantFrom("x", "y") });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), value, (parts, m) => {
        const where = parts.join(" && ");
        const judged = { m, sent: null, facts: FACTS };
        const all = whyNot(where, judged).every(({ holds }) => holds === true);
        expect(all).toBe(compileMatch(where).test(m, null, FACTS));
      }),
    );
  });
});

describe("whyNot", () => {
  it("says what was compared, of both sides, and what is missing", () => {
    const where = "m.type == 'ack' && m.id == sent.id && m.user == conn.user";
    const judged = { m: { type: "error", id: 7 }, sent: { id: 8 }, facts: FACTS };
    expect(whyNot(where, judged)).toEqual([
      { source: "m.type == 'ack'", holds: false, values: 'm.type is "error"' },
      { source: "m.id == sent.id", holds: false, values: "m.id is 7, sent.id is 8" },
      {
        source: "m.user == conn.user",
        holds: null,
        values: 'm.user is missing, conn.user is "ann"',
      },
    ]);
  });
});
