/**
 * Faults that are done outside of the load (faults/outside): the part of faults.ts about them. Invariant: they have times as other
 * faults, and no victims.
 */
import type * as z from "zod";
import type { Path } from "../issue.ts";
import { literals } from "../shape/literal.ts";
import type { StrictPhase } from "../strict.ts";
import type { StrictOutside } from "../strict-outside.ts";
import { formatDuration } from "../units.ts";
import {
  anchorOf,
  checkTimes,
  type FaultScene,
  repetition,
  unusedName,
  writtenAnchor,
} from "./faults/anchor.ts";
import type { OutsideKeys } from "./faults/outside/outside.ts";
import { OUTSIDE_KINDS, type OutsideAct, outsideKindOf } from "./faults/outside/registry.ts";

type Shape = ReturnType<(typeof OUTSIDE_KINDS)[number]["shape"]>;
export type OutsideOutput = z.output<Shape>;
export type OutsideInput = z.input<Shape>;

export function isOutside(value: { readonly kind?: unknown }): value is OutsideOutput {
  return OUTSIDE_KINDS.some(({ kind }) => kind === value.kind);
}

/** null when it has an issue (logged). */
export function strictOutside(
  value: OutsideOutput,
  place: {
    readonly path: Path;
    readonly scene: FaultScene;
    /** Those before it. */
    readonly known: readonly StrictOutside[];
  },
): StrictOutside | null {
  const keys: OutsideKeys = value;
  const { path, scene, known } = place;
  const { log } = scene;
  if (!log.isSound(["load"])) return null;
  const { phases } = scene.scope;
  const anchor = anchorOf(keys.at, [...path, "at"], { phases, log });
  if (anchor === null) return null;
  const startUs = phases
    .slice(0, anchor.phase)
    .reduce((sum, { durationUs }) => sum + durationUs, anchor.offsetUs);
  const repeated = repetition(keys, { path, log, anchor, phases });
  const act = outsideKindOf(value.kind).strict(value);
  checkTimes({ forUs: lastingUs(act), ...repeated }, startUs, { path, phases, log });
  if (!log.isSound(path)) return null;
  return {
    name: keys.name ?? unusedName(`${keys.kind}@${writtenAnchor(anchor, phases)}`, known),
    ...{ ...anchor, ...repeated, limitUs: keys.timeout },
    act,
  };
}

/** What is done in a moment lasts no time. */
export function lastingUs(act: OutsideAct): number {
  return outsideKindOf(act.kind).lastsUs?.(act) ?? 0;
}

export function writtenOutside(one: StrictOutside, phases: readonly StrictPhase[]): OutsideInput {
  const { name, phase, offsetUs, everyUs, times, limitUs, act } = one;
  return {
    ...{ at: writtenAnchor({ phase, offsetUs }, phases), kind: act.kind },
    // No author can write the names that are made here.
    ...(!name.includes("@") && { name }),
    ...(times > 1 && { every: formatDuration(everyUs), times }),
    timeout: formatDuration(limitUs),
    ...literals(outsideKindOf(act.kind).written(act)),
  } as OutsideInput;
}
