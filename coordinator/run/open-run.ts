/**
 * Opens a run's place in the store and rebuilds what is known of the run: nothing for a new one, the fold of its journal
 * for one whose coordinator has died. Called by run.ts. Invariant: a journal goes on where its last whole record ends,
 * and only with the plan it began with.
 */
import { OnrushError } from "../../shared/errors.ts";
import { ActiveRun } from "../active-run/active-run.ts";
import type { RunRequest } from "../active-run/request.ts";
import { RunLog } from "../active-run/run-log.ts";
import { readFacts } from "../merge/facts.ts";
import { RunFold } from "../merge/run-fold.ts";
import { makeFacts, type Plan } from "../plan/plan.ts";
import { fileRunStore } from "../store/file-run-store.ts";
import type { StoredRun } from "../store/run-store.ts";

/** Makes the place of a new run, with its first files. @throws OnrushError ONRUSH_RUN_DIRECTORY */
export async function openNewRun(request: RunRequest, plan: Plan): Promise<ActiveRun> {
  const { store = fileRunStore, runDirectory, lead } = request;
  return open(request, plan, { stored: await store.create(runDirectory, lead), known: null });
}

/**
 * Takes up a run where its journal ends.
 * @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_JOURNAL_CORRUPT; ONRUSH_SCENARIO_INVALID when the scenario is not the
 *   run's
 */
export async function openKnownRun(request: RunRequest, plan: Plan): Promise<ActiveRun> {
  const { store = fileRunStore, runDirectory, lead } = request;
  const stored = await store.reopen(runDirectory, lead);
  try {
    return await open(request, plan, { stored, known: await rebuild(stored) });
  } catch (error) {
    await stored.release();
    throw error;
  }
}

async function open(
  request: RunRequest,
  plan: Plan,
  { stored, known }: { readonly stored: StoredRun; readonly known: RunFold | null },
): Promise<ActiveRun> {
  try {
    if (known && known.facts.planHash !== plan.document.hash) throw otherPlan(request.runId);
    const { journal, cutBytes } = await stored.openJournal();
    const { clock, onEvent, bus, source, command } = request;
    const context = {
      createdWallMs: clock.wallMs(),
      busKind: bus.kind,
      ...(command ? { command } : {}),
    };
    const fold = known ?? new RunFold(makeFacts(plan, context));
    const log = new RunLog({ fold, isNew: known === null, journal, clock, onEvent });
    await log.sync();
    await stored.write("scenario.yaml", source.text);
    const run = new ActiveRun({ request, plan, log, stored });
    if (known && !known.complete) run.note(startedAgain(known, cutBytes));
    await run.writeRunFile();
    request.onOpened?.(run.state);
    return run;
  } catch (error) {
    await stored.release();
    throw error;
  }
}

/** The fold of the journal so far, or null when it does not even have a header. */
async function rebuild(stored: StoredRun): Promise<RunFold | null> {
  let fold: RunFold | null = null;
  for await (const record of stored.records()) {
    if (record.type === "header") fold = new RunFold(readFacts(record.header));
    else fold?.apply(record);
  }
  return fold;
}

function startedAgain({ state }: RunFold, cutBytes: number): string {
  const cut = cutBytes > 0 ? ` ${cutBytes} bytes at the journal's end were no whole record.` : "";
  return `The coordinator was started again in state "${state}" and went on.${cut}`;
}

function otherPlan(run: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_SCENARIO_INVALID",
    message: `Run ${run} was begun with another scenario, data or environment than it is to go on with.`,
    remedy: "Go on with what it was begun with, or start a new run.",
  });
}
