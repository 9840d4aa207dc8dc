/**
 * One run from a valid scenario to its outcome: targets permitted -> baseline, PDF, limits and ports checked -> target
 * reachable -> metrics open -> cluster -> run. Called by the run command and the API, which differ in what they show.
 * Invariant: until everything is checked nothing is started and nothing is written; this process's environment, streams and
 * signals are left to the caller.
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createLog } from "../../shared/log.ts";
import { checkTargets } from "../../shared/net/target-policy.ts";
import { destinationsOf } from "../../shared/scenario/destinations.ts";
import { maskSecrets } from "../../shared/scenario/mask/mask.ts";
import type { StrictOutput, StrictScenario } from "../../shared/scenario/strict.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { KeySource } from "../../shared/trust/cluster-key.ts";
import type { BaselineRequest, RunOutcome } from "../active-run/request.ts";
import type { LiveView, RunControl } from "../live/view.ts";
import { checkCommands } from "../plan/allowed-commands.ts";
import type { RunPolicies } from "../plan/policies.ts";
import { checkPdf } from "../report/pdf/pdf.ts";
import { checkBaseline } from "../run/baseline.ts";
import type { RunEvent } from "../store/event.ts";
import { makeRunId } from "../store/run-id.ts";
import { keysOf } from "./cluster-keys.ts";
import { openMetrics, type RunMetrics } from "./metrics/metrics.ts";
import { checkOutputs } from "./outputs.ts";
import { type BusPlace, onBus, onThisMachine } from "./places.ts";
import { type LocalPlan, planLocally } from "./plan/local-plan.ts";
import { checkPorts } from "./plan/port-check.ts";
import { waitForTarget } from "./wait-for-target.ts";

export interface LaunchRequest {
  readonly scenario: StrictScenario;
  /** As given; secrets are masked here. */
  readonly source: { readonly fileName: string; readonly text: string };
  /** The command that starts the run again, for the report; what may be secret is masked already. */
  readonly command?: readonly string[];
  /** Beside the scenario's own. */
  readonly outputs: readonly StrictOutput[];
  /** Hosts other than loopback that may be targeted. */
  readonly allowTargets: readonly string[];
  /** Commands that faults may run on this host, by their paths. */
  readonly allowCommands?: readonly string[];
  /** Worker processes, or with a bus how many to wait for. */
  readonly workers: number | "auto";
  /** null: on this machine. */
  readonly bus: { readonly url: string; readonly key: KeySource } | null;
  readonly policies: RunPolicies;
  readonly baseline: BaselineRequest | null;
  /** Default: runs/<id>. */
  readonly runDirectory?: string | undefined;
  /** How long to wait for the targets to accept a connection; absent: not at all. */
  readonly waitSeconds?: number | undefined;
}

export interface LaunchContext {
  readonly clock: Clock;
  /** Environment of the workers and probes that are started. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes a line, without its end, for people. */
  readonly say: (line: string) => void;
  /** Ends the wait for a target. */
  readonly signal?: AbortSignal;
}

/** A run that can start. */
export interface PreparedRun {
  readonly request: LaunchRequest;
  readonly runId: string;
  readonly runDirectory: string;
  readonly local: LocalPlan;
  /** null: on this machine. */
  readonly bus: BusPlace | null;
}

/** Who looks on. */
export interface RunObserver {
  readonly control: RunControl;
  /** Takes a line of a worker or of this coordinator, without its end. */
  readonly note: (line: string) => void;
  readonly onView: (view: LiveView) => void;
  readonly onEvent: (event: RunEvent) => void;
}

/**
 * Checks all that can be known before a run. @throws OnrushError of every pre-flight kind, ONRUSH_USAGE,
 * ONRUSH_SCENARIO_INVALID, ONRUSH_BASELINE_UNFIT
 */
export async function prepareRun(
  request: LaunchRequest,
  { clock, env, say, signal }: LaunchContext,
): Promise<PreparedRun> {
  const { scenario, allowTargets, workers, baseline, outputs, waitSeconds } = request;
  checkTargets(destinationsOf(scenario), allowTargets);
  checkOutputs([...scenario.outputs, ...outputs]);
  checkCommands(scenario, request.allowCommands ?? []);
  const runId = makeRunId(clock.wallMs(), scenario.name, randomBytes(3).toString("hex"));
  if (baseline !== null) await checkBaseline(scenario, baseline);
  await checkPdf([...scenario.outputs, ...outputs]);
  const local = planLocally({ run: runId, scenario, allowTargets, workers });
  const bus = placeOf(request, say);
  if (bus === null) await checkPorts(local, scenario);
  if (waitSeconds !== undefined) {
    const awaited = { scenario, allowTargets, seconds: waitSeconds };
    await waitForTarget(awaited, { clock, env, say, signal });
  }
  return { request, runId, runDirectory: request.runDirectory ?? join("runs", runId), local, bus };
}

/** @throws OnrushError ONRUSH_USAGE for a bus without a key */
function placeOf({ bus, workers }: LaunchRequest, say: (line: string) => void): BusPlace | null {
  if (bus === null) return null;
  const log = createLog("coordinator", "warn", (line) => say(line.trimEnd()));
  const workersExpected = workers === "auto" ? 1 : workers;
  return { url: bus.url, keys: keysOf(bus.key, log), workersExpected };
}

/** The metrics that the scenario and the request ask for, to be closed when the run is over. */
export function openRunMetrics(
  { request }: PreparedRun,
  { clock, say }: LaunchContext,
): Promise<RunMetrics> {
  const outputs = [...request.scenario.outputs, ...request.outputs];
  return openMetrics(outputs, { clock, note: say });
}

export interface CarryOutContext extends Pick<LaunchContext, "clock" | "env"> {
  readonly metrics: RunMetrics;
}

/** Executes it to its end. @throws OnrushError as executeRun, and when workers or the bus are not there */
export async function carryOut(
  { request, runId, runDirectory, local, bus }: PreparedRun,
  { control, note, onView, onEvent }: RunObserver,
  { clock, env, metrics }: CarryOutContext,
): Promise<RunOutcome> {
  const { scenario, source, command, outputs, allowTargets, policies, baseline } = request;
  const placed = {
    runId,
    runDirectory,
    scenario,
    source: { ...source, text: maskSecrets(source.text, scenario.secrets) },
    ...(command && { command }),
    outputs,
    allowTargets,
    allowCommands: request.allowCommands ?? [],
    policies,
    ...(baseline && { baseline }),
    clock,
    control,
    onView,
    onEvent,
    onMeasurable: metrics.begin,
  };
  const context = { clock, env, write: (line: string) => note(line.trimEnd()) };
  return bus === null ? onThisMachine(placed, local, context) : onBus(placed, bus, context);
}
