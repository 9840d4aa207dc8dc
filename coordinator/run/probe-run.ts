/**
 * A probe run for a run that is over: which one, and what it said put into the journal of the run before. Called by launch/auto-probe.ts
 * and service/probe-runs.ts, which have it made. Invariant: what it said is an event of the journal, so the results are made from it as
 * from everything else.
 */
import { basename } from "node:path";
import { ExitCode, OnrushError } from "../../shared/errors.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { Looked } from "../analysis/diagnosis/probe-run/kind.ts";
import { MOST_SECONDS } from "../analysis/diagnosis/probe-run/plan.ts";
import { probeFor, probeKindOf } from "../analysis/diagnosis/probe-run/registry.ts";
import { diagnose } from "../analysis/diagnosis/rank.ts";
import { DETECTORS } from "../analysis/diagnosis/registry.ts";
import { Signals } from "../analysis/diagnosis/signals.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { MAX_DRAIN_US } from "../plan/plan.ts";
import { type RunPolicies, WORKERS_WITHIN_SECONDS } from "../plan/policies.ts";
import { readOn } from "../report/rebuild.ts";
import type { RunEvent } from "../store/event.ts";
import type { ProbedEvent } from "../store/probed-event.ts";
import type { StoredRun } from "../store/run-store.ts";

/** What is said where no probe run is made, or none that tells. */
export const NO_PROBE_TELLS =
  "no probe run: the first cause is certain, or none of its kinds can tell it from others";
export const PROBE_BROKEN_OFF = "the probe run did not come to its end, and says nothing";

/** Around the load and the drain: the moment of the start, the last results, the report. */
const SPARE_SECONDS = 120;
const SECOND_US = 1_000_000;

/** Ends of a run that somebody wanted, or that left nothing to look at. */
const BROKEN_OFF: ReadonlySet<number> = new Set([
  ExitCode.interrupted,
  ExitCode.aborted,
  ExitCode.stopped,
]);

/** Carries out a writing, and may try it again. */
export type Retry = <T>(write: () => Promise<T>) => Promise<T>;

export interface PlannedProbe {
  /** Id of its kind. */
  readonly kind: string;
  /** What is different, as in "with pings beside the messages". */
  readonly change: string;
  readonly scenario: StrictScenario;
}

/** What a run came to, as far as a probe run depends on it. */
export interface Ended {
  /** null: run time did not begin. */
  readonly startedAt: string | null;
  readonly exitCode: number;
  /** null: it could be done. */
  readonly problem: unknown;
}

/** A run of which there is too little to look at, or whose end somebody asked for. */
export function isBrokenOff({ problem, exitCode, startedAt }: Ended): boolean {
  return problem !== null || startedAt === null || BROKEN_OFF.has(exitCode);
}

/**
 * Of the first cause alone. @param fold of the run that is over
 * @param scenario as it was run, with its secrets
 * @returns null: it is certain, or no probe run can tell it from others
 */
export function planProbe(fold: RunFold, scenario: StrictScenario): PlannedProbe | null {
  const first = firstCause(fold);
  const plan = first && probeFor(scenario, first);
  return plan && { kind: plan.kind.id, change: plan.kind.change, scenario: plan.scenario };
}

/** The scenario's text in the directory of the probe run. @param run name of the run before it */
export function probeSource(run: string, { change }: PlannedProbe, text: string): string {
  return `# A probe run for ${run}, with ${change} and a load of its own: the journal has it whole. This is the scenario of both:\n${text}`;
}

/**
 * @param fold of the run that was probed
 * @param probe kind of the probe run
 * @returns what it says. @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_JOURNAL_CORRUPT when its journal cannot be read
 */
export async function readProbe(
  fold: RunFold,
  probe: string,
  probeDirectory: string,
): Promise<ProbedEvent> {
  const first = firstCause(fold);
  const kind = probeKindOf(probe);
  if (first === null || kind === undefined) throw unreadable(probeDirectory);
  const second = await readOn(probeDirectory, null);
  const { named, seen } = kind.read(first, new Signals(second.fold));
  const run = basename(probeDirectory);
  return { type: "probed", probe: kind.id, run, cause: first.hypothesis.cause, named, seen };
}

/**
 * @param stored the run that was probed, opened
 * @param retry tries each of its writings again, as long as it likes
 * @throws OnrushError ONRUSH_RUN_DIRECTORY when its journal cannot be written
 */
export async function recordProbe(
  stored: StoredRun,
  said: ProbedEvent,
  wallMs: number,
  retry: Retry = (write) => write(),
): Promise<RunEvent> {
  const event: RunEvent = { ...said, wallMs, elapsedUs: null };
  const { journal } = await retry(() => stored.openJournal());
  journal.append({ type: "event", event });
  try {
    await retry(() => journal.sync());
  } finally {
    await journal.close();
  }
  return event;
}

/** Microseconds within which a probe run that has its workers comes to its end, whatever delays it. */
export function longestProbeUs({ workersWithinSeconds }: RunPolicies): number {
  const withinSeconds = workersWithinSeconds ?? WORKERS_WITHIN_SECONDS;
  return (withinSeconds + MOST_SECONDS + SPARE_SECONDS) * SECOND_US + MAX_DRAIN_US;
}

function firstCause(fold: RunFold): Looked | null {
  const signals = new Signals(fold);
  const [hypothesis] = diagnose(signals, DETECTORS);
  return hypothesis === undefined ? null : { signals, hypothesis };
}

function unreadable(directory: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_RUN_DIRECTORY",
    message: `the run that ${directory} was made for has no such cause`,
    remedy: "Run both again with the same version of Onrush.",
  });
}
