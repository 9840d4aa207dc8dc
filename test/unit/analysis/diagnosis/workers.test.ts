/**
 * Goal: failures of one worker's connections alone are said to be inseparable from what a balancer has behind it for that worker, with the probe
 * that could tell; failures of all workers are not. Method: runs of two workers told second by second.
 */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { heard } from "../../../../coordinator/analysis/diagnosis/witness/registry.ts";
import type { FailureKind } from "../../../../shared/stats/failure-kind.ts";
import { drawUnit, Stream } from "../../../../shared/time/random.ts";
import { foldOfWorkers, healthySeconds, momentAt, type Told } from "./story.ts";

const PLAN = { connections: 200, ramp: 4 };

/** Half of the load, of which so many connections are lost a second, at any age. */
function worker(seed: number, lost: number, kind: FailureKind, signature: string): Told[] {
  const load = { seed, seconds: 30, connections: 100, ramp: 4, rate: 2, medianUs: 3000 };
  const draw = (second: number, at: number) => drawUnit(seed, Stream.slot, second, at);
  return healthySeconds({ ...load, correlation: 0.5, spread: 0.4 }).map(
    ({ failures: _, dropped: _1, lifetimeUs: _2, ...told }, second): Told => {
      const count = second < 6 ? 0 : lost;
      const ageOf = (at: number) => Math.ceil(1000 * (second + 1) * draw(second, at));
      const controls = Array.from({ length: 5 }, (_none, at) => ({
        ...momentAt(second, { connection: at, ageMs: ageOf(at) }),
        weight: 20,
      }));
      if (count === 0) return { ...told, controls };
      return {
        ...{ ...told, controls, dropped: count, opened: count },
        lifetimeUs: Array.from({ length: count }, (_none, at) => 1000 * ageOf(10 + at)),
        failures: [{ kind, signature, count }],
        events: Array.from({ length: count }, (_none, at) => ({
          ...{ weight: 1, kind, signature },
          ...momentAt(second, { connection: 50 + at, ageMs: ageOf(10 + at) }),
        })),
      };
    },
  );
}

const found = (first: readonly Told[], second: readonly Told[]) =>
  diagnose(new Signals(foldOfWorkers([first, second], PLAN)), DETECTORS);

describe.each([
  ["abnormal-close", "ECONNRESET", "unknown", "unknown"],
  ["close-code", "1011", "server-errors", undefined],
] as const)("%s %s", (kind, signature, cause, locus) => {
  test("of one worker alone: this run cannot tell the worker from what is behind it", () => {
    const [one, ...others] = found(worker(1, 6, kind, signature), worker(2, 0, kind, signature));
    expect(one).toMatchObject({ cause, ...(locus && { locus }) });
    expect(one?.against.join()).toContain("of connections of worker w1, and 0 of the other");
    expect(one?.against.join()).toContain("cannot separate");
    expect(one?.nextProbe).toContain("localAddresses");
    expect(others).toEqual([]);
  });

  test("of both workers: nothing is said of workers", () => {
    const [one] = found(worker(1, 6, kind, signature), worker(2, 5, kind, signature));
    expect(one?.cause).toBe(cause);
    expect(JSON.stringify(one)).not.toContain("worker");
    expect(one?.locus ?? "server").toBe("server");
  });
});

describe("a cause that lies at a worker by what it is", () => {
  const lost = worker(1, 6, "heartbeat-timeout", "");
  const signals = new Signals(foldOfWorkers([lost, worker(2, 0, "heartbeat-timeout", "")], PLAN));
  const [one] = diagnose(signals, DETECTORS);

  test("keeps its own advice", () => {
    expect(one?.cause).toBe("generator-network");
    expect(one?.nextProbe).toContain("tc qdisc");
    expect(one?.against.join()).not.toContain("cannot separate");
  });

  test.each(["stale-address", "few-source-addresses", "worker-lost", "clock-skew"] as const)(
    "%s, too",
    (cause) => {
      if (one === undefined) throw new Error("no hypothesis");
      const other = heard(signals, { ...one, cause });
      expect(other.nextProbe).toBe(one.nextProbe);
      expect(other.against).toEqual(one.against);
    },
  );
});
