/**
 * Failures of the whole run: exact counts per kind, and groups of those that look alike. Filled by merge.ts,
 * read by the summary and the live view.
 * Invariant: the order of frames changes nothing. Bound: MAX_GROUPS groups, MAX_SAMPLES samples each; a number
 * per kind and second, target and phase. When there
 * are more signatures, those with the smallest hash are kept: whatever the order, such a one is never
 * given up, so its count stays exact; all others are counted together, per kind and code.
 */
import { assert } from "../../shared/assert.ts";
import { otherSignature } from "../../shared/stats/failure-code.ts";
import type { FailureKind } from "../../shared/stats/failure-kind.ts";
import type { FailureGroup, FailureSample, Frame } from "../../shared/wire/frame/frame.ts";

export const MAX_GROUPS = 2000;
export const MAX_SAMPLES = 3;
/** Groups of failures without room for their texts that are shown by code. */
const MAX_OTHERS = 100;
/** What workers, too, call the rest. */
export const OTHER_SIGNATURE = "other";

export interface MergedFailure {
  readonly kind: FailureKind;
  readonly signature: string;
  readonly count: number;
  /** Microseconds of run time: of a sample, or of the frame's second. */
  readonly firstUs: number;
  readonly lastUs: number;
  readonly samples: readonly FailureSample[];
  /** A fault of the scenario is to blame. */
  readonly isInjected: boolean;
}

interface Group {
  readonly kind: FailureKind;
  readonly signature: string;
  readonly isInjected: boolean;
  readonly key: string;
  readonly hash: number;
  count: number;
  firstUs: number;
  lastUs: number;
  samples: FailureSample[];
}

export class FailureGroups {
  readonly #phases: number;
  readonly #groups = new Map<string, Group>();
  /** What has no room, by kind and code. */
  readonly #others = new Map<string, Group>();
  readonly #byKind = new Map<FailureKind, number>();
  /** Per phase, count per kind. */
  readonly #byPhase = new Map<number, Map<FailureKind, number>>();
  /** Per target (index into the scenario's), count per kind. */
  readonly #byTarget = new Map<number, Map<FailureKind, number>>();
  /** Per kind, count per second of run time; what lies before the start is in second 0. */
  readonly #bySecond = new Map<FailureKind, number[]>();
  /** The kept group that would be given up first; null: not known. */
  #last: Group | null = null;

  /** @param phases of the scenario; behind them are those of what faults are to blame for. Default: there are no faults */
  constructor(phases = Number.POSITIVE_INFINITY) {
    this.#phases = phases;
  }

  /** Exact count per kind. */
  get byKind(): ReadonlyMap<FailureKind, number> {
    return this.#byKind;
  }

  /** Exact count of one kind in one phase. */
  inPhase(phase: number, kind: FailureKind): number {
    return this.#byPhase.get(phase)?.get(kind) ?? 0;
  }

  /** Exact count of one kind at one target. */
  atTarget(target: number, kind: FailureKind): number {
    return this.#byTarget.get(target)?.get(kind) ?? 0;
  }

  /** Targets with failures, by index, in rising order. */
  get targets(): readonly number[] {
    return [...this.#byTarget.keys()].sort((a, b) => a - b);
  }

  /** Count per second of run time of one kind; seconds without one may be missing at the end. */
  bySecond(kind: FailureKind): readonly (number | undefined)[] {
    return this.#bySecond.get(kind) ?? [];
  }

  addFrame(frame: Frame): void {
    for (const group of frame.failures) this.#add(group, frame.second);
  }

  /**
   * At most `limit` groups, the largest counts first; the rest is in one group per kind and code, signature
   * "429 other", of which the MAX_OTHERS largest are shown, and in one per kind, signature "other".
   */
  top(limit: number): readonly MergedFailure[] {
    return this.#largest(limit, () => true);
  }

  /** As top, of one kind. */
  ofKind(kind: FailureKind, limit: number): readonly MergedFailure[] {
    return this.#largest(limit, (group) => group.kind === kind);
  }

  #largest(limit: number, isWanted: (group: Group) => boolean): readonly MergedFailure[] {
    const sorted = [...this.#groups.values()]
      .filter(isWanted)
      .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
    const others = new Map(
      [...this.#others].flatMap(([key, group]) => (isWanted(group) ? [[key, { ...group }]] : [])),
    );
    for (const group of sorted.slice(limit)) absorb(otherOf(others, group), group);
    foldSmallest(others);
    return [...sorted.slice(0, limit), ...others.values()].sort(
      (a, b) => b.count - a.count || (a.key < b.key ? -1 : 1),
    );
  }

  #add(group: FailureGroup, frameSecond: number): void {
    const second = Math.max(0, frameSecond);
    this.#byKind.set(group.kind, (this.#byKind.get(group.kind) ?? 0) + group.count);
    countIn(this.#byPhase, group.phase, group);
    countIn(this.#byTarget, group.target, group);
    const seconds = this.#bySecond.get(group.kind) ?? [];
    this.#bySecond.set(group.kind, seconds);
    seconds[second] = (seconds[second] ?? 0) + group.count;
    const atUs = group.sample?.atUs ?? second * 1_000_000;
    const addition: Group = {
      ...newGroup({ ...group, isInjected: group.phase >= this.#phases }),
      count: group.count,
      firstUs: atUs,
      lastUs: atUs,
      samples: group.sample ? [group.sample] : [],
    };
    absorb(this.#placeFor(addition), addition);
  }

  /** The group a signature is counted in, making room for it when it is to be kept. */
  #placeFor(group: Group): Group {
    const isOther = group.signature === otherSignature(group.kind, group.signature);
    if (isOther || group.signature === OTHER_SIGNATURE) return otherOf(this.#others, group);
    const known = this.#groups.get(group.key);
    if (known) return known;
    if (this.#groups.size >= MAX_GROUPS) {
      const last = this.#lastKept();
      if (!before(group, last)) return otherOf(this.#others, group);
      this.#groups.delete(last.key);
      absorb(otherOf(this.#others, last), last);
      this.#last = null;
    }
    const made = newGroup(group);
    this.#groups.set(made.key, made);
    if (this.#last && before(this.#last, made)) this.#last = made;
    return made;
  }

  #lastKept(): Group {
    let last = this.#last;
    if (!last) {
      for (const group of this.#groups.values()) if (!last || before(last, group)) last = group;
    }
    assert(last, "a full set of groups has a last one");
    this.#last = last;
    return last;
  }
}

/** Adds a group's count where it belongs. */
function countIn(
  table: Map<number, Map<FailureKind, number>>,
  key: number,
  { kind, count }: FailureGroup,
): void {
  const counts = table.get(key) ?? new Map<FailureKind, number>();
  counts.set(kind, (counts.get(kind) ?? 0) + count);
  table.set(key, counts);
}

function newGroup({
  kind,
  signature,
  isInjected,
}: Pick<Group, "kind" | "signature" | "isInjected">): Group {
  const key = `${kind}|${signature}${isInjected ? "|injected" : ""}`;
  const none = { count: 0, firstUs: Number.POSITIVE_INFINITY, lastUs: Number.NEGATIVE_INFINITY };
  return { kind, signature, isInjected, key, hash: fnv1a(key), ...none, samples: [] };
}

function otherOf(others: Map<string, Group>, group: Group): Group {
  const made = newGroup({ ...group, signature: otherSignature(group.kind, group.signature) });
  const known = others.get(made.key);
  if (known) return known;
  others.set(made.key, made);
  return made;
}

/** Leaves MAX_OTHERS groups with a code. */
function foldSmallest(others: Map<string, Group>): void {
  const coded = [...others.values()].filter(({ signature }) => signature !== OTHER_SIGNATURE);
  coded.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
  for (const group of coded.slice(MAX_OTHERS)) {
    others.delete(group.key);
    absorb(otherOf(others, { ...group, signature: OTHER_SIGNATURE }), group);
  }
}

function absorb(into: Group, from: Group): void {
  into.count += from.count;
  into.firstUs = Math.min(into.firstUs, from.firstUs);
  into.lastUs = Math.max(into.lastUs, from.lastUs);
  into.samples = [...into.samples, ...from.samples].sort(bySample).slice(0, MAX_SAMPLES);
}

/** A total order, so that which samples are kept does not depend on arrival. */
function bySample(a: FailureSample, b: FailureSample): number {
  return (
    a.atUs - b.atUs ||
    a.connection - b.connection ||
    a.attempt - b.attempt ||
    a.ageUs - b.ageUs ||
    (a.detail < b.detail ? -1 : a.detail > b.detail ? 1 : 0)
  );
}

function before(a: Group, b: Group): boolean {
  return a.hash < b.hash || (a.hash === b.hash && a.key < b.key);
}

/** 32-bit FNV-1a over UTF-16 units (Fowler, Noll, Vo; public domain). */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
