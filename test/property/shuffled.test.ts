/** Shuffled rows: an order without gaps or repeats, another one each round, and the same wherever it is looked at. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { cellOf } from "../../shared/scenario/template/data-row.ts";
import { permuted } from "../../shared/scenario/template/permutation.ts";
import { tableOf } from "../support/data-table.ts";

const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const size = fc.integer({ min: 1, max: 3000 });

test("every position has a row of its own", () => {
  fc.assert(
    fc.property(seed, fc.nat(100_000), size, (seed, key, n) => {
      const seen = new Set<number>();
      for (let at = 0; at < n; at++) seen.add(permuted(seed, key, at, n));
      expect(seen.size).toBe(n);
      for (const value of seen) expect(value >= 0 && value < n).toBe(true);
    }),
    { numRuns: 80 },
  );
});

test("over a cluster each row is used once in a round, and the next round is another order", () => {
  fc.assert(
    fc.property(seed, fc.integer({ min: 20, max: 400 }), fc.nat(99), (seed, n, ordinal) => {
      const rows = Array.from({ length: n }, (_, row) => [String(row)]);
      const table = {
        ...{ name: "users", ordinal },
        table: tableOf(["id"], rows, "shuffled"),
      };
      const rowFor = (connectionIndex: number) => cellOf(table, 0, { seed, connectionIndex }, null);
      const round = (number: number) =>
        Array.from({ length: n }, (_, at) => rowFor(number * n + at));
      const [first, second] = [round(0), round(1)];
      expect(new Set(first).size).toBe(n);
      expect(new Set(second).size).toBe(n);
      expect(first).not.toEqual(second);
      // Whoever holds every fourth connection finds the same.
      for (let at = 0; at < n; at += 4) expect(rowFor(at)).toBe(first[at]);
    }),
    { numRuns: 40 },
  );
});

test("rows go far: a connection's row says little of its neighbour's", () => {
  const n = 10_000;
  let steps = 0;
  for (let at = 1; at < n; at++) {
    if (Math.abs(permuted(7, 0, at, n) - permuted(7, 0, at - 1, n)) < 100) steps++;
  }
  // By chance 2% of neighbours are so near.
  expect(steps / n).toBeLessThan(0.03);
});
