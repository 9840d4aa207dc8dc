/**
 * A scenario as it is understood, every default filled in, as a scenario file. Called by `onrush explain` and the API.
 * Pure. Invariant: `validate` accepts it, and it means the same; no secret is in it, for secrets, files and the environment
 * stay references.
 */
import { stringify } from "yaml";
import { writtenForm } from "../../../shared/scenario/written.ts";
import type { ValidScenario } from "./scenario-file.ts";

const HEAD = "# Every default filled in. Files are named as before, relative to the scenario.\n";

/** The scenario as YAML text. */
export function explain({ scenario, given }: Pick<ValidScenario, "scenario" | "given">): string {
  const written = writtenForm(scenario, given);
  return HEAD + stringify(written, { lineWidth: 0, aliasDuplicateObjects: false });
}
