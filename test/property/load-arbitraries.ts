/** Random load phases for the laws of shared/load: every ramp, whole microseconds, small enough to check all of it. */
import fc from "fast-check";
import type { StrictMessages, StrictPhase, StrictRamp } from "../../shared/scenario/strict.ts";
import { arrivals, messages, phase, SECOND } from "../unit/load/phases.ts";

const level = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 400 }) },
);
const durationUs = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 20 * SECOND }) },
);

const simpleRamp: fc.Arbitrary<StrictRamp> = fc.oneof(
  fc.record({ ramp: fc.constantFrom("linear", "exponential", "burst"), to: level }),
  fc.record({ ramp: fc.constant("step"), to: level, steps: fc.integer({ min: 1, max: 12 }) }),
  fc.constant({ ramp: "hold" } as const),
);

const simplePhase = fc
  .tuple(durationUs, simpleRamp, fc.constantFrom(1, 0, 0.5, 2.5))
  .map(([us, ramp, messageFactor]) => phase(us / SECOND, ramp, { messageFactor }));

const pointsPhase = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 5 * SECOND }), level), { minLength: 1, maxLength: 5 })
  .map((gaps) => {
    let atUs = 0;
    const points = gaps.map(([gapUs, to], index): [number, number] => {
      atUs += index === 0 && gapUs % 2 === 0 ? 0 : gapUs;
      return [atUs, to];
    });
    return phase((atUs + 1) / SECOND, { ramp: "points", points });
  });

const arrivalsPhase = fc
  .record({
    perSec: fc.double({ min: 0.1, max: 40, noNaN: true }),
    us: fc.integer({ min: 1, max: 10 * SECOND }),
    arrival: fc.constantFrom("uniform" as const, "poisson" as const),
    kind: fc.constantFrom("fixed" as const, "exp" as const),
    meanUs: fc.integer({ min: 0, max: 5 * SECOND }),
  })
  .map(({ perSec, us, arrival, kind, meanUs }) =>
    arrivals(perSec, us / SECOND, { arrival, stay: { kind, meanUs } }),
  );

/** The closed model alone. */
export const closedPhases: fc.Arbitrary<StrictPhase[]> = fc.array(
  fc.oneof({ weight: 4, arbitrary: simplePhase }, { weight: 1, arbitrary: pointsPhase }),
  { minLength: 1, maxLength: 6 },
);

export const anyPhases: fc.Arbitrary<StrictPhase[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: simplePhase },
    { weight: 1, arbitrary: pointsPhase },
    { weight: 1, arbitrary: arrivalsPhase },
  ),
  { minLength: 1, maxLength: 6 },
);

export const seeds = fc.integer({ min: 0, max: 0xffff_ffff });

export function messagesOf(kind: StrictMessages["rate"]["kind"]): fc.Arbitrary<StrictMessages> {
  return fc
    .tuple(fc.double({ min: 0.01, max: 20, noNaN: true }), fc.constantFrom("uniform", "poisson"))
    .map(([perSec, arrival]) => messages(kind, perSec, arrival as "uniform" | "poisson"));
}

/**
 * Moments of the run, as shares of it. They avoid whole microseconds, where a falling ramp may cross i + 0.5
 * exactly: at that single moment "still open" and "just closed" are both right.
 */
export const moments = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  minLength: 1,
  maxLength: 20,
});

export function momentsUs(shares: readonly number[], durationUs: number): number[] {
  return shares.map((share) => Math.floor(share * durationUs) + 0.1234567);
}
