/**
 * Clean-up: the steps that are done when a run is over, however it ended. Called by run/run.ts. Invariants: every step is tried, one after
 * another, each within its limit, and nothing it has started is left; what came of it is in the journal. A step that was under way when
 * its coordinator ended is done again.
 */
import { outsideKindOf } from "../../shared/scenario/sections/faults/outside/registry.ts";
import { type ActiveRun, ignoreOperating } from "../active-run/active-run.ts";
import { isTaken } from "../active-run/bus-retry.ts";
import { handsFor, lacksSecrets, notDone, SECRETS_LOST, tellable } from "./hands.ts";

export async function cleanUp(run: ActiveRun): Promise<void> {
  const { log, plan } = run;
  for (const [step, { name, limitUs, act }] of (plan.document.scenario.cleanup ?? []).entries()) {
    if (log.fold.beside.cleanup.get(step)?.ended) continue;
    if (lacksSecrets(run, act)) {
      log.event({ type: "cleanup-ended", step, name, ...SECRETS_LOST });
      continue;
    }
    log.event({ type: "cleanup-began", step, name });
    await keep(run);
    const terms = { id: name, limitUs, signal: new AbortController().signal, leavesNothing: true };
    const result = await outsideKindOf(act.kind).perform(act, { ...handsFor(run, terms), order });
    log.event({ type: "cleanup-ended", step, name, ...tellable(run, result) });
    await keep(run);
  }
}

const order = () => Promise.resolve(notDone("only faults ask workers"));

/** A disk that refuses keeps no step from being done; another coordinator that took the run does them. */
async function keep({ log }: ActiveRun): Promise<void> {
  await log.sync().catch((error: unknown) => {
    if (isTaken(error)) throw error;
    ignoreOperating(error);
  });
}
