/**
 * Goal: what one worker, or the script, does is told as theirs and not as the target's; and what the target does to all workers alike, or to
 * few connections, is not laid on one of them. Method: runs of several workers second by second, with seeded noise.
 */
import { describe, expect, test } from "vitest";
import { scenario } from "../../merge/synthetic-run.ts";
import {
  causesOf,
  foldOf,
  foldOfWorkers,
  type Healthy,
  healthySeconds,
  momentAt,
  type Told,
} from "./story.ts";

const SECONDS = 24;
const ONSET = 10;
const PLAN = { connections: 200, ramp: 3 };

const healthy = (seed: number, change: Partial<Healthy> = {}) =>
  healthySeconds({
    ...{ seed, seconds: SECONDS, connections: 100, ramp: 3, rate: 2 },
    ...{ medianUs: 3000, correlation: 0.5, spread: 0.4, ...change },
  });

/** From the onset on. */
const since = (seconds: readonly Told[], change: (told: Told) => Told) =>
  seconds.map((told, at) => (at < ONSET ? told : change(told)));

const slower = (byUs: number) => (told: Told) => ({
  ...told,
  latencyUs: told.latencyUs?.map((us) => us + byUs) ?? [],
});

const SEEDS = [1, 2, 3, 4, 5];

describe("replies are slow", () => {
  test.each([15_000, 60_000, 500_000])("for one worker of three, by %d us", (byUs) => {
    for (const seed of SEEDS) {
      const workers = [1, 2, 3].map((place) => healthy(10 * seed + place));
      const slow = workers.with(seed % 3, since(workers[seed % 3] ?? [], slower(byUs)));
      expect(causesOf(foldOfWorkers(slow, PLAN))[0]).toBe("generator-network likely");
    }
  });

  test("for all workers alike: it is none of theirs", () => {
    const workers = [1, 2].map((seed) => since(healthy(seed), slower(60_000)));
    expect(causesOf(foldOfWorkers(workers, PLAN)).join()).not.toContain("generator-network");
  });

  test("for one that leaves its messages late: it is slow by itself", () => {
    const late = since(healthy(2), (told) => ({
      ...slower(60_000)(told),
      sendLagUs: told.latencyUs?.map(() => 20_000) ?? [],
    }));
    const onTime = healthy(1).map((told) => ({
      ...told,
      sendLagUs: told.latencyUs?.map(() => 300) ?? [],
    }));
    const workers = [onTime, late];
    expect(causesOf(foldOfWorkers(workers, PLAN)).join()).not.toContain("generator-network");
  });

  test("for a third of the connections of each", () => {
    const workers = [1, 2].map((seed) =>
      since(healthy(seed), (told) => ({
        ...told,
        latencyUs: told.latencyUs?.map((us, at) => (at % 3 === 0 ? us + 60_000 : us)) ?? [],
      })),
    );
    expect(causesOf(foldOfWorkers(workers, PLAN)).join()).not.toContain("generator-network");
  });
});

describe("nothing answers", () => {
  const silent = (seconds: readonly Told[]) =>
    seconds.map((told, second) => {
      if (second < ONSET || second >= ONSET + 4) return told;
      const kind = "heartbeat-timeout" as const;
      const events = Array.from({ length: 10 }, (_, connection) => ({
        ...momentAt(second, { connection, ageMs: 8000 }),
        ...{ kind, signature: "", weight: 1 },
      }));
      return { ...told, dropped: 10, failures: [{ kind, count: 10 }], events };
    });

  test("on connections of one worker alone", () => {
    const workers = [silent(healthy(1)), healthy(2)];
    expect(causesOf(foldOfWorkers(workers, PLAN))[0]).toBe("generator-network likely");
  });

  test("on connections of both", () => {
    const workers = [silent(healthy(1)), silent(healthy(2))];
    expect(causesOf(foldOfWorkers(workers, PLAN)).join()).not.toContain("generator-network");
  });

  test("on those of a worker that has nearly all", () => {
    const few = healthy(2, { connections: 20 });
    const workers = [silent(healthy(1)), few];
    expect(causesOf(foldOfWorkers(workers, PLAN)).join()).not.toContain("generator-network");
  });
});

describe("pushed messages", () => {
  const pushed = (seconds: readonly Told[], byUs: number) =>
    seconds.map((told) => ({
      ...told,
      pushUs: told.latencyUs?.map((us) => Math.max(0, us + byUs)) ?? [],
    }));

  test.each([80_000, 300_000, 2_000_000, -300_000])(
    "seem to take %d us longer to one worker",
    (byUs) => {
      for (const seed of SEEDS) {
        const workers = [pushed(healthy(seed), 0), pushed(healthy(seed + 50), byUs)];
        expect(causesOf(foldOfWorkers(workers, PLAN))).toEqual(["clock-skew likely"]);
      }
    },
  );

  const unanswered = (seconds: readonly Told[]) => seconds.map(({ latencyUs: _, ...told }) => told);

  test("take longer to one worker, and no replies tell its way from its clock", () => {
    const far = unanswered(pushed(healthy(2), 75_000));
    const workers = [1, 3].map((seed) => unanswered(pushed(healthy(seed), 0)));
    expect(causesOf(foldOfWorkers([...workers, far], PLAN))).toEqual([]);
  });

  test("come before they were sent, which no way explains, with replies or without", () => {
    const [one, early] = [pushed(healthy(1), 30_000), pushed(healthy(2), -300_000)];
    const runs = [[one, early], [one, early].map(unanswered)];
    for (const workers of runs)
      expect(causesOf(foldOfWorkers(workers, PLAN))).toEqual(["clock-skew likely"]);
  });

  test("take long to all workers, or no longer to one than its replies", () => {
    const all = [1, 2].map((seed) => pushed(healthy(seed), 300_000));
    expect(causesOf(foldOfWorkers(all, PLAN))).toEqual([]);
    const slow = healthy(2).map(slower(100_000));
    const one = [pushed(healthy(1), 0), pushed(slow, 0)];
    expect(causesOf(foldOfWorkers(one, PLAN))).toEqual(["generator-network likely"]);
  });
});

test("of healthy workers nothing is said, however few messages they send", () => {
  for (const seed of SEEDS)
    for (const connections of [10, 30, 100]) {
      const workers = [0, 1, 2].map((place) =>
        healthy(100 * seed + place, { connections, correlation: 0.8, spread: 1 }),
      );
      expect(causesOf(foldOfWorkers(workers, PLAN))).toEqual([]);
    }
});

describe("a script that waits for each reply", () => {
  const { messages } = scenario();
  const waits = (inFlight: number, perSec: number) => ({
    ...PLAN,
    messages: messages && {
      ...messages,
      inFlight,
      rate: { kind: "perConnection", perSec } as const,
    },
  });
  const waiting = (serviceUs: number, waitUs: number) =>
    healthy(3).map((told, at) => ({
      ...told,
      latencyUs: told.latencyUs?.map((us) => us + serviceUs + Math.min(at, 6) * waitUs) ?? [],
      serviceUs: told.latencyUs?.map((us) => us + serviceUs) ?? [],
    }));

  test.each([
    [1, 400_000, 100_000],
    [1, 900_000, 400_000],
    [4, 2_000_000, 300_000],
  ])("of %d unanswered, and replies of %d us", (inFlight, serviceUs, waitUs) => {
    const fold = foldOf(waiting(serviceUs, waitUs), waits(inFlight, 2));
    expect(causesOf(fold)[0]).toBe("closed-loop likely");
  });

  test("is not what holds messages back where the plan could be sent", () => {
    const fold = foldOf(waiting(100_000, 100_000), waits(4, 2));
    expect(causesOf(fold).join()).not.toContain("closed-loop");
  });

  test("is not what makes a service slower with each connection", () => {
    const seconds = waiting(400_000, 100_000).map((told, at) => ({
      ...told,
      serviceUs: told.serviceUs.map((us) => (us * Math.min(1 + at, 8)) / 8),
    }));
    expect(causesOf(foldOf(seconds, waits(1, 2))).join()).not.toContain("closed-loop");
  });
});
