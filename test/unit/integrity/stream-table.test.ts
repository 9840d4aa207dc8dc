/** Goal: the table of streams finds what a map finds, through growth and forgetting. Method: generated steps against a map. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { NONE, StreamTable } from "../../../worker/integrity/stream-table.ts";

test("finds each stream that was added and not forgotten, and no other", () => {
  const step = fc.record({
    slot: fc.integer({ min: 0, max: 2000 }),
    sender: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.string({ maxLength: 2 })),
    scope: fc.constantFrom("", "a", 1),
    forgets: fc.integer({ min: 0, max: 9 }).map((drawn) => drawn === 0),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 3000, size: "max" }), (steps) => {
      const table = new StreamTable();
      const known = new Map<string, number>();
      for (const { slot, sender, scope, forgets } of steps) {
        if (forgets) {
          table.forget(slot);
          for (const key of known.keys()) if (key.startsWith(`${slot}|`)) known.delete(key);
          continue;
        }
        const key = `${slot}|${typeof sender}${sender}|${scope}`;
        const row = table.find(slot, sender, scope);
        expect(row).toBe(known.get(key) ?? NONE);
        if (row === NONE) known.set(key, table.add(slot, sender, scope));
      }
      expect(new Set(known.values()).size).toBe(known.size);
    }),
    { numRuns: 20 },
  );
});

test("has no room beyond its bound, and again when a connection is forgotten", () => {
  const table = new StreamTable(2);
  expect([table.add(0, "a", ""), table.add(1, "b", ""), table.add(2, "c", "")]).toEqual([
    0,
    1,
    NONE,
  ]);
  table.forget(1);
  expect(table.add(2, "c", "")).toBe(1);
  expect([table.senderOf(1), table.scopeOf(1), table.slotOf(1)]).toEqual(["c", "", 2]);
});
