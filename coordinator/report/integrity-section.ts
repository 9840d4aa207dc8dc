/**
 * The part of summary.json on integrity: what was audited, what came of it, and how much that says. Pure; used by summary.ts. Invariant: null is what was not audited; where no leak was seen, `upperBound`
 * is the share of messages that may leak all the same (the rule of three, 95 %).
 */
import { breachesOf } from "../analysis/breaches.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { toMs } from "./quantiles.ts";
import type { SummaryIntegrity } from "./summary-integrity-schema.ts";

/** With none in n observations, the share is below 3 / n with a confidence of 95 %. */
const RULE_OF_THREE = 3;

/** Nothing where stamps alone were looked at, whose figures are those of messages, and no leak was seen. */
export function integritySection(fold: RunFold): { readonly integrity?: SummaryIntegrity } {
  const made = audited(fold);
  const isThere = made.order !== null || made.isolation !== null;
  return isThere ? { integrity: made } : {};
}

function audited(fold: RunFold): SummaryIntegrity {
  const { stamp, order, isolation } = fold.facts.scenario.integrity;
  const counters = fold.merge.counters();
  const isWatched = isolation.canary || isolation.owner !== null || counters.leaked > 0;
  return {
    stamp,
    order:
      order === null
        ? null
        : {
            audited: counters.audited,
            unaudited: counters.unaudited,
            missing: counters.missing,
            repeated: counters.repeated,
            restarted: counters.restarted,
            missedAway: counters.missedAway,
            replayed: counters.replayed,
          },
    isolation: isWatched ? isolationOf(fold) : null,
  };
}

function isolationOf({ facts, merge }: RunFold): SummaryIntegrity["isolation"] {
  const { owner, canary } = facts.scenario.integrity.isolation;
  const { owned, searched, heardOwn, leaked } = merge.counters();
  const bound = (n: number) => (leaked > 0 || n === 0 ? null : Math.min(1, RULE_OF_THREE / n));
  return {
    owner: owner === null ? null : { judged: owned, upperBound: bound(owned) },
    canary: canary
      ? { searched, heardOwn, upperBound: heardOwn > 0 ? bound(searched) : null }
      : null,
    leaked,
    breaches: breachesOf(merge).map(({ what, count: seen, firstUs, samples }) => ({
      what,
      count: seen,
      firstSeen: toMs(firstUs),
      samples: samples.map(({ connection, atUs, detail }) => {
        return { connection, atMs: toMs(atUs), message: detail };
      }),
    })),
  };
}
