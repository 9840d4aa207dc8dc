/**
 * Makes the plan of a run: sizes, hash, and what is to be remembered of it. Pure; called by run.ts before
 * anything starts, and by whoever only wants to look at a plan. Invariant: the same scenario gives the same
 * plan and the same hash, whatever the run is called.
 */
import { createHash } from "node:crypto";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { shardCount } from "../../shared/load/split.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { VERSION } from "../../shared/version.ts";
import { type PlanDocument, WIRE_VERSION } from "../../shared/wire/plan.ts";
import { type RunFacts, redactScenario } from "../merge/facts.ts";

/** How long workers wait for the target's answer to their Close frame. */
const CLOSE_TIMEOUT_US = 5_000_000;
/** The drain never takes longer than this, whatever replies may take. */
const MAX_DRAIN_US = 120_000_000;
const SECOND_US = 1_000_000;

export interface PlanRequest {
  readonly run: string;
  readonly scenario: StrictScenario;
  readonly allowTargets: readonly string[];
}

export interface Plan {
  readonly document: PlanDocument;
  readonly plannedOpens: number;
  /** Planned concurrency at the end of each second. */
  readonly plannedOpen: readonly number[];
}

/** @throws OnrushError ONRUSH_SCENARIO_INVALID when the load cannot be laid out. */
export function makePlan({ run, scenario, allowTargets }: PlanRequest): Plan {
  const population = buildPopulation(scenario);
  const { durationUs } = population.profile;
  const sizes = {
    shards: shardCount(population.connections),
    connections: population.connections,
    durationUs,
    drainUs: drainOf(scenario),
  };
  const hash = createHash("sha256")
    .update(canonicalJson({ scenario, ...sizes }))
    .digest("hex");
  const plannedOpen: number[] = [];
  for (let endUs = SECOND_US; endUs < durationUs + SECOND_US; endUs += SECOND_US) {
    // The last moment of a second: at its end the next one, or nothing, begins.
    plannedOpen.push(population.plannedOpenAt(Math.min(endUs, durationUs) - 1));
  }
  return {
    document: { version: WIRE_VERSION, run, hash, scenario, ...sizes, allowTargets },
    plannedOpens: population.plannedOpens,
    plannedOpen,
  };
}

/** What the journal remembers of a run: all results can be made from it and the frames. */
export function makeFacts(
  plan: Plan,
  context: { readonly createdWallMs: number; readonly busKind: RunFacts["busKind"] },
): RunFacts {
  const { run, hash, scenario, connections, shards, durationUs, drainUs } = plan.document;
  return {
    schema: 1,
    run,
    planHash: hash,
    connections,
    plannedOpens: plan.plannedOpens,
    shards,
    durationUs,
    drainUs,
    plannedOpen: plan.plannedOpen,
    ...context,
    versions: { onrush: VERSION, node: process.version, wire: WIRE_VERSION },
    scenario: redactScenario(scenario),
  };
}

/** The longest a reply may take, and then a closing handshake. */
function drainOf(scenario: StrictScenario): number {
  let longestUs = 0;
  for (const { reply } of scenario.messages?.mix ?? []) {
    if (reply.match !== "none") longestUs = Math.max(longestUs, reply.withinUs);
  }
  return Math.min(longestUs + CLOSE_TIMEOUT_US, MAX_DRAIN_US);
}

/** JSON with sorted keys and no spaces: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${entries.join(",")}}`;
}
