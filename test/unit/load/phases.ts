/** Short hand for strict phases in the tests of shared/load: times in seconds, everything else as in a scenario. */
import type { Ramped } from "../../../shared/scenario/fault-ramp.ts";
import type { StrictMessages, StrictPhase, StrictRamp } from "../../../shared/scenario/strict.ts";

export const SECOND = 1_000_000;

export function phase(
  durationSec: number,
  ramp: StrictRamp,
  { messageFactor = 1, exclude = false } = {},
): StrictPhase {
  const durationUs = durationSec * SECOND;
  return { phase: ramp.ramp, exclude, durationUs, messageFactor, ...ramp };
}

export const linear = (to: number, sec: number) => phase(sec, { ramp: "linear", to });
export const exponential = (to: number, sec: number) => phase(sec, { ramp: "exponential", to });
export const step = (to: number, steps: number, sec: number) =>
  phase(sec, { ramp: "step", to, steps });
export const burst = (to: number, sec: number) => phase(sec, { ramp: "burst", to });
export const hold = (sec: number, messageFactor = 1) =>
  phase(sec, { ramp: "hold" }, { messageFactor });
export const points = (list: [atSec: number, to: number][], sec: number) =>
  phase(sec, { ramp: "points", points: list.map(([at, to]) => [at * SECOND, to]) });

export function arrivals(
  arrivalsPerSec: Ramped,
  sec: number,
  {
    arrival = "poisson",
    stay = { kind: "exp", meanUs: SECOND },
  }: Partial<Pick<Extract<StrictRamp, { ramp: "arrivals" }>, "arrival" | "stay">> = {},
): StrictPhase {
  return phase(sec, { ramp: "arrivals", arrivalsPerSec, arrival, stay });
}

export function messages(
  kind: "perConnection" | "total",
  perSec: number,
  arrival: "uniform" | "poisson" = "uniform",
): StrictMessages {
  return { rate: { kind, perSec }, arrival, inFlight: 1, mix: [] };
}

/** examples: every way to change load, in one short run of 22 s. */
export const ALL_RAMPS: readonly StrictPhase[] = [
  linear(200, 3),
  exponential(800, 3),
  step(1000, 4, 4),
  burst(1500, 3),
  points(
    [
      [0, 1500],
      [1, 700],
      [3, 1100],
    ],
    3,
  ),
  arrivals(100, 4),
  linear(0, 2),
];
