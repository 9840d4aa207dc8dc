/**
 * Where failures are: each kind by phase and by target, what messages and roles failed at, and beside the share of the failures the
 * share of what was tried. Pure; called by model.ts. Invariants: exact counts; what faults of the scenario are to blame for is
 * left out; a ratio is given only where chance does not explain it. Bound: MAX_PARTS parts a dimension, MAX_SHARES rows in all.
 */

import { namesOf, rolesOf } from "../../../shared/scenario/names.ts";
import {
  FAILURE_KINDS,
  type FailureKind,
  failureCause,
  type Stage,
  stageOf,
} from "../../../shared/stats/failure-kind.ts";
import {
  associationP,
  dispersionOf,
  falseDiscoveryRates,
  riskRatio,
  type TwoByTwo,
} from "../../analysis/stats/two-by-two.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { labelOf } from "./failures.ts";

/** Parts of a dimension that are compared. */
const MAX_PARTS = 100;
const MAX_SHARES = 60;
/** Expected false discoveries among the ratios that are shown. */
const MOST_DISCOVERY_RATE = 0.01;
/** Fewer failures show nothing. */
const LEAST_FAILED = 10;

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
  readonly cells: readonly { readonly failed: number; readonly exposed: number }[];
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

function sharesOf({ by, labels, rows }: Rows): FailureShare[] {
  if (labels.length < 2) return [];
  const cells = rows.flatMap(({ what, cells: all, dispersion }) => {
    const failed = all.reduce((sum, one) => sum + one.failed, 0);
    const exposed = all.reduce((sum, one) => sum + one.exposed, 0);
    if (failed === 0 || exposed === 0) return [];
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
    const isTold = failed >= LEAST_FAILED && (rates[at] ?? 1) <= MOST_DISCOVERY_RATE;
    const ratio = riskRatio(table);
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

/** What could have failed in that way: an attempt, an open connection, a message that wants a reply; null: nothing that is counted. */
const TRIED: Readonly<Partial<Record<Stage, "attempted" | "established" | "expected">>> = {
  dns: "attempted",
  tcp: "attempted",
  tls: "attempted",
  upgrade: "attempted",
  close: "established",
  protocol: "established",
  timeout: "expected",
};

type Tried = Readonly<Record<"attempted" | "established" | "expected", number>>;

/** Of kinds that are the target's. */
function kindRows(
  { merge }: RunFold,
  tried: readonly Tried[],
  countOf: (part: number, kind: FailureKind) => number,
): Row[] {
  return FAILURE_KINDS.flatMap((kind): Row[] => {
    const of = TRIED[stageOf(kind)];
    if (of === undefined || failureCause(kind) !== "target") return [];
    if ((merge.failures.byKind.get(kind) ?? 0) === 0) return [];
    const cells = tried.map((counts, part) => cellOf(countOf(part, kind), counts[of]));
    return [{ what: kind, dispersion: burstsOf({ merge }, [kind]), cells }];
  });
}

function cellOf(failed: number, exposed: number) {
  // One message may fail in two ways.
  return { failed: Math.min(failed, exposed), exposed };
}

function phaseRows(fold: RunFold): Rows {
  const phases = fold.facts.scenario.phases.slice(0, MAX_PARTS);
  const tried = phases.map((_, phase) => fold.merge.counters(new Set([phase])));
  return {
    by: "phase",
    labels: phases.map(({ phase }) => phase),
    rows: kindRows(fold, tried, (phase, kind) => fold.merge.failures.inPhase(phase, kind)),
  };
}

function targetRows(fold: RunFold): Rows {
  const { targets } = fold.facts.scenario;
  const own = new Set(fold.facts.scenario.phases.keys());
  const isTold = targets.length > 1 && fold.merge.targets.isUsed;
  const parts = isTold ? targets.slice(0, MAX_PARTS) : [];
  const tried = parts.map((_, part) => fold.merge.targets.sum(part, own));
  const series = fold.merge.failureSeries.all;
  const countOf = (part: number, kind: FailureKind) =>
    series
      .filter((one) => one.kind === kind)
      .reduce((sum, one) => sum + (one.targets.get(part) ?? 0), 0);
  return { by: "target", labels: parts.map(labelOf), rows: kindRows(fold, tried, countOf) };
}

function messageRows(fold: RunFold): Rows {
  const own = new Set(fold.facts.scenario.phases.keys());
  const parts = namesOf(fold.facts.scenario)
    .map(({ name, kind }, at) => ({ name, kind, counts: fold.merge.names.sum(at, own) }))
    .filter(({ kind, counts }) => kind === "message" && counts.expected > 0)
    .slice(0, MAX_PARTS);
  const cells = parts.map(({ counts }) =>
    cellOf(counts.timedOut + counts.unanswered + counts.rejected, counts.expected),
  );
  const dispersion = burstsOf(fold, kindsOf(["timeout"]));
  return {
    by: "message",
    labels: parts.map(({ name }) => name),
    rows: [{ what: "no reply in time, or a refusal", dispersion, cells }],
  };
}

function roleRows(fold: RunFold): Rows {
  const roles = fold.merge.roleCount > 1 ? rolesOf(fold.facts.scenario).slice(0, MAX_PARTS) : [];
  const own = new Set(fold.facts.scenario.phases.keys());
  const counts = roles.map((_, role) => fold.merge.roles.sum(role, own));
  return {
    by: "role",
    labels: roles.map(({ name }) => name),
    rows: [
      {
        what: "attempts to connect",
        dispersion: burstsOf(fold, kindsOf(["dns", "tcp", "tls", "upgrade"])),
        cells: counts.map((one) => cellOf(one.failed, one.attempted)),
      },
      {
        what: "connections dropped",
        dispersion: burstsOf(fold, kindsOf(["close", "protocol"])),
        cells: counts.map((one) => cellOf(one.dropped, one.established)),
      },
    ],
  };
}

function kindsOf(stages: readonly Stage[]): FailureKind[] {
  return FAILURE_KINDS.filter((kind) => stages.includes(stageOf(kind)));
}

/** How much more than by chance they come in the same seconds. */
function burstsOf({ merge }: Pick<RunFold, "merge">, kinds: readonly FailureKind[]): number {
  const counts: number[] = [];
  for (const kind of kinds) {
    for (const [second, count = 0] of merge.failures.bySecond(kind).entries()) {
      counts[second] = (counts[second] ?? 0) + count;
    }
  }
  return dispersionOf(Array.from(counts, (count = 0) => count));
}
