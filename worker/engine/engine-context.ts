/** What an engine's surroundings give it; made by the thread's entry (main.ts), or by a test. */

import { assert } from "../../shared/assert.ts";
import { countedPhases } from "../../shared/scenario/fault-windows.ts";
import { namesOf, rolesOf } from "../../shared/scenario/names.ts";
import type { PlanDocument } from "../../shared/wire/plan.ts";
import type { HookThread } from "../hooks/hook-thread.ts";
import { ReadyPayloads } from "../hooks/ready-payloads.ts";
import type { LoginStep } from "../login/login-step.ts";
import type { MakeObserver } from "../observe/observer.ts";
import type { Handshake, ResolvedTarget } from "../reach/resolve.ts";
import type { MakeHistogram } from "../record/histogram-rows.ts";
import { METRIC, Recorder } from "../record/recorder.ts";
import type { Sentinel } from "../sentinel/sentinel.ts";
import type { Driver } from "../socket/driver.ts";
import type { EngineReport } from "./port.ts";

export interface EngineClock {
  /** Run time, microseconds. */
  nowUs(): number;
  /** Whole milliseconds since the Unix epoch. */
  wallMs(): number;
}

export interface EngineContext {
  readonly plan: PlanDocument;
  /** Number of this engine within its worker. */
  readonly engine: number;
  /** Id of its worker; absent: none that a scenario could name. */
  readonly worker?: string;
  readonly targets: readonly ResolvedTarget[];
  /** HTTP steps ahead of a connection, by role; absent: there are none. */
  readonly logins?: readonly (readonly LoginStep[])[];
  /** Host-wide monotonic clock, microseconds. */
  readonly monotonicUs: () => number;
  /** Milliseconds since the Unix epoch; the system's clock by default. */
  readonly wallMs?: () => number;
  /** The scenario's, unless a simulation brings its own. */
  readonly driver?: Driver;
  /** Plain ones, unless there is a raw log. */
  readonly makeHistogram?: MakeHistogram;
  /** One of its own, unless somebody wants to see what is recorded. */
  readonly recorder?: Recorder;
  /** Asked behind those that the scenario needs. */
  readonly observers?: readonly MakeObserver[];
  /** The thread of the scenario's hooks, with the module loaded; absent: it has none. */
  readonly hooks?: HookThread | null;
  /** Looks at the targets beside the load; absent: nobody does. */
  readonly sentinel?: Pick<Sentinel, "take"> | null;
  /** Calls back when all that the sockets have was read. */
  readonly afterReading: (then: () => void) => void;
  /** Something happened while the engine rested: its next turn is due in TURN_US. Absent where turns come anyway. */
  readonly onWoken?: () => void;
  readonly report: (report: EngineReport) => void;
}

/** A recorder with room for all that the engine's plan has, and with what was measured before the engine: look-ups of names. */
export function recorderOf(context: EngineContext): Recorder {
  const recorder = context.recorder ?? newRecorder(context);
  for (const { dnsUs } of context.targets) {
    if (dnsUs !== null) recorder.value(METRIC.dns, 0, dnsUs);
  }
  return recorder;
}

function newRecorder({ plan, makeHistogram }: EngineContext): Recorder {
  const { scenario, shards } = plan;
  return new Recorder({
    phases: countedPhases(scenario),
    shift: scenario.phases.length,
    names: namesOf(scenario).length,
    targets: scenario.targets.length,
    roles: rolesOf(scenario).length,
    secrets: scenario.secrets,
    shards,
    seed: scenario.seed,
    makeHistogram,
  });
}

/** For what hooks make to be sent; null: they make nothing. */
export function readyPayloads({ plan, hooks }: EngineContext): ReadyPayloads | null {
  if (!hooks?.functions.has("payload")) return null;
  const names = namesOf(plan.scenario);
  const isSent = names.some(({ kind }) => kind === "message");
  return isSent ? new ReadyPayloads(names.length) : null;
}

/** @param index of a target of the scenario */
export function targetOf({ targets }: EngineContext, index: number): ResolvedTarget {
  const target = targets[index];
  assert(target, "engine: a connection without a target");
  return target;
}

/** What a connection asks of its target, by its role. */
export function handshakeOf(
  target: ResolvedTarget,
  { role }: { readonly role: number },
): Handshake {
  const handshake = target.handshakes[role];
  assert(handshake, "engine: a connection without a handshake");
  return handshake;
}
