/**
 * `load`: phases, one after another. Listed in registry.ts; what kinds of phases there are is in ramps/. Invariant: every
 * strict phase takes time, ramps only by what is there to change, and the plan fits the bound on connections.
 */
import type * as z from "zod";
import { measuredBy } from "../check/measured.ts";
import { MAX_CONNECTIONS, MAX_ITEMS } from "../limits.ts";
import type { IssueLog } from "../read/issue-log.ts";
import { about, fault, list, ofKinds } from "../shape/fields.ts";
import { describe, isMapping } from "../shape/words.ts";
import type { StrictPhase } from "../strict.ts";
import { didYouMean } from "../suggest.ts";
import { MAX_DURATION_US, quoted } from "../units.ts";
import type { Place } from "./ramps/ramp.ts";
import { plannedConnections, RAMPS, rampOf } from "./ramps/registry.ts";
import { checkNames, section } from "./section.ts";

const MAX_STRETCHES = 100_000;

type PhaseShape = ReturnType<(typeof RAMPS)[number]["shape"]>;
type Phase = z.output<PhaseShape>;
type PhaseInput = z.input<PhaseShape>;

function phaseShape() {
  const shapes: PhaseShape[] = RAMPS.map(({ shape }) => shape());
  return ofKinds("ramp", shapes, withRamp);
}

/** The phase, with its `ramp` where another key implies it. */
function withRamp(phase: unknown, context: z.RefinementCtx): unknown {
  if (!isMapping(phase)) {
    const hint = "such as { phase: steady, hold: 5m }";
    return fault(context, [`expected a phase, got ${describe(phase)}`, hint]);
  }
  const written = phase["ramp"];
  if (RAMPS.some(({ name }) => name === written)) return phase;
  const names = RAMPS.map(({ name }) => name);
  if (typeof written === "string") {
    const what = `unknown ramp ${quoted(written)}`;
    return fault(context, [what, didYouMean(written, names)], { path: ["ramp"] });
  }
  if (written !== undefined) {
    const what = `expected ${names.join(" or ")}, got ${describe(written)}`;
    return fault(context, [what, ""], { path: ["ramp"] });
  }
  // Of two such keys the later kind's is meant: what arrives may be held, too.
  const implied = RAMPS.findLast(({ impliedBy }) => impliedBy !== undefined && impliedBy in phase);
  return implied === undefined ? saysNothing(phase, context) : { ...phase, ramp: implied.name };
}

function saysNothing(phase: object, context: z.RefinementCtx): unknown {
  const keysOfKinds = ["ramp", ...RAMPS.flatMap(({ impliedBy = [] }) => impliedBy)];
  const what = `the phase says neither ${keysOfKinds.join(", nor ")}`;
  const result = fault(context, [what, "such as hold: 5m"]);
  const known = new Set(RAMPS.flatMap(({ shape }) => Object.keys(shape().shape)));
  const keys = Object.keys(phase).filter((key) => !known.has(key));
  const message = keysOfKinds.join(",");
  if (keys.length > 0) context.addIssue({ code: "unrecognized_keys", keys, message });
  return result;
}

export const load = section({
  key: "load",
  // Data: how many rows connections need.
  isEarly: true,
  shape: () =>
    about(
      list(phaseShape, 1, MAX_ITEMS),
      "Phases, one after another. Each starts where the one before ended.",
      [
        { phase: "grow", ramp: "linear", to: 1000, over: "30s" },
        { phase: "steady", hold: "5m" },
      ],
    ),
  strict: (value, { log, given }) => {
    checkNames(given["load"], { path: ["load"], key: "phase", kind: "phase" }, log);
    const phases: StrictPhase[] = [];
    /** null when a faulty phase makes it unknown. */
    let open: number | null = 0;
    for (const [index, phase] of Array.isArray(value) ? value.entries() : []) {
      if (!log.isSound(["load", index])) {
        open = null;
        continue;
      }
      const strict = strictPhase(phase, { index, open, log });
      phases.push(strict);
      open = rampOf(strict).end(strict, open);
    }
    checkStretches(phases, log);
    checkTotals(phases, log);
    return { phases };
  },
  check: (scene) => {
    const known = { measured: measuredBy(scene), log: scene.log };
    for (const phase of scene.scope.phases) {
      const path = ["load", known.measured.phases.indexOf(phase.phase)];
      rampOf(phase).check?.(phase, path, known);
    }
  },
  written: ({ phases }) =>
    phases.map((phase) => {
      const { phase: name, exclude, messageFactor: messages, ramp } = phase;
      return { phase: name, exclude, messages, ramp, ...rampOf(phase).written(phase) };
    }) as PhaseInput[],
});

function strictPhase(phase: Phase, place: Place): StrictPhase {
  const kind = rampOf(phase);
  const { phase: name, exclude = kind.isExcluded ?? false, messages: messageFactor } = phase;
  return { phase: name, exclude, messageFactor, ...kind.strict(phase, place) };
}

/** Every step and every point is a stretch of the load curve, which all workers keep. */
function checkStretches(phases: readonly StrictPhase[], log: IssueLog): void {
  const stretches = phases.reduce((sum, one) => sum + (rampOf(one).stretches?.(one) ?? 1), 0);
  if (stretches <= MAX_STRETCHES) return;
  const what = `${stretches} steps and points in all phases together, at most ${MAX_STRETCHES} are possible`;
  log.add(["load"], what, "use fewer steps, or a linear ramp");
}

function checkTotals(phases: readonly StrictPhase[], log: IssueLog): void {
  if (!log.isSound(["load"])) return;
  const connections = plannedConnections(phases);
  if (connections === 0) {
    const hint = "add one such as { phase: grow, ramp: linear, to: 100, over: 10s }";
    log.add(["load"], "no phase opens a connection", hint);
  }
  if (connections > MAX_CONNECTIONS) {
    const what = `${connections} connections planned, at most ${MAX_CONNECTIONS} are possible`;
    log.add(["load"], what, "arrivals count one connection each");
  }
  const totalUs = phases.reduce((sum, phase) => sum + phase.durationUs, 0);
  if (totalUs > MAX_DURATION_US) log.add(["load"], "the run takes longer than 31 days", "");
}
