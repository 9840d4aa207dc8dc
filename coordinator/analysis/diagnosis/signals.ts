/**
 * What detectors look at: the seconds of a run, its failures without those we injected, and which seconds say something of the
 * target. Made once a diagnosis by findings/cause.ts. Invariant: a second in which a fault acts, a worker was lost or the generator
 * broke a gate is not clean; failures while a fault outside of the load acts are ours, and in no series.
 */

import { faultWindows } from "../../../shared/scenario/fault-windows.ts";
import { namesOf } from "../../../shared/scenario/names.ts";
import { targetName } from "../../../shared/scenario/target-name.ts";
import type { Metric } from "../../../shared/stats/counters.ts";
import { codeOf } from "../../../shared/stats/failure-code.ts";
import { type FailureKind, type Stage, stageOf } from "../../../shared/stats/failure-kind.ts";
import type { MergedHistogram } from "../../../shared/stats/histogram.ts";
import type { KnownFailure, KnownMoment } from "../../merge/evidence/failure-events.ts";
import { type FailureSeries, knownCode } from "../../merge/failures/failure-series.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { TimelineRow } from "../../merge/timeline.ts";
import { outsideIn } from "../aftermath/disturbance.ts";
import { brokenGates } from "../gates.ts";
import { isLeftOut } from "../judged.ts";
import { announcedIn, isOfAnnounced } from "./announced.ts";
import { wholeSeconds } from "./whole-seconds.ts";

const SECOND_US = 1_000_000;
/** A fault is felt for as long after it. */
const AFTERMATH_SECONDS = 5;
/** What was stopped outside of the load may be away until the next command, or for as long as it takes to start. */
const OUTSIDE_AFTERMATH_SECONDS = 60;
const MAX_TEXTS = 200;
/** More say no more. */
const MAX_EVENTS = 400;

type Stretch = readonly [from: number, to: number];

/** What known causes account for. */
export interface AccountedFor {
  readonly failures: ReadonlySet<FailureSeries>;
  /** Kinds of messages, by position among the names. */
  readonly messages: ReadonlySet<number>;
}

interface Rest {
  readonly of: Signals;
  readonly without: AccountedFor;
}

export class Signals {
  readonly fold: RunFold;
  /** Of the plan, one after another from second 0; the drain is none of them. */
  readonly rows: readonly TimelineRow[];
  readonly failures: readonly FailureSeries[];
  readonly #faults: readonly Stretch[];
  readonly #outside: readonly Stretch[];
  readonly #without: ReadonlySet<number>;
  /** By second; null: no results are missing. */
  readonly #whole: readonly boolean[] | null;
  #events: Signals["events"] | null = null;

  /** @param rest what is left of the same run when this is left out of these */
  constructor(fold: RunFold, rest: Rest | null = null) {
    this.fold = fold;
    this.#without =
      rest === null ? new Set() : new Set([...rest.of.#without, ...rest.without.messages]);
    const seconds = Math.ceil(fold.facts.durationUs / SECOND_US);
    this.rows = [...fold.merge.timeline.rows()].slice(0, seconds);
    const isMissing = fold.framesMissing > 0;
    const whole = rest === null && isMissing ? wholeSeconds(this.rows) : null;
    this.#whole = rest === null ? whole : rest.of.#whole;
    this.#faults = onConnections(fold).map(({ stretch: own }) => own);
    this.#outside = outsideOf(fold).map(({ stretch: own }) => own);
    this.failures =
      rest === null
        ? this.#theirs()
        : rest.of.failures.filter((one) => !rest.without.failures.has(one));
  }

  /** The same run without what these account for: what is seen there is seen beside them. */
  without(accounted: AccountedFor): Signals {
    return new Signals(this.fold, { of: this, without: accounted });
  }

  get targets() {
    return this.fold.facts.scenario.targets;
  }

  get names() {
    return namesOf(this.fold.facts.scenario);
  }

  /** Positions of the messages among the names. */
  get messages(): readonly number[] {
    return this.names.flatMap(({ kind }, at) =>
      kind === "message" && !this.#without.has(at) ? [at] : [],
    );
  }

  /** As people know it. */
  labelOf(target: number): string {
    const one = this.targets[target];
    return one === undefined ? "" : targetName(one);
  }

  /** Senders number their messages; replies alone may come in any order. */
  get isOrderPromised(): boolean {
    return this.fold.facts.scenario.integrity.order !== null;
  }

  /** Replies in these seconds. */
  repliesIn(seconds: Stretch): number {
    return this.times("latency", seconds)?.count ?? 0;
  }

  /** The generator kept its pace, no worker was lost, all results are there, and we did nothing to the target. */
  isClean(second: number): boolean {
    if (!this.#isWhole(second) || isLeftOut(this.fold, second)) return false;
    return !isIn(this.#faults, second) && !this.isOurs(second);
  }

  /** The generator stood still for a part of the second, and that is all that is wrong with it: of the rest of the second it tells. */
  isBrieflyOurs(second: number): boolean {
    const row = this.rows[second];
    const broken = row === undefined ? [] : brokenGates(row);
    const isBrief = broken.every((gate) => gate === "loopLag" || gate === "sendLag");
    const isElse = isIn(this.#faults, second) || this.isOurs(second);
    return broken.length > 0 && isBrief && !isElse && !this.fold.disturbances.touches(second);
  }

  /** A fault outside of the load acted: totals of the run hold what it did. */
  get isDisturbedOutside(): boolean {
    return this.#outside.length > 0;
  }

  /** A fault outside of the load acted, or its end was not long ago. */
  isOurs(second: number): boolean {
    return isIn(this.#outside, second);
  }

  /** Share of the seconds that are clean; 1 for none. */
  cleanShare(from: number, to: number): number {
    let clean = 0;
    for (let second = from; second < to; second++) if (this.isClean(second)) clean++;
    return to > from ? clean / (to - from) : 1;
  }

  /** Of a kind, with this code where one is given. */
  of(kind: FailureKind, code?: number): readonly FailureSeries[] {
    return this.failures.filter(
      (one) => one.kind === kind && (code === undefined || one.code === code),
    );
  }

  failuresIn(isWanted: (stage: Stage) => boolean): readonly FailureSeries[] {
    return this.failures.filter(({ kind }) => isWanted(stageOf(kind)));
  }

  /** Connections open at the beginning of a second. */
  openBefore(second: number): number {
    return this.rows[second - 1]?.open ?? 0;
  }

  /**
   * Values of these seconds, those that faults are to blame for left out; null without any. Times count in clean seconds only; how long
   * connections lasted, in all.
   */
  times(
    metric: Metric,
    [from, to]: Stretch,
    names: ReadonlySet<number> | null = null,
  ): MergedHistogram | null {
    const phases = new Set(this.fold.facts.scenario.phases.keys());
    const passes = (second: number, span: number) =>
      metric === "lifetime" || this.cleanShare(second, second + span) === 1;
    const isOfReplies = metric === "latency" || metric === "service";
    const left = names ?? (isOfReplies && this.#without.size > 0 ? new Set(this.messages) : null);
    return this.fold.merge.series.histogram({ metric, phases, names: left }, { from, to }, passes);
  }

  /** Single failures, and healthy connections to hold them against, without what faults did; in the order of time. */
  get events(): {
    readonly failures: readonly KnownFailure[];
    readonly controls: readonly KnownMoment[];
  } {
    const { events } = this.fold.merge.evidence;
    const isTheirs = ({ isInjected, atUs }: KnownMoment) =>
      !isInjected && !this.isOurs(Math.floor(atUs / SECOND_US));
    const known = new Set(this.failures.map(({ kind, code }) => `${kind} ${code}`));
    const isLeft = ({ kind, signature }: KnownFailure) =>
      known.has(`${kind} ${codeIn(kind, signature)}`);
    this.#events ??= {
      failures: events.failures().filter((one) => isTheirs(one) && isLeft(one)),
      controls: events.controls().filter(isTheirs),
    };
    return this.#events;
  }

  /** Single failures of a series: all of them, or every so many of the whole run. */
  eventsOf({ kind, code }: FailureSeries): readonly KnownFailure[] {
    const own = this.events.failures.filter(
      (one) => one.kind === kind && codeIn(kind, one.signature) === code,
    );
    const step = Math.ceil(own.length / MAX_EVENTS);
    return own.filter((_, at) => at % step === 0);
  }

  /** What the failures said, in lower case; foreign text. */
  textOf({ kind, code }: FailureSeries): string {
    const prefix = code === null || code === 4000 ? "" : String(code);
    return this.fold.merge.failures
      .ofKind(kind, MAX_TEXTS)
      .filter(({ isInjected, signature }) => !isInjected && signature.startsWith(prefix))
      .map(({ signature }) => signature.toLowerCase())
      .join("\n");
  }

  /** Of a run in which results are missing: as many engines as usual at that time have reported this second. */
  #isWhole(second: number): boolean {
    return this.#whole === null || this.#whole[second] === true;
  }

  #theirs(): readonly FailureSeries[] {
    const announced = announcedIn(this.fold);
    const isLeftOutOf = (series: FailureSeries) => (second: number) =>
      this.isOurs(second) || announced.some((one) => isOfAnnounced(one, series, second));
    const { all } = this.fold.merge.failureSeries;
    if (this.#outside.length === 0 && announced.length === 0) return all;
    return all.flatMap((one) => thinned(one, isLeftOutOf(one)));
  }
}

/** Without what happened in these seconds. */
function thinned(series: FailureSeries, isOut: (second: number) => boolean): FailureSeries[] {
  const seconds = new Map([...series.seconds].filter(([second]) => !isOut(second)));
  if (seconds.size === series.seconds.size) return [series];
  const count = [...seconds.values()].reduce((sum, one) => sum + one, 0);
  const samples = series.samples.filter(({ atUs }) => !isOut(Math.floor(atUs / SECOND_US)));
  return count === 0 ? [] : [{ ...series, seconds, count, samples }];
}

/** As series are told apart by it. */
export function codeIn(kind: FailureKind, signature: string): number | null {
  return knownCode(codeOf(kind, signature)?.code ?? null);
}

/** How many of these failed in the second. */
export function countIn(series: readonly FailureSeries[], second: number): number {
  return series.reduce((sum, { seconds }) => sum + (seconds.get(second) ?? 0), 0);
}

export function countOf(series: readonly FailureSeries[]): number {
  return series.reduce((sum, { count }) => sum + count, 0);
}

/** From the first second in which they failed to after the last; null: they never did. */
export function spanOf(series: readonly FailureSeries[]): Stretch | null {
  const seconds = series.flatMap((one) => [...one.seconds.keys()]);
  if (seconds.length === 0) return null;
  return [
    seconds.reduce((least, one) => Math.min(least, one)),
    seconds.reduce((most, one) => Math.max(most, one)) + 1,
  ];
}

function isIn(stretches: readonly Stretch[], second: number): boolean {
  return stretches.some(([from, to]) => second >= from && second < to);
}

function stretch(fromUs: number, untilUs: number, aftermath: number): Stretch {
  return [Math.floor(fromUs / SECOND_US), Math.ceil(untilUs / SECOND_US) + aftermath];
}

interface Disturbed {
  /** Of the fault. */
  readonly id: string;
  /** Seconds in which it acted, or may still be felt. */
  readonly stretch: Stretch;
}

/** By faults of the scenario that have begun. */
export function disturbedIn(fold: RunFold): readonly Disturbed[] {
  return [...onConnections(fold), ...outsideOf(fold)];
}

function onConnections({ facts, faults }: RunFold): readonly Disturbed[] {
  return faultWindows(facts.scenario)
    .filter(({ position, isCalledOff }) => !isCalledOff && faults.told.has(position))
    .map(({ id, fromUs, untilUs }) => ({
      ...{ id, stretch: stretch(fromUs, untilUs, AFTERMATH_SECONDS) },
    }));
}

function outsideOf(fold: RunFold): readonly Disturbed[] {
  return outsideIn(fold).map(({ id, fromUs, toUs }) => ({
    ...{ id, stretch: stretch(fromUs, toUs, OUTSIDE_AFTERMATH_SECONDS) },
  }));
}
