/**
 * The way back: a strict scenario as its author could have written it: every default filled in, in the keys and units of the file.
 * Called by `onrush explain`. Invariant: what is written parses to the scenario it was made from, in the same environment
 * and beside the same files; no secret is in it, for secrets, files and placeholders stay references.
 */
import type { ScenarioInput } from "./schema.ts";
import { SECTIONS } from "./sections/registry.ts";
import type { Section } from "./sections/section.ts";
import type { StrictScenario } from "./strict.ts";

/** @param given the file's content that `scenario` was made from, options applied */
export function writtenForm(scenario: StrictScenario, given: ScenarioInput): ScenarioInput {
  const sections: readonly Section[] = SECTIONS;
  const parts = sections.flatMap(({ key, written }) => {
    const part = written(scenario, given[key as keyof ScenarioInput]);
    return part === undefined ? [] : [[key, part] as const];
  });
  return Object.fromEntries(parts) as ScenarioInput;
}
