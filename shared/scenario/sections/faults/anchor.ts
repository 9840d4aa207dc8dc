/**
 * When a fault acts: the phase it is anchored to, and how often it is repeated. Called by ../faults.ts and ../outside-faults.ts, for
 * faults of every kind. Invariant: all of it lies in the run, and nothing during a search for a limit, whose levels it would disturb.
 */
import type { Path } from "../../issue.ts";
import type { IssueLog } from "../../read/issue-log.ts";
import type { StrictPhase, StrictScenario } from "../../strict.ts";
import type { StrictFault } from "../../strict-fault.ts";
import { didYouMean } from "../../suggest.ts";
import { formatDuration, parseDuration, quoted } from "../../units.ts";
import type { CommonKeys } from "./fault.ts";

/** What a fault is checked against. */
export interface FaultScene {
  readonly log: IssueLog;
  readonly scope: Pick<StrictScenario, "phases" | "roles" | "targets">;
}

export interface Anchor {
  readonly phase: number;
  readonly offsetUs: number;
}

/** `steady+30s`; null when it is none (logged). */
export function anchorOf(
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

/** As `at` of a fault that begins only when it is asked for by its name, while the run goes on (../../live-fault.ts). */
export const ON_REQUEST = "on-request";

export function repetition(
  { every, times }: Pick<CommonKeys, "every" | "times">,
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

type Times = Pick<StrictFault, "forUs" | "everyUs" | "times">;

export function checkApart({ forUs, everyUs, times }: Times, path: Path, log: IssueLog): void {
  if (times <= 1 || forUs <= everyUs) return;
  log.add([...path, "every"], "it would begin again before it has ended", "write a shorter for");
}

/** All of its windows lie in the run, apart from one another, and outside of searches. */
export function checkTimes(
  { forUs, everyUs, times }: Times,
  startUs: number,
  { path, phases, log }: { path: Path; phases: readonly StrictPhase[]; log: IssueLog },
): void {
  checkApart({ forUs, everyUs, times }, path, log);
  const endUs = startUs + (times - 1) * everyUs + forUs;
  const search = searchDisturbed(phases, startUs, endUs);
  if (search !== null) {
    const what = `it would act during ${search}, which looks for the limit of an undisturbed target`;
    log.add([...path, "at"], what, "anchor it to another phase, or end it earlier");
    return;
  }
  const runUs = phases.reduce((sum, { durationUs }) => sum + durationUs, 0);
  if (endUs > runUs || (forUs === 0 && endUs === runUs)) {
    const what = `it goes on beyond the run, which is over after ${formatDuration(runUs)}`;
    log.add(path, what, "let it begin earlier, last shorter, or begin less often");
  }
}

/** The first search that what acts between two moments of run time would disturb; null: none. */
export function searchDisturbed(
  phases: readonly Pick<StrictPhase, "phase" | "ramp" | "durationUs">[],
  startUs: number,
  endUs: number,
): string | null {
  let fromUs = 0;
  for (const { phase, ramp, durationUs } of phases) {
    const toUs = fromUs + durationUs;
    const touches = startUs < toUs && (endUs > fromUs || startUs >= fromUs);
    if (ramp === "find-limit" && touches) return phase;
    fromUs = toUs;
  }
  return null;
}

export function writtenAnchor({ phase, offsetUs }: Anchor, phases: readonly StrictPhase[]): string {
  const name = phases[phase]?.phase ?? "";
  return offsetUs === 0 ? name : `${name}+${formatDuration(offsetUs)}`;
}

export function unusedName(wanted: string, known: readonly { readonly name: string }[]): string {
  const taken = new Set(known.map(({ name }) => name));
  if (!taken.has(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${wanted} (${number})`)) number++;
  return `${wanted} (${number})`;
}
