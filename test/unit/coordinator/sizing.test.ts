/** How many workers, engines and source addresses a run takes: a table of cases, and the laws behind it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  MAX_WORKERS,
  RESERVED_FILES,
  sizeLocalCluster,
  sourceAddressesNeeded,
} from "../../../coordinator/local/sizing.ts";
import { OnrushError } from "../../../shared/errors.ts";
import { connectionsOf, shardsThatFit } from "../../../shared/load/split.ts";
import { parsePortRange } from "../../../shared/local-ports.ts";

function refusal(work: () => unknown): OnrushError {
  try {
    work();
  } catch (error) {
    if (error instanceof OnrushError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("sizing of the local cluster", () => {
  it.each([
    // The laptop: 10,000 connections in one worker, one engine beside the coordinator.
    [{ connections: 10_000, shards: 64, cpus: 2, openFiles: 20_000 }, [1, 1, 10_000]],
    [{ connections: 10_000, shards: 64, cpus: 8, openFiles: 1_048_576 }, [1, 7, 10_000]],
    // 100,000 at 20,000 files: 512 shards of 196, 101 of them fit, so six workers of at most 86.
    [{ connections: 100_000, shards: 512, cpus: 2, openFiles: 20_000 }, [6, 1, 86 * 196]],
    [{ connections: 100_000, shards: 512, cpus: 16, openFiles: 20_000 }, [6, 2, 86 * 196]],
    // A usual default limit.
    [{ connections: 3000, shards: 16, cpus: 4, openFiles: 1024 }, [4, 1, 4 * 188]],
    // Never more engines than shards to give them, never fewer than one.
    [{ connections: 8, shards: 8, cpus: 64, openFiles: 1024 }, [1, 8, 8]],
    [{ connections: 1, shards: 8, cpus: 1, openFiles: 1024 }, [1, 1, 8]],
    [{ connections: 0, shards: 8, cpus: 2, openFiles: 1024 }, [1, 1, 8]],
    // As many as asked for.
    [{ connections: 10_000, shards: 64, cpus: 8, openFiles: 20_000, workers: 4 }, [4, 1, 16 * 157]],
    [{ connections: 10_000, shards: 64, cpus: 9, openFiles: 20_000, workers: 1 }, [1, 8, 10_000]],
    // Eight shards dealt to five: two each, so the fifth would get nothing and is not started.
    [{ connections: 800, shards: 8, cpus: 2, openFiles: 20_000, workers: 5 }, [4, 1, 200]],
    [{ connections: 800, shards: 8, cpus: 2, openFiles: 20_000, workers: 99 }, [8, 1, 100]],
  ])("%j", (input, [workers, enginesPerWorker, capacityPerWorker]) => {
    expect(sizeLocalCluster(input)).toEqual({ workers, enginesPerWorker, capacityPerWorker });
  });

  it("refuses what cannot fit, with the limit that is needed", () => {
    // One shard of 250 does not fit into 300 - 200 files, however many workers.
    const error = refusal(() =>
      sizeLocalCluster({ connections: 2000, shards: 8, cpus: 2, openFiles: 300 }),
    );
    expect(error.code).toBe("ONRUSH_LIMITS_TOO_LOW");
    expect(error.exitCode).toBe(98);
    expect(error.remedy).toContain("ulimit -n 450");
  });

  it("refuses too few workers, with the number that would do and the limit that would", () => {
    const error = refusal(() =>
      sizeLocalCluster({ connections: 10_000, shards: 64, cpus: 2, openFiles: 4096, workers: 2 }),
    );
    expect(error.remedy).toContain("--workers 3");
    expect(error.remedy).toContain(`ulimit -n ${16 * 157 + 16 * 156 + RESERVED_FILES}`);
    expect(error.message).toContain("2 worker processes");
  });

  it("takes its own advice, whatever the input", () => {
    fc.assert(
      fc.property(
        fc.record({
          connections: fc.integer({ min: 0, max: 2_000_000 }),
          shards: fc.integer({ min: 3, max: 12 }).map((power) => 2 ** power),
          cpus: fc.integer({ min: 1, max: 256 }),
          openFiles: fc.integer({ min: 1, max: 1_048_576 }),
          workers: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined }),
        }),
        ({ workers: wished, ...plan }) => {
          const input = wished === undefined ? plan : { ...plan, workers: wished };
          let sizing: ReturnType<typeof sizeLocalCluster>;
          try {
            sizing = sizeLocalCluster(input);
          } catch (error) {
            const { remedy } = error as OnrushError;
            const openFiles = Number(/ulimit -n (\d+)/.exec(remedy)?.[1]);
            expect(openFiles).toBeGreaterThan(plan.openFiles);
            sizing = sizeLocalCluster({ ...input, openFiles });
            input.openFiles = openFiles;
            const advised = /--workers (\d+)/.exec(remedy)?.[1];
            if (advised !== undefined) sizeLocalCluster({ ...plan, workers: Number(advised) });
          }
          const { workers, enginesPerWorker, capacityPerWorker } = sizing;
          const sizes = { shards: plan.shards, peak: plan.connections };
          const each = shardsThatFit(sizes, capacityPerWorker);
          expect(connectionsOf(sizes, each)).toBe(capacityPerWorker);
          expect(workers * each).toBeGreaterThanOrEqual(plan.shards);
          // All but one worker full: the last one still has a shard to hold.
          expect((workers - 1) * each).toBeLessThan(plan.shards);
          expect(capacityPerWorker).toBeLessThanOrEqual(input.openFiles - RESERVED_FILES);
          expect(workers).toBeLessThanOrEqual(Math.min(MAX_WORKERS, wished ?? MAX_WORKERS));
          expect(enginesPerWorker).toBeGreaterThanOrEqual(1);
          expect(enginesPerWorker).toBeLessThanOrEqual(each);
          if (enginesPerWorker > 1) {
            expect(workers * enginesPerWorker).toBeLessThanOrEqual(plan.cpus - 1);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("source addresses", () => {
  const linux = [32_768, 60_999] as const;
  it.each([
    [{ connections: 0, ports: linux }, 1],
    [{ connections: 10_000, ports: linux }, 1],
    [{ connections: 25_408, ports: linux }, 1],
    [{ connections: 25_409, ports: linux }, 2],
    [{ connections: 100_000, ports: linux }, 4],
    [{ connections: 100_000, ports: [1024, 65_535] as const }, 2],
  ])("%j needs %i", (input, needed) => {
    expect(sourceAddressesNeeded(input)).toBe(needed);
  });

  it.each([
    ["32768\t60999\n", [32_768, 60_999]],
    ["1024 65535", [1024, 65_535]],
    ["", [49_152, 65_535]],
    ["60999 32768", [49_152, 65_535]],
    ["1 99999", [49_152, 65_535]],
    ["a b", [49_152, 65_535]],
  ])("reads the range of local ports from %j", (text, range) => {
    expect(parsePortRange(text)).toEqual(range);
  });
});
