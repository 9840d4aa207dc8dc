/**
 * Holds the commands of a scenario, of its faults and its clean-up, against those that were allowed where the coordinator was started.
 * Called before a run is begun, and before each command. Invariant: a path allows that very path, and nothing is allowed by default.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";

/** @throws OnrushError ONRUSH_COMMAND_FORBIDDEN */
export function checkCommands(
  { outside, cleanup = [] }: Pick<StrictScenario, "outside" | "cleanup">,
  allowed: readonly string[],
): void {
  for (const { act } of [...outside, ...cleanup]) {
    if (act.kind === "command") checkCommand(act.file, allowed);
  }
}

/** @throws OnrushError ONRUSH_COMMAND_FORBIDDEN */
export function checkCommand(file: string, allowed: readonly string[]): void {
  if (allowed.includes(file)) return;
  throw new OnrushError({
    code: "ONRUSH_COMMAND_FORBIDDEN",
    message: `the scenario runs ${file}, and nobody has allowed that command`,
    remedy: `if it may be run here: \`onrush run --allow-command ${file}\`, or on a cluster \`onrush coordinator --allow-command ${file}\``,
  });
}
