/**
 * `faults`: what goes wrong on purpose, when, and to whom. Listed in registry.ts, after the sections it looks at; the kinds are
 * in faults/. Invariant: a fault begins and ends while the plan's load goes on, and never during a search for a limit, whose
 * levels it would disturb.
 */
import type * as z from "zod";
import { MAX_WINDOWS } from "../fault-windows.ts";
import type { Path } from "../issue.ts";
import type { IssueLog } from "../read/issue-log.ts";
import { about, fault, list, ofKinds } from "../shape/fields.ts";
import { describe, isMapping } from "../shape/words.ts";
import type { StrictPhase } from "../strict.ts";
import type { StrictFault, StrictVictims } from "../strict-fault.ts";
import { didYouMean } from "../suggest.ts";
import { formatDuration, formatShare, parseDuration, quoted } from "../units.ts";
import type { CommonKeys, Who } from "./faults/fault.ts";
import { FAULT_KINDS, faultKindOf } from "./faults/registry.ts";
import { checkNames, literal, type Scene, section, soundItems } from "./section.ts";

type KindShape = ReturnType<(typeof FAULT_KINDS)[number]["shape"]>;
type FaultOutput = z.output<KindShape>;
type FaultInput = z.input<KindShape>;

function shapes(): KindShape[] {
  return FAULT_KINDS.map(({ shape }) => shape());
}

function withKind(value: unknown, context: z.RefinementCtx): unknown {
  if (!isMapping(value)) {
    const hint = "such as { at: steady+30s, kind: disconnect, who: 20% }";
    return fault(context, [`expected a fault, got ${describe(value)}`, hint]);
  }
  const { kind } = value;
  const names = FAULT_KINDS.map((one) => one.kind);
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
      list(ofKinds("kind", shapes(), withKind), 0, MAX_WINDOWS).optional(),
      "What goes wrong on purpose, when, and to whom. What faults do is the target's failure in no figure; see docs/faults.md.",
      [{ at: "steady+30s", kind: "disconnect", who: "20%" }],
    ),
  strict: (value, scene) => {
    const { log, given } = scene;
    checkNames(given["faults"], { path: ["faults"], key: "name", kind: "fault" }, log);
    const known: StrictFault[] = [];
    for (const [index, one] of soundItems(value, ["faults"], log)) {
      const strict = strictFault(one, { path: ["faults", index], scene, known });
      if (strict !== null) known.push(strict);
    }
    const windows = known.reduce((sum, { times }) => sum + times, 0);
    if (windows > MAX_WINDOWS) {
      const what = `faults begin ${windows} times in all, at most ${MAX_WINDOWS} are possible`;
      log.add(["faults"], what, "repeat them less often", { part: "key" });
    }
    return { faults: known };
  },
  written: ({ faults: known, phases }) =>
    known.length === 0 ? undefined : known.map((one) => writtenFault(one, phases)),
});

interface Place {
  readonly path: Path;
  readonly scene: Scene;
  /** Those before it. */
  readonly known: readonly StrictFault[];
}

/** null when it has an issue (logged). */
function strictFault(value: FaultOutput, place: Place): StrictFault | null {
  const keys: CommonKeys = value;
  const { path, scene, known } = place;
  const { log } = scene;
  // Where phases have issues, nothing can be said of what is anchored to them.
  if (!log.isSound(["load"])) return null;
  const { phases } = scene.scope;
  const anchor = anchorOf(keys.at, [...path, "at"], { phases, log });
  const victims = victimsOf(keys.who, [...path, "who"], scene);
  if (anchor === null) return null;
  const kind = faultKindOf(value.kind);
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
  const repeated = repetition(keys, { path, log, anchor, phases });
  const { recovered } = keys;
  const strict: StrictFault = {
    name: keys.name ?? unusedName(`${keys.kind}@${writtenAnchor(anchor, phases)}`, known),
    ...anchor,
    ...{ forUs, ...repeated, victims },
    recovered: recovered ? { withinUs: recovered.within, share: recovered.to } : null,
    act: kind.strict(value),
  };
  checkTimes(strict, startUs, { path, phases, log });
  return log.isSound(path) ? strict : null;
}

interface Anchor {
  readonly phase: number;
  readonly offsetUs: number;
}

/** `steady+30s`; null when it is none (logged). */
function anchorOf(
  text: string,
  path: Path,
  { phases, log }: { readonly phases: readonly StrictPhase[]; readonly log: IssueLog },
): Anchor | null {
  const [, name = text, offset] = /^(.*\S)\s*\+\s*(\S*)$/.exec(text) ?? [];
  const names = phases.map(({ phase }) => phase);
  const phase = names.indexOf(name);
  if (phase < 0) {
    const example = `${names[0] ?? "steady"}+30s`;
    const hint = didYouMean(name, names) || `write a phase of load, such as ${example}`;
    log.add(path, `unknown phase ${quoted(name)}`, hint);
    return null;
  }
  const parsed = offset === undefined ? ({ ok: true, value: 0 } as const) : parseDuration(offset);
  if (!parsed.ok) {
    log.add(path, parsed.what, parsed.hint);
    return null;
  }
  const { durationUs } = phases[phase] as StrictPhase;
  if (parsed.value < durationUs) return { phase, offsetUs: parsed.value };
  const what = `phase ${name} is over after ${formatDuration(durationUs)}`;
  log.add(path, what, "anchor it to the phase it begins in");
  return null;
}

function victimsOf(who: Who, path: Path, { scope, log }: Scene): StrictVictims {
  const { share = 1, count = null, role = null, target = null, worker = null } = who;
  const roles = scope.roles.map(({ name }) => name);
  const targets = scope.targets.map(({ label, url }) => label || url);
  if (role !== null && log.isSound(["roles"]) && !roles.includes(role)) {
    log.add([...path, "role"], `unknown role ${quoted(role)}`, didYouMean(role, roles));
  }
  if (target !== null && log.isSound(["targets"]) && !targets.includes(target)) {
    log.add([...path, "target"], `unknown target ${quoted(target)}`, didYouMean(target, targets));
  }
  return { share, count, role, target, worker };
}

function repetition(
  { every, times }: CommonKeys,
  place: {
    readonly path: Path;
    readonly log: IssueLog;
    readonly anchor: Anchor;
    readonly phases: readonly StrictPhase[];
  },
): { readonly everyUs: number; readonly times: number } {
  const { path, log, anchor, phases } = place;
  if (every === undefined) {
    if (times !== undefined) log.add([...path, "times"], "times has no meaning without every", "");
    return { everyUs: 0, times: 1 };
  }
  const roomUs = (phases[anchor.phase]?.durationUs ?? 0) - anchor.offsetUs;
  return { everyUs: every, times: times ?? Math.max(1, Math.ceil(roomUs / every)) };
}

/** All of its windows lie in the run, apart from one another, and outside of searches. */
function checkTimes(
  { forUs, everyUs, times }: StrictFault,
  startUs: number,
  { path, phases, log }: { path: Path; phases: readonly StrictPhase[]; log: IssueLog },
): void {
  if (times > 1 && forUs > everyUs) {
    log.add([...path, "every"], "it would begin again before it has ended", "write a shorter for");
  }
  const endUs = startUs + (times - 1) * everyUs + forUs;
  let fromUs = 0;
  for (const { phase, ramp, durationUs } of phases) {
    const toUs = fromUs + durationUs;
    const touches = startUs < toUs && (endUs > fromUs || startUs >= fromUs);
    if (ramp === "find-limit" && touches) {
      const what = `it would act during ${phase}, which looks for the limit of an undisturbed target`;
      log.add([...path, "at"], what, "anchor it to another phase, or end it earlier");
      return;
    }
    fromUs = toUs;
  }
  if (endUs > fromUs || (forUs === 0 && endUs === fromUs)) {
    const what = `it goes on beyond the run, which is over after ${formatDuration(fromUs)}`;
    log.add(path, what, "let it begin earlier, last shorter, or begin less often");
  }
}

function writtenAnchor({ phase, offsetUs }: Anchor, phases: readonly StrictPhase[]): string {
  const name = phases[phase]?.phase ?? "";
  return offsetUs === 0 ? name : `${name}+${formatDuration(offsetUs)}`;
}

function unusedName(wanted: string, known: readonly StrictFault[]): string {
  const taken = new Set(known.map(({ name }) => name));
  if (!taken.has(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${wanted} (${number})`)) number++;
  return `${wanted} (${number})`;
}

function writtenFault(one: StrictFault, phases: readonly StrictPhase[]): FaultInput {
  const { name, phase, offsetUs, forUs, everyUs, times, victims, recovered, act } = one;
  return {
    ...{ at: writtenAnchor({ phase, offsetUs }, phases), kind: act.kind },
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
    ...faultKindOf(act.kind).written(act),
  } as FaultInput;
}

function writtenVictims({ share, count, role, target, worker }: StrictVictims): FaultInput["who"] {
  const size = count === null ? { share: formatShare(share) } : { count };
  if (role === null && target === null && worker === null) return count ?? formatShare(share);
  return {
    ...size,
    ...(role !== null && { role }),
    ...(target !== null && { target: literal(target) }),
    ...(worker !== null && { worker: literal(worker) }),
  };
}
