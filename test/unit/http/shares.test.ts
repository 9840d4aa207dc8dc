/** Shares hold under any order of taking and giving back. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Shares } from "../../../coordinator/http/access/shares.ts";

test("no more is given away than there is, to all and to each, and all of it comes back", () => {
  const step = fc.record({
    client: fc.constantFrom("a", "b", "c"),
    amount: fc.nat({ max: 60 }),
    backs: fc.nat({ max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const shares = new Shares({ all: 100, each: 70 });
      const taken: { client: string; amount: number; back: () => void }[] = [];
      const sum = (client?: string) =>
        taken
          .filter((one) => client === undefined || one.client === client)
          .reduce((total, { amount }) => total + amount, 0);
      for (const { client, amount, backs } of steps) {
        const fits = sum() + amount <= 100 && sum(client) + amount <= 70;
        const back = shares.take(client, amount);
        expect(back !== null).toBe(fits);
        if (back !== null) taken.push({ client, amount, back });
        for (const given of taken.splice(0, backs)) {
          given.back();
          given.back();
        }
      }
      for (const { back } of taken.splice(0)) back();
      expect(shares.take("d", 70)).not.toBeNull();
      expect(shares.take("e", 30)).not.toBeNull();
    }),
  );
});
