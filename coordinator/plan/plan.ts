/**
 * Makes the plan of a run: sizes, hash, and what is to be remembered of it. Pure; called by run.ts before
 * anything starts, and by whoever only wants to look at a plan. Invariants: the same scenario gives the same
 * plan and, within this process, the same hash, whatever the run is called; no hash lets a reader test a guess of a
 * secret.
 */
import { createHash, createHmac, randomBytes } from "node:crypto";
import { buildPopulation, type Population, upTo } from "../../shared/load/arrivals.ts";
import { indicesOf, type ShardSizes, shardCount } from "../../shared/load/split.ts";
import { type Steering, steer } from "../../shared/load/steering.ts";
import { namesOf, rolesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { VERSION } from "../../shared/version.ts";
import { COUNTER_LISTS } from "../../shared/wire/frame/counter-lists.ts";
import { type PlanDocument, WIRE_VERSION } from "../../shared/wire/plan.ts";
import { isInSlice, type Slice } from "../../shared/wire/slice.ts";
import { loadOf, type RunFacts, redactScenario } from "../merge/facts.ts";
import { plannedFigures } from "../merge/planned.ts";
import { closeStepsUs } from "./close-steps.ts";
import { type DataDigests, digestsOf } from "./data-digest.ts";
import { refuseEmptyPlan } from "./empty-plan.ts";
import { refuseIdleFaults } from "./idle-faults.ts";
import { DEFAULT_POLICIES, type RunPolicies } from "./policies.ts";
import { refuseTooFewRows } from "./unique-rows.ts";

/** How long workers wait for the target's answer to their Close frame. */
const CLOSE_TIMEOUT_US = 5_000_000;
/** The drain never takes longer than this, whatever replies may take. */
export const MAX_DRAIN_US = 120_000_000;
const SECOND_US = 1_000_000;
/** Keys the hashes of plans, which hold secrets. Never stored: a run taken up later brings its hash along. */
const HASH_KEY = randomBytes(32);

/** Moved and lost connections come back over this time. */
const RECOVER_WITHIN_US = 2.5 * SECOND_US;

export interface PlanRequest {
  readonly run: string;
  readonly scenario: StrictScenario;
  readonly allowTargets: readonly string[];
  /** Default: DEFAULT_POLICIES. */
  readonly policies?: RunPolicies;
  /** Of a run that began earlier; default: made of the scenario. */
  readonly hash?: string;
}

export interface Plan {
  readonly document: PlanDocument;
  readonly policies: RunPolicies;
  readonly plannedOpens: number;
  /** Planned concurrency at the end of each second. */
  readonly plannedOpen: readonly number[];
  readonly sizes: ShardSizes;
  /** In place of the data tables, in hashes. */
  readonly data: DataDigests;
  /** Sessions the plan opens in [fromUs, toUs). */
  opensBetween(fromUs: number, toUs: number): number;
  /** Sessions of one slice that the plan opens in [fromUs, toUs). */
  opensOfSlice(slice: Slice, fromUs: number, toUs: number): number;
}

/** @throws OnrushError ONRUSH_SCENARIO_INVALID when the load cannot be laid out, or is none. */
export function makePlan(request: PlanRequest): Plan {
  const { run, scenario, allowTargets, policies = DEFAULT_POLICIES } = request;
  // Searches begin at their first level; where they go is decided while the run goes on.
  const begun = { ...scenario, phases: steer(scenario.phases, []) };
  const population = buildPopulation(begun);
  refuseEmptyPlan(begun, population);
  refuseTooFewRows(scenario, population.connections);
  refuseIdleFaults(begun, population);
  const figures = plannedFigures(population);
  const sizes = {
    shards: shardCount(population.connections),
    connections: population.connections,
    durationUs: figures.durationUs,
    drainUs: drainOf(scenario),
  };
  const data = digestsOf(scenario);
  const hash = request.hash ?? keyedHashOf({ scenario: { ...scenario, data }, ...sizes });
  const { onBusLoss, recoverWithinUs = RECOVER_WITHIN_US } = policies;
  const trouble = { recoverWithinUs, onBusLoss };
  return {
    document: {
      ...{ version: WIRE_VERSION, run, hash, scenario: begun, ...sizes, allowTargets },
      ...trouble,
    },
    policies,
    plannedOpens: figures.plannedOpens,
    plannedOpen: figures.plannedOpen,
    sizes: { shards: sizes.shards, peak: population.peakPlanned },
    data,
    ...opensOf(population, sizes.shards),
  };
}

/** The plan as it is after what its searches have decided. Its hash and its sizes stay. */
export function steeredPlan(plan: Plan, steering: readonly Steering[]): Plan {
  const { document } = plan;
  const { scenario, shards } = document;
  const population = buildPopulation({ ...scenario, phases: steer(scenario.phases, steering) });
  const { durationUs, plannedOpens, plannedOpen } = plannedFigures(population);
  return {
    ...plan,
    ...opensOf(population, shards),
    document: { ...document, durationUs },
    plannedOpens,
    plannedOpen,
  };
}

function opensOf(
  { profile, arrivals, connections, sessionsOf }: Population,
  shards: number,
): Pick<Plan, "opensBetween" | "opensOfSlice"> {
  const below = (tUs: number) => upTo(arrivals.openUs, tUs);
  return {
    opensBetween: (fromUs, toUs) =>
      toUs <= fromUs ? 0 : profile.opensBetween(fromUs, toUs) + below(toUs) - below(fromUs),
    opensOfSlice: (slice, fromUs, toUs) => {
      let opens = 0;
      for (const index of indicesOf(slice.shard, shards, connections)) {
        for (const { openUs } of sessionsOf(index)) {
          if (openUs >= fromUs && openUs < toUs && isInSlice(slice, openUs)) opens++;
        }
      }
      return opens;
    },
  };
}

/** What the journal remembers of a run: all results can be made from it and the frames. */
export function makeFacts(
  plan: Plan,
  context: Pick<RunFacts, "createdWallMs" | "busKind" | "command">,
): RunFacts {
  const { run, hash, scenario, connections, shards, durationUs, drainUs } = plan.document;
  return {
    schema: 1,
    run,
    planHash: hash,
    loadHash: hashOf({
      scenario: { ...loadOf(scenario), data: plan.data },
      ...{ connections, shards, durationUs, drainUs },
    }),
    connections,
    plannedOpens: plan.plannedOpens,
    shards,
    durationUs,
    drainUs,
    plannedOpen: plan.plannedOpen,
    policies: {
      onWorkerLoss: plan.policies.onWorkerLoss,
      onBusLoss: plan.policies.onBusLoss,
    },
    ...context,
    counters: COUNTER_LISTS,
    versions: { onrush: VERSION, node: process.version, wire: WIRE_VERSION },
    scenario: redactScenario(scenario),
  };
}

/** The longest a reply or a sequence may take, then the last steps of a flow, and a closing handshake. */
function drainOf(scenario: StrictScenario): number {
  const roles = rolesOf(scenario);
  const mixes = roles.flatMap(({ messages }) => messages?.mix ?? []);
  let longestUs = Math.max(0, ...mixes.map(({ sequence }) => sequence?.withinUs ?? 0));
  for (const { reply } of namesOf(scenario)) {
    if (reply.match !== "none") longestUs = Math.max(longestUs, reply.withinUs);
  }
  const lastUs = Math.max(0, ...roles.map(({ flow }) => closeStepsUs(flow)));
  return Math.min(longestUs + lastUs + CLOSE_TIMEOUT_US, MAX_DRAIN_US);
}

function keyedHashOf(content: unknown): string {
  return createHmac("sha256", HASH_KEY).update(canonicalJson(content)).digest("hex");
}

function hashOf(content: unknown): string {
  return createHash("sha256").update(canonicalJson(content)).digest("hex");
}

/** JSON with sorted keys and no spaces: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) {
    // A row of a table: there is no key to sort.
    if (!value.some((item) => typeof item === "object")) return JSON.stringify(value);
    return `[${value.map(canonicalJson).join(",")}]`;
  }
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${entries.join(",")}}`;
}
