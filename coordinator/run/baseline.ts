/**
 * Holds a run against its baseline: before the start, so that nobody waits for a run that cannot be compared, and when it
 * is over. Called by the command line and by run.ts. Invariant: what came of it is an event of the journal, so the run's
 * results do not depend on whether the baseline is still there when they are made again.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import type { BaselineRequest } from "../active-run/request.ts";
import type { Difference } from "../analysis/compare/comparison.ts";
import { makeFacts, makePlan } from "../plan/plan.ts";
import { baselineObjections, compareWithBaseline, refusal } from "../report/compare-runs.ts";

const MAX_NAMED = 3;

/**
 * @throws OnrushError ONRUSH_BASELINE_UNFIT when the run to come is another than the baseline's; what reading it throws
 */
export async function checkBaseline(
  scenario: StrictScenario,
  { runs, despite }: BaselineRequest,
): Promise<void> {
  const plan = makePlan({ run: "", scenario, allowTargets: [] });
  const facts = makeFacts(plan, { createdWallMs: 0, busKind: "ipc" });
  const objections = await baselineObjections(facts, runs, despite);
  if (objections.length === 0) return;
  const named = objections.slice(0, MAX_NAMED).map(objectionText);
  const more = objections.length > MAX_NAMED ? `, and ${objections.length - MAX_NAMED} more` : "";
  const kinds = [...new Set(objections.map(({ kind }) => kind))].join(",");
  throw new OnrushError({
    code: "ONRUSH_BASELINE_UNFIT",
    message: `This run could not be compared with its baseline: ${named.join("; ")}${more}.`,
    remedy: `Give a baseline of the same scenario, or allow the difference with \`onrush run --despite ${kinds}\`.`,
  });
}

function objectionText({ kind, what, a, b }: Difference): string {
  if (kind === "validity") return `${what} cannot be trusted (${a})`;
  // Runs of the baseline may differ among themselves.
  return b === "" ? `${what} (baseline ${a})` : `${what} (baseline ${a}, this run ${b})`;
}

/** Once the run is over; does nothing without a baseline. A baseline that cannot be read any more is a refusal. */
export async function compareWith(
  { log }: ActiveRun,
  baseline: BaselineRequest | undefined,
): Promise<void> {
  if (!baseline || log.fold.comparison !== null) return;
  const comparison = await compareWithBaseline(log.fold, baseline.runs, baseline).catch(
    (error: unknown) => {
      if (!(error instanceof OnrushError)) throw error;
      const { run, scenario } = log.fold.facts;
      const unread = { kind: "validity", what: "baseline", a: error.message, b: "" } as const;
      return refusal({ a: [], b: [{ run, name: scenario.name }] }, [unread], baseline.rules);
    },
  );
  log.event({ type: "compared", comparison });
}
