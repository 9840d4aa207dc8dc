/**
 * What a run takes on this machine: the plan, and how it is spread over processes, threads, files, ports and
 * memory. Called by the run command before it starts anything and by the plan command, so both say the same.
 * Pure but for asking the machine for its limits.
 */
import { type Granted, granted } from "../../../shared/cgroup/granted.ts";
import { OnrushError } from "../../../shared/errors.ts";
import { buildPopulation, type Population } from "../../../shared/load/arrivals.ts";
import { sourceAddresses } from "../../../shared/load/source-address.ts";
import { localPortRange } from "../../../shared/local-ports.ts";
import { isOnLoopback } from "../../../shared/net/target-url.ts";
import { openFilesLimit } from "../../../shared/open-files.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import { estimateMemory } from "../../local/memory-estimate.ts";
import {
  RESERVED_FILES,
  type Sizing,
  sizeLocalCluster,
  sourceAddressesNeeded,
} from "../../local/sizing.ts";
import { makePlan, type Plan } from "../../plan/plan.ts";
import { lostByFaults } from "../../plan/worker-faults.ts";

/** What a scenario plans, wherever it runs. */
export interface Outline {
  readonly plan: Plan;
  readonly population: Population;
}

export interface LocalPlan extends Outline {
  readonly sizing: Sizing;
  /** Files one worker will have open at the peak, and how many it may. */
  readonly filesPerWorker: number;
  readonly openFilesLimit: number;
  /** In use, or needed where there is but one. */
  readonly sourceAddresses: number;
  /** Addresses that the run binds to; 0 where the kernel chooses. */
  readonly boundAddresses: number;
  /** Local ports in use at the busiest source address at the peak, towards the busiest target. */
  readonly portsPerAddress: number;
  readonly portRange: readonly [first: number, last: number];
  /** All targets can be reached from every address of 127.0.0.0/8. */
  readonly loopback: boolean;
}

export interface LocalPlanRequest {
  readonly run: string;
  readonly scenario: StrictScenario;
  readonly allowTargets: readonly string[];
  readonly workers: number | "auto";
}

/** @throws OnrushError ONRUSH_SCENARIO_INVALID */
export function outlineOf(request: Omit<LocalPlanRequest, "workers">): Outline {
  return { plan: makePlan(request), population: buildPopulation(request.scenario) };
}

/** @throws OnrushError ONRUSH_SCENARIO_INVALID, ONRUSH_LIMITS_TOO_LOW */
export function planLocally(request: LocalPlanRequest): LocalPlan {
  return fitHere(outlineOf(request), request);
}

/** @throws OnrushError ONRUSH_LIMITS_TOO_LOW */
export function fitHere(outline: Outline, request: LocalPlanRequest): LocalPlan {
  const { plan, population } = outline;
  const { scenario, workers } = request;
  const limit = openFilesLimit();
  const allowed = granted();
  const sizing = sizeLocalCluster({
    connections: population.peakPlanned,
    shards: plan.document.shards,
    cpus: allowed.cores,
    openFiles: limit,
    ...(workers === "auto" ? {} : { workers, spare: lostByFaults(scenario, workers) }),
  });
  checkMemory(population.peakPlanned, sizing, allowed);
  const loopback = isOnLoopback(scenario);
  const portRange = localPortRange();
  return {
    plan,
    population,
    sizing,
    filesPerWorker: Math.min(sizing.capacityPerWorker, population.peakPlanned) + RESERVED_FILES,
    openFilesLimit: limit,
    ...portsHere({ population, scenario, loopback, portRange }),
    portRange,
    loopback,
  };
}

/**
 * A run that outgrows the limit of a control group is ended by the kernel, so it does not begin.
 * @throws OnrushError ONRUSH_LIMITS_TOO_LOW
 */
export function checkMemory(
  connections: number,
  sizing: Sizing,
  { limits }: Pick<Granted, "limits">,
): void {
  const { bytes } = estimateMemory(connections, sizing);
  const { memoryBytes } = limits;
  if (memoryBytes === null || bytes <= memoryBytes) return;
  throw new OnrushError({
    code: "ONRUSH_LIMITS_TOO_LOW",
    message: `${connections} connections need about ${megabytes(bytes)} of memory in ${sizing.workers} worker process${sizing.workers === 1 ? "" : "es"}, and the control group of this process allows ${megabytes(memoryBytes)}.`,
    remedy: `Give the container or service ${megabytes(Math.ceil(bytes * 1.25))} or more, or spread the run over workers on several machines (docs/cluster.md).`,
  });
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

/** Source addresses in use, or needed, and the ports each gives to the run. */
function portsHere(at: {
  readonly population: Population;
  readonly scenario: StrictScenario;
  readonly loopback: boolean;
  readonly portRange: readonly [first: number, last: number];
}): Pick<LocalPlan, "sourceAddresses" | "boundAddresses" | "portsPerAddress"> {
  const { population, scenario, loopback, portRange } = at;
  const { localAddresses } = scenario.connect;
  const { peakPlanned, connections } = population;
  const ports = portRange[1] - portRange[0] + 1;
  const share = busiestShare(scenario);
  const atBusiest = Math.ceil(peakPlanned * share);
  const boundAddresses = sourceAddresses({
    ...{ connections, atBusiest: Math.ceil(connections * share), localAddresses, ports },
    loopback: loopback && process.platform !== "darwin",
  }).length;
  // A port that is bound serves one connection; one that the kernel chooses, one to each target.
  if (boundAddresses > 0) {
    const portsPerAddress = Math.ceil(peakPlanned / boundAddresses);
    return { sourceAddresses: boundAddresses, boundAddresses, portsPerAddress };
  }
  const needed = sourceAddressesNeeded({ connections: atBusiest, ports: portRange });
  return {
    sourceAddresses: needed,
    boundAddresses,
    portsPerAddress: Math.ceil(atBusiest / needed),
  };
}

/** Ports are used up per target address; the busiest one counts. */
export function busiestShare({ targets }: StrictScenario): number {
  const weightByHost = new Map<string, number>();
  for (const { url, weight } of targets) {
    const host = new URL(url).host;
    weightByHost.set(host, (weightByHost.get(host) ?? 0) + weight);
  }
  const sum = targets.reduce((total, { weight }) => total + weight, 0);
  return Math.max(...weightByHost.values()) / sum;
}
