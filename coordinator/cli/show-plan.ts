/**
 * Prints a plan and what it takes on this machine. Called by the plan command and `run --dry-run`. Invariant: nothing is
 * started, opened or written.
 */
import { fitHere, type LocalPlanRequest, outlineOf } from "../launch/plan/local-plan.ts";
import { checkPorts } from "../launch/plan/port-check.ts";
import type { CliContext } from "./context.ts";
import { machineText, outlineText } from "./terminal/plan-text.ts";

/** @throws OnrushError ONRUSH_LIMITS_TOO_LOW, when what is planned has been shown */
export async function showPlan(request: LocalPlanRequest, { stdout }: CliContext): Promise<void> {
  const outline = outlineOf(request);
  stdout.write(outlineText(request.scenario, outline));
  const local = fitHere(outline, request);
  stdout.write(machineText(local));
  await checkPorts(local, request.scenario);
}
