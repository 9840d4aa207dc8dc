/**
 * Goal: whatever the phases are, what single connections do adds up to the plan, at every moment, over any
 * shards. Method: random phases; the curve, its inverse, the sessions and the counts are four computations of
 * the same thing and must agree.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { buildProfile } from "../../shared/load/profile.ts";
import { timeOf, valueAt } from "../../shared/load/ramp.ts";
import { indicesOf } from "../../shared/load/split.ts";
import { anyPhases, closedPhases, moments, momentsUs, seeds } from "./load-arbitraries.ts";

/** How many of `connections` a shard holds, in closed form. */
function sizeOf(shard: number, shards: number, connections: number): number {
  return shard < connections ? Math.floor((connections - 1 - shard) / shards) + 1 : 0;
}

it("shards sum to the plan at every moment, up and down", () => {
  fc.assert(
    fc.property(
      anyPhases,
      seeds,
      fc.integer({ min: 1, max: 64 }),
      moments,
      (phases, seed, shards, shares) => {
        const population = buildPopulation({ seed, phases });
        const { connections, closed, profile } = population;
        for (const tUs of momentsUs(shares, profile.durationUs)) {
          const closedNow = tUs < profile.durationUs ? profile.concurrencyAt(tUs) : 0;
          let sum = 0;
          for (let shard = 0; shard < shards; shard++) {
            let open = 0;
            let openClosed = 0;
            for (const index of indicesOf(shard, shards, connections)) {
              const isOpen = population
                .sessionsOf(index)
                .some(({ openUs, closeUs }) => openUs <= tUs && tUs < closeUs);
              if (isOpen) open++;
              if (isOpen && index < closed) openClosed++;
            }
            // A shard's part of the closed model is its part of the indices below C(t).
            expect(openClosed).toBe(sizeOf(shard, shards, closedNow));
            sum += open;
          }
          expect(sum).toBe(population.plannedOpenAt(tUs));
          expect(sum).toBeLessThanOrEqual(population.peakPlanned);
        }
      },
    ),
    { numRuns: 60 },
  );
});

it("every index is in exactly one shard", () => {
  const sizes = fc.integer({ min: 0, max: 3000 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 512 }), (connections, shards) => {
      const seen = new Uint8Array(connections);
      for (let shard = 0; shard < shards; shard++) {
        let size = 0;
        for (const index of indicesOf(shard, shards, connections)) {
          expect(index % shards).toBe(shard);
          seen[index] = (seen[index] ?? 0) + 1;
          size++;
        }
        expect(size).toBe(sizeOf(shard, shards, connections));
      }
      expect(seen.every((times) => times === 1)).toBe(true);
    }),
  );
});

it("the inverse of the curve is its inverse, wherever it is strictly monotone", () => {
  fc.assert(
    fc.property(closedPhases, moments, (phases, shares) => {
      for (const segment of buildProfile(phases).segments) {
        if (segment.from === segment.to) continue;
        const lengthUs = segment.toUs - segment.fromUs;
        for (const share of shares) {
          const tUs = segment.fromUs + share * lengthUs;
          const back = timeOf(segment, valueAt(segment, tUs));
          // Absolute: the curve may be flat to the last digit of a double near one end.
          expect(Math.abs(back - tUs)).toBeLessThan(1e-9 * lengthUs + 1e-6);
        }
      }
    }),
  );
});

it("sessions are in order, apart, inside the run, and as many as the counted opens", () => {
  fc.assert(
    fc.property(closedPhases, (phases) => {
      const profile = buildProfile(phases);
      let opens = 0;
      for (let index = 0; index < profile.maxConcurrency; index++) {
        let lastUs = 0;
        const sessions = profile.sessions(index);
        for (const [number, { openUs, closeUs }] of sessions.entries()) {
          if (number > 0) expect(openUs).toBeGreaterThan(lastUs);
          expect(openUs).toBeGreaterThanOrEqual(lastUs);
          expect(closeUs).toBeGreaterThan(openUs);
          lastUs = closeUs;
        }
        expect(lastUs).toBeLessThanOrEqual(profile.durationUs);
        expect(sessions.length).toBeGreaterThan(0);
        opens += sessions.length;
      }
      expect(profile.sessions(profile.maxConcurrency)).toEqual([]);
      expect(profile.opensBetween(0, profile.durationUs)).toBe(opens);
    }),
  );
});

it("opens between two moments are those of the sessions, and add up", () => {
  fc.assert(
    fc.property(closedPhases, moments, (phases, shares) => {
      const profile = buildProfile(phases);
      const cuts = momentsUs(shares, profile.durationUs).sort((a, b) => a - b);
      const edges = [0, ...cuts, profile.durationUs + 1];
      const opensUs = Array.from({ length: profile.maxConcurrency }, (_, index) =>
        profile.sessions(index).map(({ openUs }) => openUs),
      ).flat();
      for (const [number, fromUs] of edges.slice(0, -1).entries()) {
        const toUs = edges[number + 1] ?? 0;
        const inside = opensUs.filter((us) => us >= fromUs && us < toUs).length;
        expect(profile.opensBetween(fromUs, toUs)).toBe(inside);
      }
    }),
    { numRuns: 60 },
  );
});

it("the last to open is the first to close", () => {
  fc.assert(
    fc.property(closedPhases, fc.nat(), (phases, pick) => {
      const profile = buildProfile(phases);
      if (profile.maxConcurrency < 2) return;
      const index = pick % (profile.maxConcurrency - 1);
      // Every session of index + 1 lies within one of index.
      for (const inner of profile.sessions(index + 1)) {
        const within = profile
          .sessions(index)
          .filter(({ openUs, closeUs }) => openUs <= inner.openUs && inner.closeUs <= closeUs);
        expect(within.length).toBe(1);
      }
    }),
  );
});
