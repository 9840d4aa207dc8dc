/**
 * The meaning of `load`: phases that can be carried out. Called by normalize.ts. Invariant: every strict
 * phase takes time, ramps only by what is there to change, and the plan fits the bound on connections.
 */
import type { IssueLog } from "../read/issue-log.ts";
import { MAX_CONNECTIONS, type PhaseInput, parseStay } from "../shape/load.ts";
import type { StrictPhase, StrictRamp } from "../strict.ts";
import { formatDuration, MAX_DURATION_US, parseDuration, parseRate } from "../units.ts";
import { quantity } from "./quantity.ts";
import { checkSearch } from "./search.ts";

const MAX_STRETCHES = 100_000;

export interface CheckedLoad {
  readonly phases: readonly StrictPhase[];
  /** Names of all phases as written, also of those that have issues. */
  readonly names: readonly string[];
  /**
   * Upper bound of global connection indices: the highest concurrency of held connections and, on top,
   * every arrival.
   */
  readonly connections: number;
}

/** @param input phases that passed the schema, except where the log has an issue. */
export function checkLoad(input: readonly PhaseInput[], log: IssueLog): CheckedLoad {
  const phases: StrictPhase[] = [];
  const names: string[] = [];
  /** null when a faulty phase makes it unknown. */
  let open: number | null = 0;
  for (const [index, phase] of input.entries()) {
    if (typeof phase?.phase === "string") checkName(phase.phase, index, { names, log });
    if (!log.isSound(["load", index])) {
      open = null;
      continue;
    }
    const strict = checkPhase(phase, { index, open, log });
    phases.push(strict);
    open = endOf(strict, open);
  }
  checkStretches(phases, log);
  const connections = plannedConnections(phases);
  checkTotals(phases, connections, log);
  return { phases, names, connections };
}

function checkName(
  name: string,
  index: number,
  { names, log }: { readonly names: string[]; readonly log: IssueLog },
): void {
  if (names.includes(name)) {
    log.add(["load", index, "phase"], `duplicate phase ${name}`, "give every phase its own name");
  }
  names.push(name);
}

interface Place {
  readonly index: number;
  /** Connections open when the phase starts; null when unknown. */
  readonly open: number | null;
  readonly log: IssueLog;
}

function checkPhase(phase: PhaseInput, place: Place): StrictPhase {
  const base = {
    phase: phase.phase,
    // A search goes where rules break, on purpose.
    exclude: phase.exclude ?? ("ramp" in phase && phase.ramp === "find-limit"),
    messageFactor: phase.messages ?? 1,
  };
  return { ...base, ...checkRamp(phase, place) };
}

function checkRamp(phase: PhaseInput, place: Place): StrictRamp & { durationUs: number } {
  if ("arrive" in phase) return checkArrivals(phase);
  switch (phase.ramp) {
    case undefined:
    case "hold":
      return { ramp: "hold", durationUs: quantity(parseDuration(phase.hold)) };
    case "burst":
      return { ramp: "burst", to: phase.to, durationUs: quantity(parseDuration(phase.hold)) };
    case "points":
      return checkPoints(phase.points, place);
    case "find-limit":
      return checkSearch(phase, place);
    case "step":
      checkSteps(phase.steps, phase.to, place);
      return {
        ramp: "step",
        to: phase.to,
        steps: phase.steps,
        durationUs: quantity(parseDuration(phase.over)),
      };
    default:
      return { ramp: phase.ramp, to: phase.to, durationUs: quantity(parseDuration(phase.over)) };
  }
}

function checkArrivals(
  phase: Extract<PhaseInput, { arrive: string }>,
): Extract<StrictRamp, { ramp: "arrivals" }> & { durationUs: number } {
  const stay = parseStay(phase.stay);
  return {
    ramp: "arrivals",
    arrivalsPerSec: quantity(parseRate(phase.arrive)),
    arrival: phase.arrival ?? "uniform",
    stay: "kind" in stay ? stay : { kind: "fixed", meanUs: 0 },
    durationUs: quantity(parseDuration(phase.for)),
  };
}

function checkSteps(steps: number, to: number, { index, open, log }: Place): void {
  if (open === null) return;
  const difference = Math.abs(to - open);
  if (steps <= difference) return;
  const what = `impossible ramp: ${steps} steps from ${open} to ${to} connections`;
  const hint =
    difference === 0 ? "there is nothing to change; use hold" : `at most ${difference} steps`;
  log.add(["load", index, "steps"], what, hint);
}

function checkPoints(
  points: readonly (readonly [string, number])[],
  { index, log }: Place,
): Extract<StrictRamp, { ramp: "points" }> & { durationUs: number } {
  const strict = points.map(([at, to]) => [quantity(parseDuration(at)), to] as const);
  let before = -1;
  for (const [at, [timeUs]] of strict.entries()) {
    if (timeUs <= before) {
      const what = `impossible ramp: the time ${formatDuration(timeUs)} is not after ${formatDuration(before)}`;
      log.add(["load", index, "points", at], what, "points go forward in time");
    }
    before = timeUs;
  }
  if (before === 0) {
    log.add(["load", index, "points"], "the phase takes no time", "add a point after 0s");
  }
  return { ramp: "points", points: strict, durationUs: Math.max(0, before) };
}

/** Every step and every point is a stretch of the load curve, which all workers keep. */
function checkStretches(phases: readonly StrictPhase[], log: IssueLog): void {
  let stretches = 0;
  for (const phase of phases) {
    if (phase.ramp === "step") stretches += phase.steps;
    else stretches += phase.ramp === "points" ? phase.points.length : 1;
  }
  if (stretches <= MAX_STRETCHES) return;
  const what = `${stretches} steps and points in all phases together, at most ${MAX_STRETCHES} are possible`;
  log.add(["load"], what, "use fewer steps, or a linear ramp");
}

function endOf(phase: StrictPhase, open: number | null): number | null {
  switch (phase.ramp) {
    case "hold":
    case "arrivals":
      return open;
    case "points":
      return phase.points.at(-1)?.[1] ?? open;
    // Where it ends is not known before it runs.
    case "find-limit":
      return null;
    default:
      return phase.to;
  }
}

/** An upper bound: highest `to` of any phase, and all arrivals on top. */
export function plannedConnections(phases: readonly StrictPhase[]): number {
  let held = 0;
  let arrivals = 0;
  for (const phase of phases) {
    if (phase.ramp === "arrivals") {
      arrivals += Math.ceil((phase.arrivalsPerSec * phase.durationUs) / 1e6);
    } else if (phase.ramp === "points") {
      for (const [, to] of phase.points) held = Math.max(held, to);
    } else if (phase.ramp !== "hold") held = Math.max(held, phase.to);
  }
  return held + arrivals;
}

function checkTotals(phases: readonly StrictPhase[], connections: number, log: IssueLog): void {
  if (!log.isSound(["load"])) return;
  if (connections === 0) {
    log.add(
      ["load"],
      "no phase opens a connection",
      "add one such as { phase: grow, ramp: linear, to: 100, over: 10s }",
    );
  }
  if (connections > MAX_CONNECTIONS) {
    const what = `${connections} connections planned, at most ${MAX_CONNECTIONS} are possible`;
    log.add(["load"], what, "arrivals count one connection each");
  }
  const totalUs = phases.reduce((sum, phase) => sum + phase.durationUs, 0);
  if (totalUs > MAX_DURATION_US) log.add(["load"], "the run takes longer than 31 days", "");
}
