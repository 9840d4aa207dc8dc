/**
 * One phase's ramp as segments: stretches of run time over which the wanted concurrency is one monotone
 * function with an exact inverse. Called by profile.ts only.
 * Invariant: segments follow one another without gap; a jump of concurrency lies between two segments, never
 * inside one, and takes effect at the start of the later one.
 */
import { assert, unreachable } from "../assert.ts";
import type { SearchLevel, StrictPhase } from "../scenario/strict.ts";

/** Concurrency goes from `from` to `to` over [fromUs, toUs), linearly or exponentially. */
export interface Segment {
  readonly fromUs: number;
  readonly toUs: number;
  readonly from: number;
  readonly to: number;
  readonly curve: "linear" | "exponential";
}

/** Where a phase begins: its place in run time and the concurrency the phase before left. */
export interface RampStart {
  readonly fromUs: number;
  readonly from: number;
}

/** Segments of a phase; none of zero length, so a phase of zero length has none. */
export function segmentsOf(phase: StrictPhase, start: RampStart): Segment[] {
  return rawSegments(phase, start).filter((segment) => segment.toUs > segment.fromUs);
}

/** Concurrency a phase leaves to the next one. Targets are whole connections. */
export function endOf(phase: StrictPhase, from: number): number {
  switch (phase.ramp) {
    case "linear":
    case "exponential":
    case "step":
    case "burst":
      return Math.round(phase.to);
    case "points":
      return Math.round(phase.points.at(-1)?.[1] ?? from);
    case "find-limit":
      return phase.levels.at(-1)?.to ?? from;
    case "hold":
    case "arrivals":
      return from;
    default:
      return unreachable(phase, "ramp");
  }
}

function rawSegments(phase: StrictPhase, { fromUs, from }: RampStart): Segment[] {
  const toUs = fromUs + phase.durationUs;
  const to = endOf(phase, from);
  switch (phase.ramp) {
    case "linear":
    case "exponential":
      return [{ fromUs, toUs, from, to, curve: from === to ? "linear" : phase.ramp }];
    case "step":
      return stepSegments({ fromUs, toUs, from, to, curve: "linear" }, phase.steps);
    case "burst":
    case "hold":
    case "arrivals":
      return [{ fromUs, toUs, from: to, to, curve: "linear" }];
    case "find-limit":
      return levelSegments(phase.levels, { fromUs, toUs, from, to, curve: "linear" });
    case "points":
      return pointSegments(phase.points, { fromUs, toUs, from, to, curve: "linear" });
    default:
      return unreachable(phase, "ramp");
  }
}

/** `steps` equal jumps, the first at the start, each level held equally long. */
function stepSegments(whole: Segment, steps: number): Segment[] {
  assert(Number.isInteger(steps) && steps > 0, "a step ramp has at least one step");
  const boundary = (step: number) =>
    step === steps ? whole.toUs : whole.fromUs + ((whole.toUs - whole.fromUs) * step) / steps;
  return Array.from({ length: steps }, (_, step) => {
    const level = whole.from + ((whole.to - whole.from) * (step + 1)) / steps;
    const times = { fromUs: boundary(step), toUs: boundary(step + 1) };
    return { ...times, from: level, to: level, curve: "linear" };
  });
}

/** Straight lines through the points; the last level is held. A point at 0, or two at one time, make a jump. */
function pointSegments(points: readonly (readonly [number, number])[], whole: Segment): Segment[] {
  const segments: Segment[] = [];
  let { fromUs, from } = whole;
  for (const [atUs, target] of points) {
    const toUs = whole.fromUs + atUs;
    const to = Math.round(target);
    assert(toUs >= fromUs && toUs <= whole.toUs, "points lie within their phase, in order");
    segments.push({ fromUs, toUs, from, to, curve: "linear" });
    fromUs = toUs;
    from = to;
  }
  segments.push({ fromUs, toUs: whole.toUs, from, to: from, curve: "linear" });
  return segments;
}

/** Up or down to each level, which is then held to the next one, the last to the end. */
function levelSegments(levels: readonly SearchLevel[], whole: Segment): Segment[] {
  const segments: Segment[] = [];
  let { from } = whole;
  for (const [at, { atUs, riseUs, to }] of levels.entries()) {
    const fromUs = whole.fromUs + atUs;
    const heldUs = fromUs + riseUs;
    const next = levels[at + 1];
    const toUs = next === undefined ? whole.toUs : whole.fromUs + next.atUs;
    assert(heldUs <= toUs, "a level is reached before it is left");
    segments.push({ fromUs, toUs: heldUs, from, to, curve: "linear" });
    segments.push({ fromUs: heldUs, toUs, from: to, to, curve: "linear" });
    from = to;
  }
  return segments.length > 0 ? segments : [{ ...whole, to: from }];
}

/**
 * Concurrency at `tUs` in [fromUs, toUs]. An exponential curve is from * (to/from)^x; one that touches 0
 * is shifted by one connection: (from+1) * ((to+1)/(from+1))^x - 1.
 */
export function valueAt(segment: Segment, tUs: number): number {
  const { fromUs, toUs, from, to } = segment;
  const x = (tUs - fromUs) / (toUs - fromUs);
  if (segment.curve === "linear") return from + (to - from) * x;
  const shift = shiftOf(segment);
  return (from + shift) * ((to + shift) / (from + shift)) ** x - shift;
}

/** The time in [fromUs, toUs] at which a strictly monotone segment has the value `y` between from and to. */
export function timeOf(segment: Segment, y: number): number {
  const { fromUs, toUs, from, to } = segment;
  const shift = shiftOf(segment);
  const x =
    segment.curve === "linear"
      ? (y - from) / (to - from)
      : Math.log((y + shift) / (from + shift)) / Math.log((to + shift) / (from + shift));
  return fromUs + Math.min(Math.max(x, 0), 1) * (toUs - fromUs);
}

function shiftOf(segment: Segment): number {
  return segment.from > 0 && segment.to > 0 ? 0 : 1;
}
