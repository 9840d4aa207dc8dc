/**
 * The scenario of a probe run: the load of the first one with one change. Called by the kinds. Pure. Invariants: no faults, no rules, no
 * outputs and no commands; it takes MOST_SECONDS at most; its pings are MOST_PINGS a second at most.
 */
import type { StrictPhase, StrictScenario } from "../../../../shared/scenario/strict.ts";
import type { Signals } from "../signals.ts";

/** Of the plan of a probe run. */
export const MOST_SECONDS = 120;
/** Where single connections tell, so many are enough. */
const ENOUGH_CONNECTIONS = 100;
const MOST_PINGS = 200;
const LEAST_PING_US = 1_000_000;
/** Silence after which a connection is given up: far beyond what is looked for. */
const PONG_TIMEOUT_US = 30_000_000;
const SECOND_US = 1_000_000;

/** null: it would take too long. */
export function probeScenario(
  scenario: StrictScenario,
  phases: readonly StrictPhase[],
): StrictScenario | null {
  const seconds = phases.reduce((sum, { durationUs }) => sum + durationUs, 0) / SECOND_US;
  if (phases.length === 0 || seconds > MOST_SECONDS) return null;
  const { checkpoints: _, environment: __, cleanup: ___, ...rest } = scenario;
  return { ...rest, phases, faults: [], outside: [], thresholds: [], outputs: [] };
}

/** The phases as they were, up to the bound; null: where it ends is a phase that cannot be shortened. */
export function phasesUpTo(
  phases: readonly StrictPhase[],
  seconds: number,
): readonly StrictPhase[] | null {
  const kept: StrictPhase[] = [];
  let leftUs = seconds * SECOND_US;
  for (const phase of phases) {
    if (leftUs <= 0) return kept;
    if (phase.ramp === "find-limit") return null;
    const isWhole = phase.durationUs <= leftUs;
    if (!isWhole && phase.ramp !== "hold" && phase.ramp !== "burst") return null;
    kept.push(isWhole ? phase : { ...phase, durationUs: leftUs });
    leftUs -= phase.durationUs;
  }
  return kept;
}

interface Load {
  readonly connections: number;
  readonly riseSeconds: number;
  readonly holdSeconds: number;
  /** On the rates of messages. */
  readonly factor: number;
}

/** Up, and held, in whole seconds. */
export function upAndHeld({ connections, factor, ...load }: Load): readonly StrictPhase[] {
  const usOf = (seconds: number) => Math.max(1, Math.ceil(seconds)) * SECOND_US;
  const each = { exclude: false, messageFactor: factor } as const;
  return [
    { phase: "rise", ramp: "linear", to: connections, durationUs: usOf(load.riseSeconds), ...each },
    { phase: "held", ramp: "hold", durationUs: usOf(load.holdSeconds), ...each },
  ];
}

/** Connections open at most by the plan. */
export function peakOf({ fold }: Signals): number {
  return fold.facts.plannedOpen.reduce((most, one) => Math.max(most, one), 0);
}

/** Where single connections tell. */
export function enoughOf(signals: Signals): number {
  return Math.min(ENOUGH_CONNECTIONS, peakOf(signals));
}

/** All connections ping, every so often, or more seldom where there are many. */
export function withPings(
  scenario: StrictScenario,
  { connections, everyUs = LEAST_PING_US }: { connections: number; everyUs?: number },
): StrictScenario {
  const pingUs = Math.ceil(Math.max(everyUs, (connections / MOST_PINGS) * SECOND_US));
  const heartbeat = { pingUs, timeoutUs: PONG_TIMEOUT_US };
  return {
    ...scenario,
    connect: { ...scenario.connect, heartbeat },
    roles: scenario.roles.map((role) => ({ ...role, connect: { ...role.connect, heartbeat } })),
  };
}
