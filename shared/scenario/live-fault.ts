/**
 * A fault that is asked for while a run goes on: written as in `faults` of a scenario, without `at` for as soon as everybody can
 * know of it; or `begin: NAME`, one of the scenario once more, such as one whose `at` is on-request. It hits connections, or our own
 * workers. Called by coordinator/active-run, and by sections/checkpoints for those that are to be asked for. Does no I/O. Invariant: what passes is as sound as a fault of the scenario, and begins at a moment that has not come yet.
 */
import type * as z from "zod";
import { faultWindows, MAX_WINDOWS } from "./fault-windows.ts";
import type { Issue, Path } from "./issue.ts";
import { readDocument } from "./read/document.ts";
import { IssueLog } from "./read/issue-log.ts";
import { readShape } from "./read/read-shape.ts";
import { addShapeIssues } from "./read/shape-issues.ts";
import {
  anchorOf,
  checkApart,
  checkTimes,
  ON_REQUEST,
  repetition,
  unusedName,
} from "./sections/faults/anchor.ts";
import { isWorkerAct, outsideKindOf } from "./sections/faults/outside/registry.ts";
import { faultKindOf } from "./sections/faults/registry.ts";
import { type FaultOutput, liveFaultShape, strictFault } from "./sections/faults.ts";
import { isOutside, lastingUs, strictOutside } from "./sections/outside-faults.ts";
import type { Scene } from "./sections/section.ts";
import { label, once, strict, text } from "./shape/fields.ts";
import { describe, isMapping } from "./shape/words.ts";
import type { StrictScenario } from "./strict.ts";
import type { StrictFault } from "./strict-fault.ts";
import { outsideTimes, type StrictOutside } from "./strict-outside.ts";
import { didYouMean } from "./suggest.ts";
import { formatDuration, quoted } from "./units.ts";

/** Of its text. */
export const MAX_FAULT_BYTES = 64 * 1024;

/** Moments that people read are whole milliseconds. */
const MILLISECOND_US = 1000;

export type ReadFault =
  /** `begins`: the fault of the scenario that it is once more; null: it is one of its own. */
  | { readonly ok: true; readonly fault: StrictFault; readonly begins: string | null }
  | { readonly ok: true; readonly outside: StrictOutside }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** One of the scenario, once more. */
const againShape = once(() =>
  strict({ begin: text(300), at: text(100), name: label().optional() }),
);

interface Asked {
  readonly scenario: StrictScenario;
  readonly earliestUs: number | null;
}

/**
 * @param document YAML or JSON
 * @param scenario as it is by now, with the faults there are
 * @param earliestUs run time at which it may begin; null: run time has not begun
 */
export function readLiveFault(document: string, { scenario, earliestUs }: Asked): ReadFault {
  const read = readDocument(document);
  const log = new IssueLog("the fault", read);
  for (const flaw of read.flaws) log.addFlaw(flaw);
  const given = read.value;
  if (given !== undefined && !isMapping(given)) {
    const hint = "such as { kind: disconnect, who: 20% }";
    log.add([], `expected a fault, got ${describe(given)}`, hint);
  }
  if (!isMapping(given)) return { ok: false, issues: log.list() };
  const at = given["at"] ?? anchorAt(scenario, earliestUs, log);
  if (at === null) return { ok: false, issues: log.list() };
  if (at === ON_REQUEST)
    log.add(["at"], "it would begin only when it is asked for again", "leave it out");
  const whole = { ...given, at };
  const isAgain = Object.hasOwn(given, "begin");
  const { value, issues } = readShape(isAgain ? againShape() : liveFaultShape(), whole);
  addShapeIssues(issues, whole, log);
  if (!log.isEmpty) return { ok: false, issues: log.list() };
  const one = isAgain
    ? again(value as Again, scenario, log)
    : strictOf(value as LiveOutput, scenario, log);
  if (one !== null) checkBesideOthers(one, { scenario, earliestUs, log });
  if (one === null || !log.isEmpty) return { ok: false, issues: log.list() };
  if (!isOfConnections(one)) return { ok: true, outside: one };
  return { ok: true, fault: one, begins: isAgain ? (value as Again).begin : null };
}

/**
 * What can be said before the run of one that a checkpoint asks for: all but its time.
 * @returns false when it has an issue (logged)
 */
export function checkFaultToCome(
  given: Readonly<Record<string, unknown>>,
  path: Path,
  scene: Pick<Scene, "log" | "given"> & {
    readonly scope: StrictScenario;
    /** Others that are to be asked for, as far as they have names. */
    readonly asked: readonly { readonly name: string }[];
  },
): boolean {
  const { log, scope, given: root, asked } = scene;
  if (Object.hasOwn(given, "at")) {
    const what = "it begins when the checkpoint is reached";
    log.add([...path, "at"], what, "remove it", { part: "key" });
    return false;
  }
  const isAgain = Object.hasOwn(given, "begin");
  const shape = isAgain ? againShape() : liveFaultShape();
  const { value, issues } = readShape(shape, { ...given, at: ON_REQUEST });
  addShapeIssues(issues, root, log, path);
  // Where faults have issues, nothing can be said of their names.
  if (issues.length > 0 || !log.isSound(["faults"])) return issues.length === 0;
  const { faults, outside, phases } = scope;
  const { name } = value as Again;
  const taken = { faults: [...faults, ...outside, ...asked], log };
  if (name !== undefined) checkFree(name, [...path, "name"], taken);
  if (isAgain) {
    foundFault((value as Again).begin, [...path, "begin"], { faults: beginnable(scope), log });
    return log.isSound(path);
  }
  const forUs = lastingToCome(value as LiveOutput, { path, scene, known: faults });
  if (forUs === null) return false;
  const anchor = { phase: 0, offsetUs: 0 };
  const repeated = repetition(value as LiveOutput, { path, log, anchor, phases });
  checkApart({ ...repeated, forUs }, path, log);
  return log.isSound(path);
}

/** How long one lasts that has no time yet; null when it has an issue (logged). */
function lastingToCome(value: LiveOutput, place: Parameters<typeof strictFault>[1]): number | null {
  if (isOutside(value)) return lastingUs(outsideKindOf(value.kind).strict(value));
  const { every: _, times: _1, ...once } = value;
  return strictFault(once as FaultOutput, place)?.forUs ?? null;
}

type LiveOutput = z.output<ReturnType<typeof liveFaultShape>>;
type Again = z.output<ReturnType<typeof againShape>>;
type AnyFault = StrictFault | StrictOutside;

function isOfConnections(one: AnyFault): one is StrictFault {
  return "victims" in one;
}

function strictOf(value: LiveOutput, scenario: StrictScenario, log: IssueLog): AnyFault | null {
  const place = { path: [], scene: { log, scope: scenario } };
  return isOutside(value)
    ? strictOutside(value, { ...place, known: scenario.outside })
    : strictFault(value, { ...place, known: scenario.faults });
}

/** A fault of the scenario, at another time, once; null when that cannot be (logged). */
function again(
  { begin, at, name }: Again,
  scenario: StrictScenario,
  log: IssueLog,
): AnyFault | null {
  const { phases } = scenario;
  const all = beginnable(scenario);
  const found = foundFault(begin, ["begin"], { faults: all, log });
  const anchor = anchorOf(at, ["at"], { phases, log });
  if (found === null || anchor === null) return null;
  const startUs = phases
    .slice(0, anchor.phase)
    .reduce((sum, { durationUs }) => sum + durationUs, anchor.offsetUs);
  // Names that nobody has written hold the time of another beginning.
  const own = found.name.includes("@") ? found.act.kind : found.name;
  const once = { ...anchor, everyUs: 0, times: 1, name: name ?? unusedName(`${own}@${at}`, all) };
  const one = isOfConnections(found)
    ? { ...found, ...once, forUs: lastingTo(found, phases, startUs), endedUs: null }
    : { ...found, ...once };
  const forUs = isOfConnections(one) ? one.forUs : lastingUs(one.act);
  checkTimes({ ...once, forUs }, startUs, { path: [], phases, log });
  return one;
}

/** Those to others are done at their times alone. */
function beginnable({ faults, outside }: StrictScenario): readonly AnyFault[] {
  return [...faults, ...outside.filter(({ act }) => isWorkerAct(act))];
}

/** What may go on to the end of the run has less to go on for than at its first beginning. */
function lastingTo(
  { forUs, act }: StrictFault,
  phases: StrictScenario["phases"],
  startUs: number,
): number {
  const leftUs = phases.reduce((sum, { durationUs }) => sum + durationUs, -startUs);
  const kind = faultKindOf(act.kind);
  const isOpenEnded = kind.lasts(kind.written(act) as FaultOutput) === "may";
  return isOpenEnded ? Math.min(forUs, leftUs) : forUs;
}

interface Named<One extends { readonly name: string }> {
  readonly faults: readonly One[];
  readonly log: IssueLog;
}

/** The fault of this name; null: there is none (logged). */
function foundFault<One extends { readonly name: string }>(
  name: string,
  path: Path,
  { faults, log }: Named<One>,
): One | null {
  const found = faults.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = faults.map((one) => one.name);
  log.add(path, `the scenario has no fault ${quoted(name)}`, didYouMean(name, names));
  return null;
}

function checkFree(
  name: string,
  path: Path,
  { faults, log }: Named<{ readonly name: string }>,
): void {
  if (!faults.some((one) => one.name === name)) return;
  log.add(path, `the run has a fault ${quoted(name)}`, "give it another name");
}

/** `steady+12s340ms`: the next moment at which it may begin; null when there is none (logged). */
function anchorAt(
  { phases }: StrictScenario,
  earliestUs: number | null,
  log: IssueLog,
): string | null {
  if (earliestUs === null) {
    log.add([], "the run has not begun yet", `name a time, such as at: ${phases[0]?.phase}+10s`);
    return null;
  }
  let offsetUs = Math.ceil(earliestUs / MILLISECOND_US) * MILLISECOND_US;
  for (const { phase, durationUs } of phases) {
    if (offsetUs < durationUs) return `${phase}+${formatDuration(offsetUs)}`;
    offsetUs -= durationUs;
  }
  log.add([], "the load of the run is over", "");
  return null;
}

function checkBesideOthers(
  one: AnyFault,
  of: {
    readonly scenario: StrictScenario;
    readonly earliestUs: number | null;
    readonly log: IssueLog;
  },
): void {
  const { scenario, earliestUs, log } = of;
  const { phases, faults, outside } = scenario;
  const known = [...faults, ...outside];
  const fromUs = isOfConnections(one)
    ? faultWindows({ phases, faults: [one] })[0]?.fromUs
    : outsideTimes({ phases, outside: [one] })[0]?.atUs;
  checkFree(one.name, ["name"], { faults: known, log });
  if (earliestUs !== null && (fromUs ?? 0) < earliestUs) {
    const hint = `without at it begins at once, ${formatDuration(Math.ceil(earliestUs / MILLISECOND_US) * MILLISECOND_US)} into the run`;
    log.add(["at"], "that moment is over, or too near for all workers to know of it", hint);
  }
  const begins = known.reduce((sum, { times }) => sum + times, one.times);
  if (begins > MAX_WINDOWS) {
    const what = `with it, faults of the run begin ${begins} times, at most ${MAX_WINDOWS} are possible`;
    log.add([], what, "repeat it less often");
  }
}
