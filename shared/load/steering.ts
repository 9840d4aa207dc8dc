/**
 * Load that is decided while the run goes on: the levels of find-limit phases, and the length of phases that checkpoints hold or
 * skip. The plan stays arithmetic: what was decided so far is data (Steering), and the phases that follow from it are a pure function
 * of it. Called by the coordinator, which decides, and by engines, which follow.
 * Invariant: a decision changes nothing before the moment it is for; the number of connections of a run, and their
 * numbering, do not depend on any.
 */
import { riseUs } from "../scenario/search.ts";
import type { SearchLevel, StrictPhase } from "../scenario/strict.ts";
import type { Profile } from "./profile.ts";
import { endOf, type Segment } from "./ramp.ts";

/** What was decided of one phase: where a search goes, how long it takes. */
export interface Steering {
  /** Its place among the phases. */
  readonly phase: number;
  /** All levels of a search so far, the first one included; of other phases none. */
  readonly levels: readonly SearchLevel[];
  /** How long the phase is, once it is known to be over; null before. */
  readonly durationUs: number | null;
}

/**
 * The phases as they are by now. A search nobody has decided on goes to its first level and stays there; one that was
 * not told its end lasts as long as it may.
 */
export function steer(
  phases: readonly StrictPhase[],
  steering: readonly Steering[],
): readonly StrictPhase[] {
  let from = 0;
  return phases.map((phase, index) => {
    const decided = at(steering, index);
    const steered =
      phase.ramp === "find-limit" ? steerOne(phase, from, decided) : stretched(phase, decided);
    from = endOf(steered, from);
    return steered;
  });
}

/** A phase that keeps one number of connections may be longer, or shorter, than it was planned to be. */
export function canStretch({ ramp }: Pick<StrictPhase, "ramp">): boolean {
  return ramp === "hold" || ramp === "burst";
}

function stretched(phase: StrictPhase, decided: Steering | undefined): StrictPhase {
  const durationUs = decided?.durationUs ?? null;
  return durationUs === null || !canStretch(phase) ? phase : { ...phase, durationUs };
}

function at(steering: readonly Steering[], phase: number): Steering | undefined {
  return steering.find((one) => one.phase === phase);
}

function steerOne(
  phase: Extract<StrictPhase, { ramp: "find-limit" }>,
  from: number,
  decided: Steering | undefined,
): StrictPhase {
  const first = Math.max(from, Math.min(from + phase.step, phase.to));
  const levels = decided?.levels ?? [{ atUs: 0, riseUs: riseUs(from, first), to: first }];
  return { ...phase, levels, durationUs: decided?.durationUs ?? phase.durationUs };
}

/** Connections of the closed model that are open when a phase begins. */
export function levelBefore(phases: readonly StrictPhase[], phase: number): number {
  return phases.slice(0, phase).reduce((level, one) => endOf(one, level), 0);
}

/** The first moment at which the two plans may differ; Infinity when they do not. */
export function changesFromUs(before: Profile, after: Profile): number {
  for (const [index, old] of before.segments.entries()) {
    const now = after.segments[index];
    if (now === undefined) return old.fromUs;
    if (!isSameCurve(old, now)) {
      // A level that is left sooner or later than it was planned to be is the same until then.
      const held = old.fromUs === now.fromUs && isLevel(old) && isLevel(now) && old.to === now.to;
      return held ? Math.min(old.toUs, now.toUs) : Math.min(old.fromUs, now.fromUs);
    }
  }
  const more = after.segments[before.segments.length];
  return more === undefined ? Number.POSITIVE_INFINITY : more.fromUs;
}

function isSameCurve(a: Segment, b: Segment): boolean {
  return (
    a.fromUs === b.fromUs &&
    a.toUs === b.toUs &&
    a.from === b.from &&
    a.to === b.to &&
    a.curve === b.curve
  );
}

function isLevel({ from, to }: Segment): boolean {
  return from === to;
}
