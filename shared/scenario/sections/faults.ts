/**
 * `faults`: what goes wrong on purpose, when, and to whom. Listed in registry.ts, after the sections it looks at; the kinds are
 * in faults/. Invariant: a fault begins and ends while the plan's load goes on, and never during a search for a limit, whose
 * levels it would disturb.
 */

import type * as z from "zod";
import { MAX_WINDOWS } from "../fault-windows.ts";
import type { Path } from "../issue.ts";
import { about, fault, list, ofKinds, once } from "../shape/fields.ts";
import { literal, literals } from "../shape/literal.ts";
import { describe, isMapping } from "../shape/words.ts";
import type { StrictPhase } from "../strict.ts";
import type { StrictFault, StrictVictims } from "../strict-fault.ts";
import type { StrictOutside } from "../strict-outside.ts";
import { didYouMean } from "../suggest.ts";
import { targetName } from "../target-name.ts";
import { formatDuration, formatShare, quoted } from "../units.ts";
import {
  anchorOf,
  checkTimes,
  type FaultScene,
  ON_REQUEST,
  repetition,
  unusedName,
  writtenAnchor,
} from "./faults/anchor.ts";
import type { CommonKeys, FaultKind, Who } from "./faults/fault.ts";
import { OUTSIDE_KINDS, WORKER_KINDS } from "./faults/outside/registry.ts";
import { writtenRamp } from "./faults/ramped.ts";
import { FAULT_KINDS, type FaultAct, faultKindOf } from "./faults/registry.ts";
import { isOutside, strictOutside, writtenOutside } from "./outside-faults.ts";
import { checkNames, section, soundItems } from "./section.ts";

type KindShape = ReturnType<(typeof FAULT_KINDS)[number]["shape"]>;
export type FaultOutput = z.output<KindShape>;
type FaultInput = z.input<KindShape>;

const shapes = (): KindShape[] => FAULT_KINDS.map(({ shape }) => shape());

/** One fault that may be asked for while a run goes on: of any kind that hits connections, or our own workers. */
export const liveFaultShape = once(() => {
  const workers = WORKER_KINDS.map(({ shape }) => shape());
  return ofKinds("kind", [...shapes(), ...workers], withKind);
});

/** One fault, of any kind at all. */
const anyShape = once(() => {
  const outside = OUTSIDE_KINDS.map(({ shape }) => shape());
  return ofKinds("kind", [...shapes(), ...outside], (value, context) =>
    isMapping(value) && isOutside(value) ? value : withKind(value, context),
  );
});

function withKind(value: unknown, context: z.RefinementCtx): unknown {
  if (!isMapping(value)) {
    const hint = "such as { at: steady+30s, kind: disconnect, who: 20% }";
    return fault(context, [`expected a fault, got ${describe(value)}`, hint]);
  }
  const { kind } = value;
  const names = [...FAULT_KINDS, ...OUTSIDE_KINDS].map((one) => one.kind);
  if (typeof kind === "string" && !(names as readonly string[]).includes(kind)) {
    return fault(context, [`unknown kind of fault ${quoted(kind)}`, didYouMean(kind, names)], {
      path: ["kind"],
    });
  }
  return value;
}

export const faults = section({
  key: "faults",
  shape: () =>
    about(
      list(anyShape, 0, MAX_WINDOWS).optional(),
      "What goes wrong on purpose, when, and to whom. What faults do is the target's failure in no figure; see docs/faults.md.",
      [{ at: "steady+30s", kind: "disconnect", who: "20%" }],
    ),
  strict: (value, scene) => {
    const { log, given } = scene;
    checkNames(given["faults"], { path: ["faults"], key: "name", kind: "fault" }, log);
    const known: StrictFault[] = [];
    const outside: StrictOutside[] = [];
    for (const [index, one] of soundItems(value, ["faults"], log)) {
      const place = { path: ["faults", index], scene };
      if (isOutside(one)) {
        const strict = strictOutside(one, { ...place, known: outside });
        if (strict !== null) outside.push(strict);
      } else {
        const strict = strictFault(one, { ...place, known });
        if (strict !== null) known.push(strict);
      }
    }
    const windows = [...known, ...outside].reduce((sum, { times }) => sum + times, 0);
    if (windows > MAX_WINDOWS) {
      const what = `faults begin ${windows} times in all, at most ${MAX_WINDOWS} are possible`;
      log.add(["faults"], what, "repeat them less often", { part: "key" });
    }
    return { faults: known, outside };
  },
  written: ({ faults: known, outside, phases }) =>
    known.length + outside.length === 0
      ? undefined
      : [
          ...known.map((one) => writtenFault(one, phases)),
          ...outside.map((one) => writtenOutside(one, phases)),
        ],
});

/** Of one that is asked for by name: it does not begin by itself. */
const START = { phase: 0, offsetUs: 0 };
const NEVER = { everyUs: 0, times: 0 };

interface Place {
  readonly path: Path;
  readonly scene: FaultScene;
  /** Those before it. */
  readonly known: readonly StrictFault[];
}

/** null when it has an issue (logged). */
export function strictFault(value: FaultOutput, place: Place): StrictFault | null {
  const keys: CommonKeys = value;
  const { path, scene, known } = place;
  const { log } = scene;
  // Where phases have issues, nothing can be said of what is anchored to them.
  if (!log.isSound(["load"])) return null;
  const { phases } = scene.scope;
  const isAsked = keys.at === ON_REQUEST;
  const anchor = isAsked ? START : anchorOf(keys.at, [...path, "at"], { phases, log });
  const kind = faultKindOf(value.kind);
  const victims = victimsOf(keys.who, kind, { ...scene, path: [...path, "who"] });
  if (anchor === null) return null;
  const lasts = kind.lasts(value);
  const totalUs = phases.reduce((sum, { durationUs }) => sum + durationUs, 0);
  const startUs = phases
    .slice(0, anchor.phase)
    .reduce((sum, { durationUs }) => sum + durationUs, anchor.offsetUs);
  if (lasts === "never" && keys.for !== undefined) {
    log.add([...path, "for"], "it is done in a moment, and lasts no time", "remove it");
  }
  if (lasts === "must" && keys.for === undefined) {
    log.add(path, `${keys.kind} needs for`, "such as for: 20s");
  }
  const forUs = lasts === "never" ? 0 : (keys.for ?? totalUs - startUs);
  const repeated = isAsked ? NEVER : repetition(keys, { path, log, anchor, phases });
  if (isAsked && (keys.every ?? keys.times) !== undefined) {
    log.add(path, "every and times have no meaning where it is asked for", "remove them");
  }
  const { recovered } = keys;
  const at = isAsked ? ON_REQUEST : writtenAnchor(anchor, phases);
  const strict: StrictFault = {
    name: keys.name ?? unusedName(`${keys.kind}@${at}`, known),
    ...anchor,
    ...{ forUs, ...repeated, endedUs: null, victims },
    recovered: recovered ? { withinUs: recovered.within, share: recovered.to } : null,
    act: kind.strict(value),
  };
  if (!isAsked) checkTimes(strict, startUs, { path, phases, log });
  return log.isSound(path) ? strict : null;
}

function victimsOf(
  who: Who,
  { kind, action }: Pick<FaultKind<FaultAct>, "kind" | "action">,
  { path, scope, log }: FaultScene & { readonly path: Path },
): StrictVictims {
  const { share = 1, count = null, role = null, target = null, worker = null } = who;
  if (typeof share !== "number") {
    const at = [...path, "share"];
    const lasts = action.reach === "lasting" || action.reach === "attempts";
    if (!lasts)
      log.add(at, `${kind} is done in a moment: its share cannot grow`, "write one share");
    else if (share.from >= share.to)
      log.add(at, "a share can only grow", "write the smaller first");
  }
  const roles = scope.roles.map(({ name }) => name);
  const targets = scope.targets.map(targetName);
  if (role !== null && log.isSound(["roles"]) && !roles.includes(role)) {
    log.add([...path, "role"], `unknown role ${quoted(role)}`, didYouMean(role, roles));
  }
  if (target !== null && log.isSound(["targets"]) && !targets.includes(target)) {
    log.add([...path, "target"], `unknown target ${quoted(target)}`, didYouMean(target, targets));
  }
  return { share, count, role, target, worker };
}

function writtenFault(one: StrictFault, phases: readonly StrictPhase[]): FaultInput {
  const { name, phase, offsetUs, forUs, everyUs, times, victims, recovered, act } = one;
  return {
    at: times === 0 ? ON_REQUEST : writtenAnchor({ phase, offsetUs }, phases),
    kind: act.kind,
    // No author can write the names that are made here.
    ...(!name.includes("@") && { name }),
    ...(forUs > 0 && { for: formatDuration(forUs) }),
    ...(times > 1 && { every: formatDuration(everyUs), times }),
    who: writtenVictims(victims),
    ...(recovered && {
      recovered: {
        within: formatDuration(recovered.withinUs),
        to: formatShare(recovered.share),
      },
    }),
    ...literals(faultKindOf(act.kind).written(act)),
  } as FaultInput;
}

function writtenVictims({ share, count, role, target, worker }: StrictVictims): FaultInput["who"] {
  const part = writtenRamp(share, formatShare);
  const size = count === null ? { share: part } : { count };
  const isMap = role !== null || target !== null || worker !== null;
  if (!isMap && count !== null) return count;
  if (!isMap && typeof part === "string") return part;
  return {
    ...size,
    ...(role !== null && { role }),
    ...(target !== null && { target: literal(target) }),
    ...(worker !== null && { worker: literal(worker) }),
  };
}
