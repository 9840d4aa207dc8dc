/**
 * The part of summary.json about pushed messages. Pure; used by summary.ts. Invariant: counts received are of the whole run,
 * latency and reach of the phases that count.
 */
import { phasesThatCount } from "../analysis/judged.ts";
import { listensOf, type Pushed, pushed } from "../analysis/push.ts";
import { type PushTally, sizesOf } from "../merge/push/push-tally.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { quantilesOrNull, toMs } from "./quantiles.ts";
import type { Summary } from "./summary-schema.ts";

const SCOPES_SHOWN = 20;

type Push = Summary["push"][string];

export function pushSection(fold: RunFold): Summary["push"] {
  const phases = phasesThatCount(fold);
  return Object.fromEntries(
    listensOf(fold).map((one) => [one.listen.name, row(pushed(fold, one, phases))]),
  );
}

function row(of: Pushed): Push {
  const { received, latency, withheld, clockErrorUs, scopes, reach } = of;
  return {
    received,
    latencyMs: quantilesOrNull(latency),
    clockErrorMs: clockErrorUs === null ? null : toMs(clockErrorUs),
    withheld,
    scopes: {
      count: scopes?.count ?? 0,
      top: (scopes?.top(SCOPES_SHOWN) ?? []).map(({ label, received: came, members }) => ({
        scope: label,
        received: came,
        members: reach === null ? null : members,
      })),
    },
    reach: reach && {
      ...receivers(reach.all, of),
      others: reach.all.others,
      repeated: reach.all.repeated,
      late: scopes?.late ?? 0,
      oneIn: reach.oneIn,
      bySize: reach.bySize.map(([size, tally]) => ({ ...sizesOf(size), ...receivers(tally, of) })),
      unreached: reach.unreached.map(({ scope, sentUs, missed, connections }) => ({
        ...{ scope, sentAtMs: toMs(sentUs), missed, connections: [...connections] },
      })),
    },
  };
}

function receivers(tally: PushTally, { isTimed }: Pushed) {
  const { messages, members, reached, left, missed } = tally;
  const due = reached + missed;
  return {
    ...{ messages, members, reached, left, missed },
    share: due === 0 ? null : reached / due,
    firstMs: isTimed ? quantilesOrNull(tally.first) : null,
    medianMs: isTimed ? quantilesOrNull(tally.median) : null,
    lastMs: isTimed ? quantilesOrNull(tally.last) : null,
    spreadMs: quantilesOrNull(tally.spread),
  };
}
