/**
 * Goal: what a path does is told: times that vary, a limit on bytes a second, however weak and whenever it begins; and not one for the
 * other. Method: runs over a simulated path, several seeds each.
 */
import { expect, test } from "vitest";
import { LARGE_BYTES, overPath, type Path, SMALL_BYTES } from "./path-story.ts";
import { causesOf, foldOf, sized } from "./story.ts";

const PLAN = { connections: 200, ramp: 2, ...sized([[SMALL_BYTES], [LARGE_BYTES]]) };
/** Of messages whose sizes are not known. */
const ALIKE = { connections: 200, ramp: 2 };
const SEEDS = [1, 2, 3, 4];
/** From soon behind the ramp to the middle of the run. */
const onsetOf = (seed: number) => 1e6 * (3.4 + 0.7 * seed);

function namedFirst(path: Omit<Path, "seed" | "onsetUs">): string[] {
  return SEEDS.map((seed) => {
    const fold = foldOf(overPath({ seed, onsetUs: onsetOf(seed), ...path }), PLAN);
    return causesOf(fold)[0] ?? "nothing";
  });
}

test.each([15_000, 40_000, 100_000])("times that vary by up to %d us each way", (jitterUs) => {
  expect(namedFirst({ jitterUs })).toEqual(SEEDS.map(() => "network-jitter likely"));
});

test.each<[number, string]>([
  // A line that is busy for 0.85 of the time; one that carries 0.85 of what is asked for, and one that carries less than half.
  [420_000, "bandwidth-limit possible"],
  [300_000, "bandwidth-limit likely"],
  [150_000, "bandwidth-limit likely"],
])("a line that carries %d bytes a second", (bytesPerSec, named) => {
  expect(namedFirst({ bytesPerSec })).toEqual(SEEDS.map(() => named));
});

test.each([5000, 25_000])("a way that is longer by %d us each way", (delayUs) => {
  expect(namedFirst({ delayUs })).toEqual(SEEDS.map(() => "network-latency likely"));
});

test.each([0.005, 0.02])("a share of %d of the packets is lost", (lossShare) => {
  expect(namedFirst({ lossShare })).toEqual(SEEDS.map(() => "network-loss possible"));
});

test.each<[number, number]>([
  [60_000, 0.02],
  [150_000, 0.05],
])(
  "one kind of message is slow by %d us, and a share of %d of the packets is lost",
  (slowUs, lossShare) => {
    const named = SEEDS.map((seed) =>
      causesOf(foldOf(overPath({ seed, onsetUs: onsetOf(seed), slowUs, lossShare }), ALIKE)).join(),
    );
    expect(named).toEqual(SEEDS.map(() => "slow-message-type likely,network-loss possible"));
  },
);

test("a path that does nothing", () => {
  expect(namedFirst({})).toEqual(SEEDS.map(() => "nothing"));
});
