/**
 * Goal: of two causes at once the second is named, too, when it is seen without what the first accounts for; it is named behind the first, and
 * nobody's consequence is named. Method: runs told second by second with two things wrong, and the same with one.
 */
import { describe, expect, test } from "vitest";
import { overPath } from "./path-story.ts";
import { causesOf, foldOf, healthySeconds, type Told } from "./story.ts";

const PLAN = { connections: 200, ramp: 4 };

function healthy(seconds: number): Told[] {
  const load = { seed: 3, seconds, connections: 200, ramp: 4, rate: 2 };
  return healthySeconds({ ...load, medianUs: 3000, correlation: 0.5, spread: 0.4 }).map((told) => {
    const { failures: _, dropped: _1, lifetimeUs: _2, ...rest } = told;
    return rest;
  });
}

const ages = (count: number, ...us: readonly number[]) =>
  Array.from({ length: count }, (_, at) => us[at % us.length] ?? 1);

/** Connections end at one age, from second 10 to 14. */
function aged(kind: "close-code" | "abnormal-close", signature: string): Record<number, Told> {
  const told: Told = {
    ...{ opened: 40, dropped: 40, lifetimeUs: ages(40, 10e6, 10.1e6) },
    failures: [{ kind, signature, count: 40 }],
  };
  return Object.fromEntries([10, 11, 12, 13, 14].map((at) => [at, told]));
}

const refused: Told = {
  ...{ open: 0, opened: 0, failed: 60, sent: [], received: [], latencyUs: [] },
  failures: [{ kind: "tcp-refused", signature: "ECONNREFUSED", count: 60, attempt: 1 }],
};

const crashed: Record<number, Told> = {
  18: {
    ...{ open: 0, dropped: 200, lifetimeUs: ages(200, 1e6, 2e6, 3e6, 4e6) },
    failures: [{ kind: "abnormal-close", signature: "ECONNRESET", count: 200 }],
  },
  19: refused,
  20: refused,
  21: { opened: 200 },
};

const changed = (at: Readonly<Record<number, Told>>) =>
  healthy(26).map((told, second) => ({ ...told, ...at[second] }));

describe("closes at one age, and a crash", () => {
  test("are two causes: the crash is seen in other failures", () => {
    const seconds = changed({ ...aged("close-code", "4401 token expired"), ...crashed });
    expect(causesOf(foldOf(seconds, PLAN))).toEqual([
      "token-expiry certain",
      "crash-and-restart certain",
    ]);
  });

  test("are one when only the closes are there", () => {
    const seconds = changed(aged("close-code", "4401 token expired"));
    expect(causesOf(foldOf(seconds, PLAN))).toEqual(["token-expiry certain"]);
  });

  test("are one when the same failures would be both", () => {
    const idle = changed(aged("abnormal-close", "")).map(
      ({ latencyUs: _, sent: _1, received: _2, ...told }) => told,
    );
    expect(causesOf(foldOf(idle, { ...PLAN, messages: null }))).toEqual(["idle-timeout possible"]);
  });
});

describe("one kind of message that is slow, and lost packets", () => {
  const over = (lossShare: number, slowUs: number) =>
    overPath({ seed: 5, onsetUs: 3e6, lossShare }).map((told): Told => {
      const [small = [], large = []] = told.byName ?? [];
      return { ...told, byName: [small, large.map((us) => us + slowUs)] };
    });
  const causes = (seconds: readonly Told[]) =>
    causesOf(foldOf(seconds, { connections: 200, ramp: 1 }));

  test.each([
    [0.02, 60_000],
    [0.05, 150_000],
  ])("are two causes (%f, %i µs): others wait for packets as well", (lossShare, slowUs) => {
    expect(causes(over(lossShare, slowUs))).toEqual([
      "slow-message-type likely",
      "network-loss possible",
    ]);
  });

  test.each([60_000, 150_000, 205_000])("are one where nothing is lost (%i µs)", (slowUs) => {
    expect(causes(over(0, slowUs))).toEqual(["slow-message-type likely"]);
  });

  test("are one where nothing is slow", () => {
    expect(causes(over(0.02, 0))).toEqual(["network-loss possible"]);
  });
});

describe("pauses of the service, and of the generator", () => {
  const still = [40, 40, 0, 0, 0, 160, 40, 40, 40, 40];
  const usual = Array<number>(10).fill(40);
  /** The generator stands still in the last ticks of these seconds, too. */
  const own = [40, 40, 40, 40, 40, 40, 40, 0, 0, 120];
  const run = (theirs: readonly number[], ours: readonly number[]) =>
    healthy(30).map((told, second): Told => {
      const isTheirs = theirs.includes(second);
      const isOurs = ours.includes(second);
      const came = (tick: number) => (isTheirs ? (still[tick] ?? 0) : 40);
      return {
        ...told,
        sent: isOurs ? own : usual,
        received: isOurs
          ? own.map((n, tick) => (tick < 7 ? came(tick) : n))
          : usual.map((_, tick) => came(tick)),
        pingUs: Array(30).fill(isTheirs ? 280_000 : 900),
        ...(isOurs && { health: { loopLagMaxUs: 300_000 } }),
      };
    });

  test("those of the service are seen in seconds in which the generator stood still at another moment", () => {
    const seconds = run([7, 12, 14, 23], [7, 10, 14, 20]);
    expect(causesOf(foldOf(seconds, PLAN))).toEqual(["event-loop-pauses certain"]);
  });

  test("the generator's are none of the service", () => {
    expect(causesOf(foldOf(run([], [7, 10, 14, 20, 24]), PLAN))).toEqual([]);
  });
});
