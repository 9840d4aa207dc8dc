/**
 * Witness: failures of the connections of one worker, and of hardly any other's. Its machine, its way to the service, and what a balancer that
 * goes by source address has behind it for this worker alone are the same connections: one run cannot tell them apart. Listed in
 * registry.ts. Invariants: it makes nothing surer; of a cause that lies at a worker it says
 * nothing; connections are spread over workers by their numbers, which no fault knows.
 */
import type { KnownMoment } from "../../../merge/evidence/failure-events.ts";
import type { FailureSeries } from "../../../merge/failures/failure-series.ts";
import { type CauseId, causeOf } from "../../findings/causes.ts";
import { count } from "../../text.ts";
import { burstsOf, culprits, weightsOf } from "../parts.ts";
import { codeIn, countOf, type Signals } from "../signals.ts";
import { NOTHING, type Testimony, type Witness } from "./witness.ts";

/** Of one connection-second and another: so many times as many failures. */
const LEAST_RATIO = 10;
/** Of the failures, those that single ones are known of. */
const LEAST_KNOWN = 0.5;

/** Beside those of the generator: causes whose failures are those of few workers by what they are, and that say what would tell. */
const OF_WORKERS: ReadonlySet<CauseId> = new Set(["stale-address", "few-source-addresses"]);

export const workers: Witness = {
  causes: null,
  hear(signals, { cause, symptoms }) {
    if (OF_WORKERS.has(cause) || causeOf(cause).locus === "generator") return null;
    const { workers: known } = signals.fold.merge;
    if (known.size < 2 || [...known.values()].some(({ loss }) => loss !== null)) return null;
    return testimony(signals, symptoms);
  },
};

function testimony(signals: Signals, symptoms: readonly FailureSeries[]): Testimony | null {
  const epochs = [...signals.fold.merge.workers.keys()].sort((a, b) => a - b);
  const isMeant = new Set(symptoms.map(({ kind, code }) => `${kind} ${code}`));
  const failures = signals.events.failures.filter(({ kind, signature }) =>
    isMeant.has(`${kind} ${codeIn(kind, signature)}`),
  );
  const weighed = (of: readonly KnownMoment[]) => {
    const weights = weightsOf(of);
    return epochs.map((epoch) => weights.get(epoch) ?? 0);
  };
  const [failed, exposed] = [weighed(failures), weighed(signals.events.controls)];
  const all = failed.reduce((sum, one) => sum + one, 0);
  if (all < LEAST_KNOWN * countOf(symptoms) || exposed.includes(0)) return null;
  const parts = epochs.map((_, at) => [
    { failed: Math.round(failed[at] ?? 0), exposed: Math.round(exposed[at] ?? 0) },
  ]);
  const [culprit] = culprits(parts, burstsOf(symptoms, signals.rows.length));
  if (culprit === undefined || culprit.ratio < LEAST_RATIO) return null;
  const { id = "" } = signals.fold.merge.workers.get(epochs[culprit.part] ?? 0) ?? {};
  const others = epochs.length === 2 ? "the other" : "the others";
  return {
    ...NOTHING,
    against: [
      `${count(culprit.failed)} of these failures are of connections of worker ${id}, and ${count(culprit.otherFailed)} of ${others}: this run cannot separate that worker (its machine, its network) from what a balancer that goes by source address has behind it for this worker alone.`,
    ],
    isInseparable: true,
    nextProbe: `Give worker ${id} the source address of another (\`connect.localAddresses\`), or run it on another machine, with the same load: failures that stay with the worker are its own, and those that go with the address are of what is behind it.`,
  };
}
