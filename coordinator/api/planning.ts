/**
 * What a scenario would do and what it takes, without starting anything. Called by api.ts. Invariant: the figures are those
 * of `onrush plan`.
 */

import { fitHere, type LocalPlan, type Outline, outlineOf } from "../launch/plan/local-plan.ts";
import {
  type PlannedMessages,
  type PlannedPhase,
  plannedMessages,
  plannedPhases,
} from "../launch/plan/plan-figures.ts";
import { checkPorts } from "../launch/plan/port-check.ts";
import type { ValidScenario } from "../launch/scenario/scenario-file.ts";
import { estimateMemory } from "../local/memory-estimate.ts";

/** How long a run takes. */
export interface Estimate {
  /** Of the load. */
  readonly durationSeconds: number;
  /** Of the drain that follows, at most. */
  readonly drainSeconds: number;
  /** A find-limit phase may end earlier: the duration is the longest. */
  readonly atMost: boolean;
}

/** What a scenario would do, wherever it runs. */
export interface ScenarioPlan extends Estimate {
  readonly name: string;
  readonly seed: number;
  /** Most connections open at one time. */
  readonly peakConnections: number;
  /** Connections in all, and how often they are opened. */
  readonly connections: number;
  readonly opens: number;
  /** Parts the load is dealt to workers in. */
  readonly shards: number;
  /** Connections open at the end of each second. */
  readonly openBySecond: readonly number[];
  readonly phases: readonly PlannedPhase[];
  /** null: the scenario sends none. */
  readonly messages: PlannedMessages | null;
}

/** What a run takes on this machine. */
export interface Resources {
  readonly workers: number;
  readonly enginesPerWorker: number;
  /** Each worker has room for so many. */
  readonly connectionsPerWorker: number;
  readonly files: { readonly perWorker: number; readonly limit: number };
  readonly ports: {
    /** Local addresses that connections come from. */
    readonly sourceAddresses: number;
    readonly perAddress: number;
    /** First and last that the system gives to connections. */
    readonly range: readonly [first: number, last: number];
  };
  /** An estimate of workers and kernel together, and what it rests on. */
  readonly memory: { readonly bytes: number; readonly basis: string };
}

/** @throws OnrushError ONRUSH_SCENARIO_INVALID when the load cannot be laid out */
export function planOf({ scenario }: ValidScenario): ScenarioPlan {
  const outline = outlineFor({ scenario });
  const { plan, population } = outline;
  const { shards, connections } = plan.document;
  return {
    name: scenario.name,
    seed: scenario.seed,
    ...estimateOf({ scenario }, outline),
    peakConnections: population.peakPlanned,
    connections,
    opens: population.plannedOpens,
    shards,
    openBySecond: plan.plannedOpen,
    phases: plannedPhases(scenario, population),
    messages: plannedMessages(scenario, population),
  };
}

export function estimateOf(
  { scenario }: Pick<ValidScenario, "scenario">,
  { plan }: Outline = outlineFor({ scenario }),
): Estimate {
  const { durationUs, drainUs } = plan.document;
  return {
    durationSeconds: durationUs / 1e6,
    drainSeconds: drainUs / 1e6,
    atMost: scenario.phases.some(({ ramp }) => ramp === "find-limit"),
  };
}

/** @throws OnrushError ONRUSH_LIMITS_TOO_LOW when it does not fit, with the limit that is needed */
export async function resourcesOf(
  { scenario }: ValidScenario,
  workers: number | "auto",
): Promise<Resources> {
  const request = { run: "plan", scenario, allowTargets: [], workers };
  const local = fitHere(outlineFor({ scenario }), request);
  await checkPorts(local, scenario);
  return resourcesIn(local);
}

function outlineFor({ scenario }: Pick<ValidScenario, "scenario">): Outline {
  return outlineOf({ run: "plan", scenario, allowTargets: [] });
}

function resourcesIn(local: LocalPlan): Resources {
  const { sizing, population, filesPerWorker, openFilesLimit } = local;
  const { sourceAddresses, portsPerAddress, portRange } = local;
  const { bytes, basis } = estimateMemory(population.peakPlanned, sizing);
  return {
    workers: sizing.workers,
    enginesPerWorker: sizing.enginesPerWorker,
    connectionsPerWorker: sizing.capacityPerWorker,
    files: { perWorker: filesPerWorker, limit: openFilesLimit },
    ports: { sourceAddresses, perAddress: portsPerAddress, range: portRange },
    memory: { bytes, basis },
  };
}
