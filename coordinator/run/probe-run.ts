/**
 * A probe run for a run that is over: which one, and what it said put into the journal of the run before. Called by launch/auto-probe.ts,
 * which has it made. Invariant: what it said is an event of the journal, so the results are made from it as from everything else.
 */
import { basename } from "node:path";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Looked } from "../analysis/diagnosis/probe-run/kind.ts";
import { type ProbePlan, probeFor } from "../analysis/diagnosis/probe-run/registry.ts";
import { diagnose } from "../analysis/diagnosis/rank.ts";
import { DETECTORS } from "../analysis/diagnosis/registry.ts";
import { Signals } from "../analysis/diagnosis/signals.ts";
import { rebuildRun } from "../report/rebuild.ts";
import { fileRunStore } from "../store/file-run-store.ts";

export interface PlannedProbe extends ProbePlan {
  /** The run that is over. */
  readonly runDirectory: string;
  readonly first: Looked;
}

/**
 * Of the first cause alone. @param scenario as it was run, with its secrets
 * @returns null: it is certain, or no probe run can tell it from others
 * @throws OnrushError as rebuildRun
 */
export async function planProbe(
  runDirectory: string,
  scenario: StrictScenario,
): Promise<PlannedProbe | null> {
  const signals = new Signals((await rebuildRun(runDirectory)).fold);
  const [hypothesis] = diagnose(signals, DETECTORS);
  if (hypothesis === undefined) return null;
  const first = { signals, hypothesis };
  const plan = probeFor(scenario, first);
  return plan && { ...plan, runDirectory, first };
}

/** @returns what was seen. @throws OnrushError as rebuildRun; ONRUSH_RUN_DIRECTORY when the journal cannot be written */
export async function recordProbe(
  { kind, first, runDirectory }: PlannedProbe,
  probeDirectory: string,
  clock: Clock,
): Promise<string> {
  const { fold } = await rebuildRun(probeDirectory);
  const { named, seen } = kind.read(first, new Signals(fold));
  const { cause } = first.hypothesis;
  const event = { type: "probed", probe: kind.id, run: basename(probeDirectory), cause } as const;
  const stored = await fileRunStore.reopen(runDirectory);
  try {
    const { journal } = await stored.openJournal();
    const told = { ...event, named, seen, wallMs: clock.wallMs(), elapsedUs: null };
    journal.append({ type: "event", event: told });
    await journal.close();
  } finally {
    await stored.release();
  }
  return seen;
}
