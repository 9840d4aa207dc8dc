/**
 * Goal: pauses that are shorter than a tick are seen, and told from single replies that are slow. Method: services that stand still every so
 * often, simulated message by message, several seeds each; and services of which as many replies are as slow, one by one.
 */
import { describe, expect, test } from "vitest";
import { drawUnit, Stream } from "../../../../shared/time/random.ts";
import { pausing } from "./pausing.ts";
import { causesOf, foldOf } from "./story.ts";

const SECONDS = 14;
const SEEDS = [1, 2, 3, 4, 5, 6];
const PLAN = { connections: 200, ramp: 2 };

interface Service {
  readonly pauseMs?: number;
  readonly isHandler?: boolean;
  readonly moreMs?: (seed: number, message: number) => number;
}

/** What is named in each run of a service that pauses so from some second on. */
function namedIn({ pauseMs = 0, isHandler = false, moreMs = () => 0 }: Service): string[] {
  return SEEDS.map((seed) => {
    const draw = (place: number) => drawUnit(seed, Stream.resample, place, 0);
    const onsetMs = 2000 + 2000 * draw(0);
    const told = pausing({
      ...{ seed, seconds: SECONDS, isHandler, everyMs: 1500 + 800 * draw(1) },
      open: (second) => PLAN.connections * Math.min(1, second / PLAN.ramp),
      pauseMs: (_, atMs) => (atMs < onsetMs ? 0 : pauseMs),
      moreMs: (message) => moreMs(seed, message),
    });
    return causesOf(foldOf(told, PLAN)).join();
  });
}

const inAll = (cause: string) => SEEDS.map(() => cause);

describe.each([60, 80])("pauses of %d ms", (pauseMs) => {
  test("of the process", () => {
    expect(namedIn({ pauseMs })).toEqual(inAll("event-loop-pauses likely"));
  });

  test("of the handlers alone", () => {
    expect(namedIn({ pauseMs, isHandler: true })).toEqual(inAll("periodic-stall likely"));
  });
});

/** Of each message by chance. */
const drawn = (seed: number, message: number, place: number) =>
  drawUnit(seed, Stream.network, message, place);

test.each<[string, NonNullable<Service["moreMs"]>]>([
  ["up to 60 ms longer", (seed, at) => (drawn(seed, at, 0) < 0.04 ? 60 * drawn(seed, at, 1) : 0)],
  ["60 ms longer", (seed, at) => (drawn(seed, at, 0) < 0.02 ? 60 : 0)],
  ["any time longer", (seed, at) => 2 * Math.exp(2 * (drawn(seed, at, 0) * 4 - 2))],
])("single replies that take %s are no pauses", (_, moreMs) => {
  expect(namedIn({ moreMs })).toEqual(inAll(""));
});

test("pauses that are too short to be told from the usual are none", () => {
  expect(namedIn({ pauseMs: 20 })).toEqual(inAll(""));
});
