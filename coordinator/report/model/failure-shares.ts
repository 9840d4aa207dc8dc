/**
 * Where failures are: each kind by phase and by target, what messages and roles failed at, and beside the share of the failures the
 * share of what was tried. Pure; called by model.ts. Invariants: exact counts; what faults of the scenario are to blame for is
 * left out; what failed is a part of what it is held against; a ratio is given only where it is one of consequence, and chance does not explain it. Bound: MAX_PARTS
 * parts a dimension, MAX_SHARES rows in all.
 */

import { namesOf, rolesOf } from "../../../shared/scenario/names.ts";
import {
  CONNECT_FAILURES,
  type FailureKind,
  failureCause,
} from "../../../shared/stats/failure-kind.ts";
import {
  burstsOf,
  type Exposure,
  LEAST_FAILED,
  MOST_DISCOVERY_RATE,
} from "../../analysis/diagnosis/parts.ts";
import { countIn } from "../../analysis/diagnosis/signals.ts";
import { generatorFailures } from "../../analysis/failures.ts";
import { MIN_BLOCK_SECONDS } from "../../analysis/stats/dependence.ts";
import {
  associationP,
  dispersionWithin,
  falseDiscoveryRates,
  riskRatio,
  type TwoByTwo,
} from "../../analysis/stats/two-by-two.ts";
import type { CounterTable } from "../../merge/counter-sums.ts";
import { phaseSpans } from "../../merge/facts.ts";
import type { FailureSeries } from "../../merge/failures/failure-series.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { labelOf } from "./failures.ts";

/** Parts of a dimension that are compared. */
const MAX_PARTS = 100;
const MAX_SHARES = 60;
const SECOND_US = 1_000_000;
/** Of a ratio that is told, or of its reciprocal: parts whose failures come and go each on their own differ by less. */
const LEAST_TOLD = 1.5;

export type Dimension = "target" | "message" | "role" | "phase";

export interface FailureShare {
  readonly by: Dimension;
  /** Foreign. */
  readonly part: string;
  /** A kind of failure, or what was not done. */
  readonly what: string;
  readonly failed: number;
  /** How often it was tried. */
  readonly exposed: number;
  /** Of all failures of this kind, and of all that was tried. */
  readonly ofFailures: number;
  readonly ofTraffic: number;
  /** Its share of failures over that of all other parts together; null: too few, or chance. */
  readonly ratio: number | null;
}

/** One kind of failure over the parts of a dimension. */
interface Row {
  readonly what: string;
  readonly dispersion: number;
  readonly cells: readonly Exposure[];
}

interface Rows {
  readonly by: Dimension;
  readonly labels: readonly string[];
  readonly rows: readonly Row[];
}

/** The parts that fail more than their share of the traffic first. */
export function failureShares(fold: RunFold): FailureShare[] {
  return [targetRows(fold), messageRows(fold), roleRows(fold), phaseRows(fold)]
    .flatMap(sharesOf)
    .sort((a, b) => excessOf(b) - excessOf(a))
    .slice(0, MAX_SHARES);
}

/** Failures beyond what its share of the traffic would have; those with a ratio come before all others. */
function excessOf({ failed, ofFailures, ofTraffic, ratio }: FailureShare): number {
  const excess = failed * (1 - ofTraffic / ofFailures);
  return ratio !== null && ratio > 1 ? excess + 1e12 : excess;
}

export function sharesOf({ by, labels, rows }: Rows): FailureShare[] {
  if (labels.length < 2) return [];
  const cells = rows.flatMap(({ what, cells: all, dispersion }) => {
    const failed = all.reduce((sum, one) => sum + one.failed, 0);
    const exposed = all.reduce((sum, one) => sum + one.exposed, 0);
    if (failed === 0 || exposed === 0) return [];
    // With frames that never came, what was tried is not known.
    if (all.some((one) => one.failed > one.exposed)) return [];
    return all.map((one, at) => {
      const table: TwoByTwo = {
        ...one,
        otherFailed: failed - one.failed,
        otherExposed: exposed - one.exposed,
      };
      return { what, part: labels[at] ?? "", table, p: associationP(table, dispersion) };
    });
  });
  const rates = falseDiscoveryRates(cells.map(({ p }) => p));
  return cells.flatMap(({ what, part, table }, at): FailureShare[] => {
    const { failed, exposed, otherFailed, otherExposed } = table;
    // A part that alone could fail like this has nothing to be held against.
    if (failed === 0 || otherExposed === 0) return [];
    const ratio = riskRatio(table);
    const isTold =
      failed >= LEAST_FAILED &&
      Math.max(ratio, 1 / ratio) >= LEAST_TOLD &&
      (rates[at] ?? 1) <= MOST_DISCOVERY_RATE;
    return [
      {
        ...{ by, part, what, failed, exposed },
        ofFailures: failed / (failed + otherFailed),
        ofTraffic: exposed / (exposed + otherExposed),
        ratio: isTold && Number.isFinite(ratio) ? ratio : null,
      },
    ];
  });
}

type Tried = "attempted" | "established" | "expected";

/**
 * What fails once at most for each attempt, connection or message that wants a reply. Of other kinds it is not counted how often they
 * could have come: of a step, or of whatever a target sends.
 */
const KINDS: Readonly<Record<Tried, readonly FailureKind[]>> = {
  attempted: CONNECT_FAILURES.filter((kind) => failureCause(kind) === "target"),
  established: ["protocol", "close-code", "abnormal-close", "close-timeout", "heartbeat-timeout"],
  expected: ["reply-timeout", "unanswered", "rejected"],
};

/** @param tried by part @param countOf failures of a kind, of the part at this position */
function kindRows(
  fold: RunFold,
  of: Tried,
  tried: readonly Readonly<Record<Tried, number>>[],
  countOf: (part: number, kind: FailureKind) => number,
): Row[] {
  return KINDS[of].map((kind) => ({
    what: kind,
    dispersion: dispersionIn(fold, [kind]),
    cells: tried.map((counts, part) => ({ failed: countOf(part, kind), exposed: counts[of] })),
  }));
}

/** Connections belong to the phase of their open and end in another, so ends of connections are held against none. */
function phaseRows(fold: RunFold): Rows {
  const phases = fold.facts.scenario.phases.slice(0, MAX_PARTS);
  const tried = phases.map((_, phase) => fold.merge.counters(new Set([phase])));
  const countOf = (phase: number, kind: FailureKind) => fold.merge.failures.inPhase(phase, kind);
  return {
    by: "phase",
    labels: phases.map(({ phase }) => phase),
    rows: [
      ...kindRows(fold, "attempted", tried, countOf),
      ...kindRows(fold, "expected", tried, countOf),
    ].map((row) => ({ ...row, dispersion: overTime(fold, row.what) ?? row.dispersion })),
  };
}

/** How much more than by chance failures of a kind come in the same stretches of a phase: phases are stretches of time themselves. */
function overTime({ facts, merge }: RunFold, kind: string): number | null {
  const series = merge.failureSeries.all.filter((one) => one.kind === kind);
  const block = MIN_BLOCK_SECONDS * SECOND_US;
  const groups = phaseSpans(facts.scenario).map(({ fromUs, toUs }) =>
    Array.from({ length: Math.floor((toUs - fromUs) / block) }, (_, at) => {
      const first = Math.round((fromUs + at * block) / SECOND_US);
      return sumOver(series, first, first + MIN_BLOCK_SECONDS);
    }),
  );
  return dispersionWithin(groups);
}

function sumOver(series: readonly FailureSeries[], from: number, to: number): number {
  let sum = 0;
  for (let second = from; second < to; second++) sum += countIn(series, second);
  return sum;
}

function targetRows(fold: RunFold): Rows {
  const { targets } = fold.facts.scenario;
  const isTold = targets.length > 1 && fold.merge.targets.isUsed;
  const parts = isTold ? targets.slice(0, MAX_PARTS) : [];
  const tried = parts.map((_, part) => exposureOf(fold, fold.merge.targets, part));
  const series = fold.merge.failureSeries.all;
  const countOf = (part: number, kind: FailureKind) =>
    series
      .filter((one) => one.kind === kind)
      .reduce((sum, one) => sum + (one.targets.get(part) ?? 0), 0);
  return {
    by: "target",
    labels: parts.map(labelOf),
    rows: [
      ...kindRows(fold, "attempted", tried, countOf),
      ...kindRows(fold, "established", tried, countOf),
      ...kindRows(fold, "expected", tried, countOf),
    ],
  };
}

/** Without what faults are to blame for; but what opened while one acted may end after it. */
function exposureOf<T extends string>(
  { facts }: RunFold,
  table: CounterTable<T | "established">,
  part: number,
): Record<T | "established", number> {
  const own = new Set(facts.scenario.phases.keys());
  return { ...table.sum(part, own), established: table.sum(part).established };
}

function messageRows(fold: RunFold): Rows {
  const own = new Set(fold.facts.scenario.phases.keys());
  const parts = namesOf(fold.facts.scenario)
    .map(({ name, kind }, at) => ({ name, kind, counts: fold.merge.names.sum(at, own) }))
    .filter(({ kind, counts }) => kind === "message" && counts.expected > 0)
    .slice(0, MAX_PARTS);
  const cells = parts.map(({ counts: { timedOut, unanswered, rejected, expected } }) => {
    return { failed: timedOut + unanswered + rejected, exposed: expected };
  });
  return {
    by: "message",
    labels: parts.map(({ name }) => name),
    rows: [
      {
        what: "no reply in time, or a refusal",
        dispersion: dispersionIn(fold, KINDS.expected),
        cells,
      },
    ],
  };
}

function roleRows(fold: RunFold): Rows {
  const roles = fold.merge.roleCount > 1 ? rolesOf(fold.facts.scenario).slice(0, MAX_PARTS) : [];
  const counts = roles.map((_, role) => exposureOf(fold, fold.merge.roles, role));
  const attempts: Row = {
    what: "attempts to connect",
    dispersion: dispersionIn(fold, KINDS.attempted),
    cells: counts.map(({ failed, attempted }) => ({ failed, exposed: attempted })),
  };
  const drops: Row = {
    what: "connections dropped",
    dispersion: dispersionIn(fold, KINDS.established),
    cells: counts.map(({ dropped, established }) => ({ failed: dropped, exposed: established })),
  };
  // Whose the failed attempts of a role are is not counted.
  const own = new Set(fold.facts.scenario.phases.keys());
  const areTheirs = generatorFailures(fold.merge, own) === 0;
  return {
    by: "role",
    labels: roles.map(({ name }) => name),
    rows: areTheirs ? [attempts, drops] : [drops],
  };
}

/** How much more than by chance they come in the same seconds. */
function dispersionIn({ merge }: RunFold, kinds: readonly FailureKind[]): number {
  const series = merge.failureSeries.all.filter(({ kind }) => kinds.includes(kind));
  return burstsOf(series, merge.timeline.length);
}
