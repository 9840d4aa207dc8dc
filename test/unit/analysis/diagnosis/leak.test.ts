/**
 * Goal: pauses that grow with what was sent are those of a leak, at any load, and pauses that do not are none. Method: services that stand
 * still as the bundled target does with `collect`, simulated message by message, at the strengths of the benchmark; and services whose
 * pauses begin in the middle, or differ at random.
 */
import { describe, expect, test } from "vitest";
import { drawUnit, Stream } from "../../../../shared/time/random.ts";
import { pausing } from "./pausing.ts";
import { causesOf, foldOf, type Told } from "./story.ts";

const SECONDS = 14;
const MOST_MS = 500;
/** Kept when the process is killed. */
const DEAD_BYTES = 110e6;

interface Leak {
  readonly seed: number;
  readonly bytes: number;
  readonly msPerMb: number;
  readonly ramp: number;
  readonly connections: number;
}

function growing(of: Leak, seconds: number): Told[] {
  const { seed, bytes, msPerMb, ramp, connections } = of;
  return pausing({
    ...{ seed, seconds, everyMs: 700 },
    open: (second) => connections * Math.min(1, second / ramp),
    pauseMs: (messages) => Math.min(MOST_MS, (msPerMb * messages * bytes) / 1e6),
  });
}

/** Until it is killed; the last second of it is refused. */
function dying(of: Leak): Told[] {
  const { bytes, ramp, connections } = of;
  const alive = Math.floor(ramp / 2 + DEAD_BYTES / (bytes * 2 * connections));
  if (alive >= SECONDS) return growing(of, SECONDS);
  const died: Told = {
    ...{ open: 0, dropped: connections, failed: connections },
    lifetimeUs: [alive - 2, alive - 1, alive].map((second) => second * 1e6),
    failures: [
      { kind: "abnormal-close", signature: "ECONNRESET", count: connections },
      { kind: "tcp-refused", signature: "ECONNREFUSED", count: connections, attempt: 1 },
    ],
  };
  return [...growing(of, alive), died];
}

const LIKELY = ["memory-leak likely"];

describe.each([1, 2, 3])("a leak, seed %i", (seed) => {
  test.each([1, 3, 6])("of %i ms for each megabyte, until it is killed", (msPerMb) => {
    const of = { seed, bytes: 18_000 + 3000 * seed, msPerMb, ramp: 2, connections: 200 };
    expect(causesOf(foldOf(dying(of), of))).toEqual(LIKELY);
  });

  test.each([3, 6])("of %i ms for each megabyte, while the load grows", (msPerMb) => {
    const of = { seed, bytes: 14_000 + 2000 * seed, msPerMb, ramp: 10, connections: 400 };
    expect(causesOf(foldOf(growing(of, SECONDS), of))).toEqual(LIKELY);
  });
});

test.each([
  ["of one length, from the middle on", 2000, 0],
  ["of one length, from early on", 1500, 0],
  ["of lengths that differ", 700, 0.9],
])("pauses %s are no leak", (_, everyMs, spread) => {
  const causes = Array.from({ length: 10 }, (_none, seed) => {
    const draw = (place: number) => drawUnit(seed, Stream.resample, place, 0);
    const onsetMs = 2000 + 4000 * draw(-1);
    const pauseMs = (_messages: number, atMs: number) =>
      atMs < onsetMs ? 0 : 300 * (1 - spread * draw(Math.round(atMs)));
    const open = (second: number) => 200 * Math.min(1, second / 2);
    const told = pausing({ seed, seconds: SECONDS, everyMs, open, pauseMs });
    return causesOf(foldOf(told, { connections: 200, ramp: 2 }));
  });
  const isLeak = (one: readonly string[]) => one.join().includes("memory-leak");
  expect(causes.filter(isLeak), JSON.stringify(causes)).toEqual([]);
  const isPause = (one: readonly string[]) => /event-loop-pauses|periodic-stall/.test(one.join());
  expect(causes.filter(isPause).length).toBeGreaterThanOrEqual(8);
});
