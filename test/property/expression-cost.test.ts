/** For any expression made of what grows fastest, over any message: it ends, and it says when it took too much. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { compileExpression } from "../../shared/scenario/expression/expression.ts";
import { MAX_STEPS } from "../../shared/scenario/expression/expression-cost.ts";

const list = fc.constantFrom("m.list", "[1, 2, 3, 4, 5, 6, 7, 8, 9]", "m.texts", "m.lists");
const macro = fc.constantFrom("all", "exists", "exists_one", "filter", "map");
const leaf = fc.constantFrom<string>(
  "true",
  "m.list == m.lists",
  "m.text.contains(m.text + 'b')",
  "m.text.matches('(a|b)*a(a|b){9}c')",
  "size(m.text + m.text) > 0",
  "m.nothing == 1",
  "m.text.split('').size() > 3",
  "m.list in m.lists",
);

/** A nest of macros, each a truth. */
const hostile = fc
  .tuple(fc.array(fc.tuple(macro, list), { minLength: 1, maxLength: 7 }), leaf)
  .map(([levels, inside]): string =>
    levels.reduce<string>((inner, [name, over], at) => {
      const nest = `${over}.${name}(x${at}, ${inner})`;
      return name === "filter" || name === "map" ? `${nest}.size() >= 0` : nest;
    }, inside),
  );

it("an expression ends within its steps, or says that it did not", () => {
  const size = fc.integer({ min: 0, max: 300 });
  fc.assert(
    fc.property(hostile, size, (source, count) => {
      const m = {
        list: Array(count).fill(1),
        lists: Array(count).fill([1, [2], { three: 3 }]),
        texts: Array(count).fill("text"),
        text: "ab".repeat(count * 10),
      };
      const expression = compileExpression(source, { m: "dyn" });
      const value = expression.evaluate({ m });
      expect(expression.exceeded).toBe(expression.steps > MAX_STEPS);
      if (expression.exceeded) expect(value).toBeNull();
    }),
    { numRuns: 60 },
  );
});
