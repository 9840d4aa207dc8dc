/** Law of reply matching: plain property access and CEL give the same answer for every conjunction. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { compileMatch } from "../../shared/scenario/expression/message-expression.ts";

const name = fc.constantFrom("a", "b", "c");
const path = fc
  .tuple(fc.constantFrom("m", "sent"), fc.array(name, { minLength: 1, maxLength: 3 }))
  .map(([root, names]) => [root, ...names].join("."));
const literal = fc.oneof(
  fc.constantFrom("'x'", '"y"', "''", "1", "0", "-1", "1.5", "-0.0", "true", "false", "null", "2u"),
);
const comparison = fc
  .tuple(path, fc.oneof(path, literal), fc.boolean())
  .map(([left, right, swap]) => (swap ? `${right} == ${left}` : `${left} == ${right}`));
const where = fc.array(comparison, { minLength: 1, maxLength: 4 }).map((all) => all.join(" && "));

/** JSON values over few names, so that paths often lead somewhere. */
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<unknown>("x", "y", "", 1, 0, -1, 1.5, 2, true, false, null),
    fc.array(tie("value"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value")),
  ),
})).value;
const document = fc.oneof(
  { weight: 6, arbitrary: fc.dictionary(fc.constantFrom("a", "b", "c"), json) },
  { weight: 1, arbitrary: json },
);

it("the fast path agrees with CEL", () => {
  let fastCount = 0;
  fc.assert(
    fc.property(where, document, document, (text, m, sent) => {
      const fast = compileMatch(text);
      const slow = compileMatch(text, { fast: false });
      if (fast.fast) fastCount++;
      expect(fast.judge(m, sent)).toBe(slow.judge(m, sent));
      expect(fast.test(m, sent)).toBe(slow.test(m, sent));
    }),
    { numRuns: 3000 },
  );
  expect(fastCount).toBeGreaterThan(1000);
});

it("parsed JSON of any kind is judged without throwing", () => {
  const match = compileMatch(
    "m.type == 'ack' && m.id == sent.id || size(m.list) > 2 && m.n % 2 == 0",
  );
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (m, sent) => {
      expect([true, false, null]).toContain(match.judge(m, sent));
    }),
  );
});
