/**
 * Refuses a plan that has more connections than a table of `pick: unique` has rows. Called by plan.ts. The scenario's own check knows
 * the mean of random arrivals; here it is known how many there are. Invariant: no two connections of a plan have a row of such a
 * table in common.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";

/** @throws OnrushError ONRUSH_SCENARIO_INVALID */
export function refuseTooFewRows({ data }: StrictScenario, connections: number): void {
  for (const [name, { pick, count }] of Object.entries(data)) {
    if (pick !== "unique" || count >= connections) continue;
    throw new OnrushError({
      code: "ONRUSH_SCENARIO_INVALID",
      message: `data.${name}: pick: unique needs a row per connection: ${count} rows for ${connections} connections, which this seed's arrivals come to`,
      remedy: "Add rows, plan fewer connections, or use pick: sequential.",
    });
  }
}
