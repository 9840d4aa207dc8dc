/**
 * Steps of flows, for rules about them. Called by thresholds.ts. Invariant: of a flow that has issues nothing is said, so that no
 * rule is refused for what was only mistyped.
 */
import { namesOf } from "../names.ts";
import type { Scene } from "../sections/section.ts";
import type { StrictThreshold } from "../strict.ts";

interface MeasuredStep {
  readonly name: string;
  /** A time is measured of it. */
  readonly isTimed: boolean;
  /** It sends what has a reply. */
  readonly isAwaited: boolean;
  readonly isAny: true;
}

export type StepPart = Exclude<keyof MeasuredStep, "name">;

/** undefined: unknown. */
export type MeasuredSteps = readonly MeasuredStep[] | undefined;

export function stepsMeasuredBy({ scope, log }: Scene): MeasuredSteps {
  if (!log.isSound(["flow"]) || !log.isSound(["roles"])) return undefined;
  // The list of names is kept by object, and this one is not complete yet.
  return namesOf({ ...scope }).flatMap(({ name, kind, reply }) =>
    kind === "step" || kind === "wait"
      ? [{ name, ...partsOf(kind, reply.match !== "none"), isAny: true as const }]
      : [],
  );
}

function partsOf(kind: "step" | "wait", isAwaited: boolean) {
  return { isTimed: kind === "wait" || isAwaited, isAwaited };
}

/** The rule is about a step alone, or about all messages, those of steps among them. */
export function isOfSteps(
  steps: MeasuredSteps,
  { name }: Pick<StrictThreshold["selector"], "name">,
  part: StepPart,
): boolean {
  if (steps === undefined) return true;
  return steps.some((one) => (name === null || one.name === name) && one[part]);
}
