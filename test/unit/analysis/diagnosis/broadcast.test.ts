/**
 * Goal: replies that are slow because of large broadcasts are told from other slowness in the same run. Method: runs told second by second.
 */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { causesOf, foldOf, healthySeconds, type Told } from "./story.ts";

const PLAN = { connections: 200, ramp: 4 };
const LOUD = [6, 8, 11, 13, 16, 18, 21];

interface Broadcasts {
  readonly bytes?: number;
  readonly toMany?: number;
  /** Of the slowest twentieth of the replies in such seconds. */
  readonly slowUs?: number;
  readonly slowAt?: readonly number[];
  readonly health?: Told["health"];
}

function broadcasts(of: Broadcasts): Told[] {
  const { bytes = 65_536, toMany = 200, slowUs = 90_000, slowAt = LOUD, health = {} } = of;
  const load = { seed: 3, seconds: 25, connections: 200, ramp: 4, rate: 2 };
  return healthySeconds({ ...load, medianUs: 3000, correlation: 0.5, spread: 0.3 }).map(
    ({ failures: _, dropped: _1, lifetimeUs: _2, ...told }, second) => {
      const unsolicited = LOUD.includes(second) ? toMany : 0;
      const latencyUs = (told.latencyUs ?? []).map((us, at) =>
        slowAt.includes(second) && at % 20 === 0 ? slowUs : us,
      );
      const bytesReceived = 30_000 + unsolicited * bytes;
      return { ...told, latencyUs, unsolicited, bytesReceived, ...(unsolicited > 0 && { health }) };
    },
  );
}

test("replies are slow in the seconds of large broadcasts", () => {
  const [found, ...others] = diagnose(new Signals(foldOf(broadcasts({}), PLAN)), DETECTORS);
  expect(found).toMatchObject({ cause: "slow-broadcast", confidence: "likely" });
  expect(found?.sentence).toMatch(/90\S* ms in seconds in which one goes out/);
  expect(found?.evidence[0]?.sentence).toContain("about 64 KiB");
  expect(others).toEqual([]);
});

test("what the generator itself is late by leaves it in doubt", () => {
  const of = { slowUs: 60_000, health: { loopLagMaxUs: 35_000 } };
  const [found] = diagnose(new Signals(foldOf(broadcasts(of), PLAN)), DETECTORS);
  expect(found).toMatchObject({ cause: "slow-broadcast", confidence: "possible" });
  expect(found?.against.join()).toContain("own turns took up to 35 ms");
});

test.each<[string, Broadcasts]>([
  ["replies are as fast as else", { slowAt: [] }],
  ["they are slow in other seconds", { slowAt: LOUD.map((second) => second - 1) }],
  ["they are slow all the time", { slowAt: Array.from({ length: 25 }, (_, at) => at) }],
  ["the messages are small", { bytes: 200 }],
  ["few get them", { toMany: 20 }],
  ["the generator is as late itself", { slowUs: 45_000, health: { loopLagMaxUs: 40_000 } }],
])("none is named when %s", (_, of) => {
  expect(causesOf(foldOf(broadcasts(of), PLAN))).toEqual([]);
});

test("a slower load in which they happen to go out is none", () => {
  // Half as many connections without any, then all with one each second, and replies slow down with the load.
  const told = broadcasts({ slowAt: [] }).map((one, second) => {
    const isFull = second >= 12;
    const latencyUs = (one.latencyUs ?? []).map((us) => (isFull ? 6 * us + 20_000 : us));
    const unsolicited = isFull ? 200 : 0;
    const open = isFull ? 200 : 100;
    return { ...one, open, latencyUs, unsolicited, bytesReceived: 30_000 + unsolicited * 65_536 };
  });
  expect(causesOf(foldOf(told, PLAN))).not.toContain("slow-broadcast");
});

describe("a message to the last of its receivers", () => {
  const listen = {
    ...{ name: "room", where: "true", sentAt: "m.ts", scope: "m.room", key: "m.id" },
    ...{ members: null, clockErrorUs: null },
  };
  const LISTEN = 2;

  /** Two a second to five connections, and two to all. */
  const fanOut = (fewUs: number, manyUs: number): Told[] =>
    broadcasts({ toMany: 0 }).map((told, second) => ({
      ...told,
      reaches: [0, 1, 2, 3].map((at) => {
        const [members, lastUs] = at < 2 ? [5, fewUs] : [200, manyUs];
        return {
          ...{ name: LISTEN, phase: second < 4 ? 0 : 1, scope: at, key: 10 * second + at },
          ...{ sentUs: second * 1e6, level: 0, members, reached: members },
          ...{ left: 0, missed: 0, others: 0, repeated: 0, unreached: [] },
          timesUs: [800, lastUs],
        };
      }),
    }));
  const found = (seconds: readonly Told[]) =>
    diagnose(new Signals(foldOf(seconds, { ...PLAN, listen: [listen] })), DETECTORS);

  test("takes long where there are many", () => {
    const [one, ...others] = found(fanOut(2000, 400_000));
    expect(one).toMatchObject({ cause: "slow-broadcast", confidence: "possible" });
    expect(one?.sentence).toMatch(/room takes 400 ms to the last of up to 1,000 receivers/);
    expect(others).toEqual([]);
  });

  test.each([
    [2000, 60_000],
    [390_000, 400_000],
  ])("is nothing at %i us to few and %i us to many", (few, many) => {
    expect(found(fanOut(few, many))).toEqual([]);
  });
});
