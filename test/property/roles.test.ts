/** Roles by index: shares hold in every prefix, and it does not matter who looks, nor how far. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { Crowd } from "../../shared/load/crowd.ts";
import { RoleAssignment } from "../../shared/load/roles.ts";

const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 });
/** Whole parts of a thousand that add up to it. */
const shares = fc
  .array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 12 })
  .map((weights) => {
    const sum = weights.reduce((all, weight) => all + weight, 0);
    return weights.map((weight) => weight / sum);
  });

test("of the first n connections each role has its share, to less than one, for every n", () => {
  fc.assert(
    fc.property(seed, shares, fc.integer({ min: 1, max: 3000 }), (seed, shares, connections) => {
      const roles = new RoleAssignment(seed, shares);
      const counts = shares.map(() => 0);
      for (let index = 0; index < connections; index++) {
        counts[roles.roleOf(index)]!++;
        for (const [role, share] of shares.entries()) {
          expect(Math.abs(counts[role]! - share * (index + 1))).toBeLessThan(1 + 1e-5);
        }
      }
      expect(roles.countsBelow(connections)).toEqual(counts);
    }),
    { numRuns: 60 },
  );
});

test("every shard of any number of them sees the role that one process sees", () => {
  fc.assert(
    fc.property(
      seed,
      shares,
      fc.constantFrom(1, 4, 8, 64),
      fc.integer({ min: 1, max: 1500 }),
      (seed, shares, shards, connections) => {
        const one = new RoleAssignment(seed, shares);
        const all = Array.from({ length: connections }, (_, index) => one.roleOf(index));
        for (let shard = 0; shard < Math.min(shards, 5); shard++) {
          const own = new RoleAssignment(seed, shares);
          // From the end, as a worker that joins late might ask.
          for (let index = connections - 1; index >= 0; index--) {
            if (index % shards === shard) expect(own.roleOf(index)).toBe(all[index]);
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});

test("shards get their part of each role, also where shares and shards have a common measure", () => {
  for (const [shares, shards] of [
    [[0.5, 0.5], 8],
    [[0.25, 0.75], 8],
    [[0.125, 0.875], 8],
    [[0.1, 0.9], 64],
    [[0.25, 0.25, 0.25, 0.25], 16],
  ] as const) {
    const connections = 64_000;
    const roles = new RoleAssignment(42, shares);
    const counts = Array.from({ length: shards }, () => shares.map(() => 0));
    for (let index = 0; index < connections; index++) {
      counts[index % shards]![roles.roleOf(index)]!++;
    }
    for (const ofShard of counts) {
      for (const [role, share] of shares.entries()) {
        const expected = (share * connections) / shards;
        expect(ofShard[role]! / expected).toBeGreaterThan(0.8);
        expect(ofShard[role]! / expected).toBeLessThan(1.45);
      }
    }
  }
});

test("the crowds of all roles are the connections that are open, each once", () => {
  const phases = [
    {
      ...{ phase: "grow", exclude: false, messageFactor: 1, durationUs: 5e6 },
      ...({ ramp: "linear", to: 137 } as const),
    },
    {
      ...{ phase: "come", exclude: false, messageFactor: 1, durationUs: 5e6 },
      ...({ ramp: "arrivals", arrivalsPerSec: 30, arrival: "poisson" } as const),
      stay: { kind: "exp", meanUs: 1e6 } as const,
    },
  ];
  fc.assert(
    fc.property(seed, shares, fc.integer({ min: 0, max: 9_999_999 }), (seed, shares, atUs) => {
      const population = buildPopulation({ seed, phases });
      const roles = new RoleAssignment(seed, shares);
      const found: number[] = [];
      for (const role of shares.keys()) {
        const crowd = Crowd.ofRole(population, roles, role);
        const held = crowd.heldAt(atUs);
        for (let rank = 0; rank < held; rank++) found.push(crowd.heldIndex(rank));
        for (const [arrival, openUs] of crowd.arrivals.openUs.entries()) {
          const isOpen = openUs <= atUs && atUs < (crowd.arrivals.closeUs[arrival] ?? 0);
          if (isOpen) found.push(crowd.arrivalIndex(arrival));
        }
      }
      const open: number[] = [];
      for (let index = 0; index < population.connections; index++) {
        const isOpen = population
          .sessionsOf(index)
          .some(({ openUs, closeUs }) => openUs <= atUs && atUs < closeUs);
        if (isOpen) open.push(index);
      }
      expect(found.sort((a, b) => a - b)).toEqual(open);
    }),
    { numRuns: 60 },
  );
});
