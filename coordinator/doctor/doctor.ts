/**
 * The examination: this machine, the bus and its workers, the targets; and how many connections that makes. Called by
 * the doctor command. Invariant: nothing is changed, and nothing is left running.
 */
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { messageRate } from "../../shared/load/message-rate.ts";
import { isLoopbackHost } from "../../shared/net/host.ts";
import { splitTargetUrl } from "../../shared/net/target-url.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Timers } from "../../shared/time/timer.ts";
import { type BusToCheck, checkBus } from "./bus-check.ts";
import { type Limit, limitsOf } from "./capacity.ts";
import { type Check, ok } from "./check.ts";
import { type Machine, readMachine } from "./machine.ts";
import { machineChecks } from "./machine-checks.ts";
import { checkTargetsLive } from "./target-check.ts";
import { measureTimerLateness } from "./timer-lateness.ts";

export interface Examination {
  /** Whose targets are to be tried; null for none. */
  readonly scenario: StrictScenario | null;
  /** Connections that are wanted; null when nobody said. */
  readonly connections: number | null;
  readonly bus: BusToCheck | null;
  readonly allowTargets: readonly string[];
  readonly runsFolder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly timers: Timers;
}

export interface Capacity {
  readonly place: "another machine" | "this machine" | "the workers of the bus";
  /** What ends it, the least first; never empty. */
  readonly limits: readonly Limit[];
}

export interface Diagnosis {
  readonly checks: readonly Check[];
  readonly capacities: readonly Capacity[];
  /** Nothing was found that would stop a run. */
  readonly fit: boolean;
}

export async function examine(examination: Examination): Promise<Diagnosis> {
  const { scenario, connections, bus, clock, timers, runsFolder } = examination;
  const machine = readMachine(runsFolder);
  const checks = machineChecks(machine, await measureTimerLateness(clock, timers));
  const loopback = scenario === null ? null : scenario.targets.every(isLocal);
  const capacities = bus === null ? localCapacities(machine, loopback, scenario) : [];
  if (bus !== null) {
    const findings = await checkBus(bus, loopback ?? false, { clock, timers });
    checks.push(...findings.checks);
    if (findings.limits !== null) {
      capacities.push({ place: "the workers of the bus", limits: findings.limits });
    }
  }
  if (scenario !== null) checks.push(...(await checkTargetsLive({ ...examination, scenario })));
  const [capacity] = capacities;
  if (connections !== null && capacity !== undefined) checks.push(wanted(connections, capacity));
  return { checks, capacities, fit: checks.every(({ status }) => status !== "fail") };
}

function localCapacities(
  machine: Machine,
  loopback: boolean | null,
  scenario: StrictScenario | null,
): Capacity[] {
  const named = scenario?.connect.localAddresses ?? "auto";
  const sourceAddresses = named === "auto" ? 1 : named.length;
  const messagesPerSec = scenario === null ? undefined : ratePerConnection(scenario);
  const at = (here: boolean): Capacity => ({
    place: here ? "this machine" : "another machine",
    limits: limitsOf(machine, {
      ...{ loopback: here, sourceAddresses },
      ...(messagesPerSec === undefined ? {} : { messagesPerSec }),
    }),
  });
  return loopback === null ? [at(false), at(true)] : [at(loopback)];
}

/** Of each connection at the plan's peak. */
function ratePerConnection(scenario: StrictScenario): number {
  const factor = scenario.phases.reduce((most, phase) => Math.max(most, phase.messageFactor), 0);
  const peak = Math.max(1, buildPopulation(scenario).peakPlanned);
  return (messageRate(scenario, peak) * factor) / peak;
}

function wanted(connections: number, { limits }: Capacity): Check {
  const asked = connections.toLocaleString("en-US");
  const tooLow = limits.filter((limit) => limit.connections < connections);
  const [least] = tooLow;
  if (least === undefined) return ok("connections", `${asked} are wanted, and fit`);
  const most = least.connections.toLocaleString("en-US");
  return {
    name: "connections",
    status: tooLow.every(({ isEstimate }) => isEstimate === true) ? "warn" : "fail",
    text: `${asked} are wanted, and ${least.what} suffice for ${least.isEstimate === true ? "about " : ""}${most}`,
    remedies: tooLow.flatMap(({ remedies }) => remedies),
  };
}

function isLocal({ url }: StrictScenario["targets"][number]): boolean {
  return isLoopbackHost(splitTargetUrl(url).host);
}
