/**
 * The open model, and the population of a run: every connection the plan will ever open, held ones and
 * arrivals, under one numbering. Called by engines, the plan view and the coordinator.
 * Invariant: a pure function of (seed, phases). Indices 0..closed-1 are the closed model's; arrivals follow
 * in order of time, one session each.
 */
import { assert } from "../assert.ts";
import { OnrushError } from "../errors.ts";
import { amountIn, endsOf } from "../scenario/fault-ramp.ts";
import type { StrictPhase, StrictScenario } from "../scenario/strict.ts";
import { drawExponential, Stream } from "../time/random.ts";
import { midpointsBelow } from "./operational-time.ts";
import { buildProfile, type Profile, type Session } from "./profile.ts";

/** Most connections a run may have in all: their times are kept in memory, 16 bytes each. */
export const MAX_CONNECTIONS = 5_000_000;

export type ArrivalsPhase = Extract<StrictPhase, { readonly ramp: "arrivals" }>;

/** Arrivals in order of time; microseconds of run time. */
export interface Arrivals {
  readonly openUs: Float64Array;
  readonly closeUs: Float64Array;
}

export interface Population {
  readonly profile: Profile;
  /** N: global indices are below it. */
  readonly connections: number;
  /** How many of them belong to the closed model. */
  readonly closed: number;
  /** Entry a belongs to connection closed + a. */
  readonly arrivals: Arrivals;
  /** Sessions of all connections together. */
  readonly plannedOpens: number;
  /** Most connections open at one time, by plan. */
  readonly peakPlanned: number;
  /** The stretches for which the plan holds connection `index` open, in order. */
  sessionsOf(index: number): readonly Session[];
  /** Connections open by plan; 0 outside the run. */
  plannedOpenAt(tUs: number): number;
}

/** @throws OnrushError ONRUSH_SCENARIO_INVALID when it would take more than MAX_CONNECTIONS. */
export function buildPopulation(scenario: Pick<StrictScenario, "seed" | "phases">): Population {
  const profile = buildProfile(scenario.phases);
  const closed = profile.maxConcurrency;
  if (closed > MAX_CONNECTIONS) throw tooMany(closed);
  const arrivals = drawAllArrivals(scenario, profile);
  const { openUs, closeUs } = arrivals;
  const closesUs = closeUs.toSorted();
  const open = (tUs: number) =>
    profile.concurrencyAt(tUs) + upTo(openUs, tUs) - upTo(closesUs, tUs);
  return {
    profile,
    connections: closed + openUs.length,
    closed,
    arrivals,
    plannedOpens: profile.opensBetween(0, profile.durationUs) + openUs.length,
    // A search may go there, also when it does not by now.
    peakPlanned: Math.max(peakOf(profile, openUs, closesUs), closed),
    sessionsOf: (index) =>
      index < closed
        ? profile.sessions(index)
        : [{ openUs: openUs[index - closed] ?? 0, closeUs: closeUs[index - closed] ?? 0 }],
    plannedOpenAt: (tUs) => (tUs < 0 || tUs >= profile.durationUs ? 0 : open(tUs)),
  };
}

function drawAllArrivals(
  { seed, phases }: Pick<StrictScenario, "seed" | "phases">,
  profile: Profile,
): Arrivals {
  const drawn: { arrivals: ArrivalsPhase; phase: number; offsetsUs: Float64Array }[] = [];
  let count = 0;
  for (const [phase, arrivals] of phases.entries()) {
    if (arrivals.ramp !== "arrivals") continue;
    const room = MAX_CONNECTIONS - profile.maxConcurrency - count;
    const offsetsUs = arrivalTimes(arrivals, { seed, phase, room });
    drawn.push({ arrivals, phase, offsetsUs });
    count += offsetsUs.length;
  }
  const openUs = new Float64Array(count);
  const closeUs = new Float64Array(count);
  let at = 0;
  for (const { arrivals, phase, offsetsUs } of drawn) {
    const fromUs = profile.phases[phase]?.fromUs ?? 0;
    for (const [arrival, offsetUs] of offsetsUs.entries()) {
      const stayUs = stayOf(arrivals, { seed, phase, arrival });
      openUs[at] = fromUs + offsetUs;
      closeUs[at] = Math.min(fromUs + offsetUs + stayUs, profile.durationUs);
      at++;
    }
  }
  return { openUs, closeUs };
}

/**
 * Offsets of the arrivals within their phase, rising, all below its duration. They are drawn in operational time, in which
 * one comes per unit: uniform: at the midpoints of units; Poisson: after sums of exponential gaps. `phase` is the
 * phase's index, `room` the most there may be.
 */
export function arrivalTimes(
  phase: ArrivalsPhase,
  { seed, phase: index, room }: { seed: number; phase: number; room: number },
): Float64Array {
  const whole = { fromUs: 0, toUs: phase.durationUs };
  const expected = amountIn(phase.arrivalsPerSec, whole, whole);
  if (expected <= 0) return new Float64Array(0);
  if (expected > room) throw tooMany(MAX_CONNECTIONS - room + expected);
  const timeOf = timesOf(phase);
  if (phase.arrival === "uniform") {
    const offsetsUs = new Float64Array(midpointsBelow(expected));
    return offsetsUs.map((_, arrival) => timeOf(arrival + 0.5));
  }
  // Eight standard deviations of a Poisson count; enough for any seed that will ever be used.
  const offsetsUs = new Float64Array(Math.ceil(expected + 8 * Math.sqrt(expected) + 64));
  let count = 0;
  let passed = drawExponential(seed, Stream.arrival, index, 0);
  while (passed < expected && count < offsetsUs.length) {
    offsetsUs[count++] = timeOf(passed);
    passed += drawExponential(seed, Stream.arrival, index, count);
  }
  assert(passed >= expected, "more Poisson arrivals than the law allows");
  if (count > room) throw tooMany(MAX_CONNECTIONS - room + count);
  return offsetsUs.slice(0, count);
}

/**
 * The time in a phase at which so many arrivals are to have come. The rate a + (b - a) t / T comes to a t + (b - a) t² / 2T: the root
 * of that, in the form that does not cancel. Where both the arrivals and the first rate are 0, that form is no number.
 */
export function timesOf({
  arrivalsPerSec,
  durationUs,
}: Pick<ArrivalsPhase, "arrivalsPerSec" | "durationUs">): (arrivals: number) => number {
  const { from, to } = endsOf(arrivalsPerSec);
  const gapUs = 1e6 / from;
  if (from === to) return (arrivals) => arrivals * gapUs;
  const a = from / 1e6;
  const change = (to - from) / 1e6 / durationUs;
  return (arrivals) =>
    arrivals === 0
      ? 0
      : (2 * arrivals) / (a + Math.sqrt(Math.max(0, a * a + 2 * change * arrivals)));
}

function stayOf(
  { stay }: ArrivalsPhase,
  { seed, phase, arrival }: { seed: number; phase: number; arrival: number },
): number {
  if (stay.kind === "fixed") return stay.meanUs;
  return drawExponential(seed, Stream.stay, phase, arrival) * stay.meanUs;
}

/**
 * Highest planned number open. Between two events (an arrival comes or goes, a segment begins or ends) the
 * arrivals stay the same and the closed model is monotone, so looking just before and at each event is enough.
 */
function peakOf(profile: Profile, opensUs: Float64Array, closesUs: Float64Array): number {
  let peak = 0;
  let opened = 0;
  let closed = 0;
  const planned = (tUs: number) => profile.concurrencyAt(tUs) + opened - closed;
  for (const segment of profile.segments) {
    while ((closesUs[closed] ?? Number.POSITIVE_INFINITY) <= segment.fromUs) closed++;
    peak = Math.max(peak, planned(segment.fromUs));
    while (true) {
      const openUs = opensUs[opened] ?? Number.POSITIVE_INFINITY;
      const closeUs = closesUs[closed] ?? Number.POSITIVE_INFINITY;
      const eventUs = Math.min(openUs, closeUs);
      if (eventUs >= segment.toUs) break;
      peak = Math.max(peak, planned(eventUs));
      if (closeUs <= openUs) closed++;
      else opened++;
      peak = Math.max(peak, planned(eventUs));
    }
    peak = Math.max(peak, Math.floor(segment.to + 0.5) + opened - closed);
  }
  return peak;
}

/** How many of the sorted times are at or before `tUs`. */
export function upTo(sortedUs: Float64Array, tUs: number): number {
  let low = 0;
  let high = sortedUs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sortedUs[middle] ?? 0) <= tUs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function tooMany(connections: number): OnrushError {
  return new OnrushError({
    code: "ONRUSH_SCENARIO_INVALID",
    message: `the scenario opens about ${Math.ceil(connections)} connections; at most ${MAX_CONNECTIONS} are possible`,
    remedy: "Lower the targets, arrival rates or durations of its load phases.",
  });
}
