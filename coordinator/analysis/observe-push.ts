/**
 * What a rule on pushed messages looks at. Called by observe.ts. Pure. Invariant: a latency that is withheld from the summary is
 * missing here, with the same reason; reach is of the messages of the phases looked at.
 */
import type { StrictThreshold } from "../../shared/scenario/strict.ts";
import { MergedHistogram } from "../../shared/stats/histogram.ts";
import { PushTally } from "../merge/push/push-tally.ts";
import { type Observation, type Scope, secondsOf } from "./observe-count.ts";
import { latencyOf, listensOf, reachOf } from "./push.ts";
import { timeOf } from "./threshold-value.ts";

export function observePush(scope: Scope, threshold: StrictThreshold): Observation {
  const { fold, phases, names } = scope;
  const listens = listensOf(fold).filter(
    ({ positions }) => names === null || positions.some((at) => names.includes(at)),
  );
  const time = timeOf(threshold);
  if (time === null) return observeCounts(scope, listens, threshold);
  const sum = new MergedHistogram();
  for (const one of listens) {
    const { latency, withheld } = latencyOf(fold, one, phases);
    if (withheld !== null) return { missing: `push latency is withheld: ${withheld}` };
    if (latency !== null) sum.addFrom(latency);
  }
  return sum.count > 0
    ? { value: time.read(sum) }
    : { missing: "no pushed message said when it was sent" };
}

function observeCounts(
  scope: Scope,
  listens: ReturnType<typeof listensOf>,
  { statistic, unit }: StrictThreshold,
): Observation {
  const { fold, phases } = scope;
  if (statistic === "received" || statistic === "rate") {
    let received = 0;
    for (const { positions } of listens) {
      received += fold.merge.names.sum(positions, phases).arrived;
    }
    if (unit !== "perSec") return { value: received };
    const seconds = secondsOf(scope);
    return seconds > 0 ? { value: received / seconds } : { missing: "no time has passed" };
  }
  const all = new PushTally();
  for (const one of listens) {
    const reach = reachOf(fold, one, phases);
    if (reach !== null) all.addFrom(reach.all);
  }
  if (statistic === "repeated") return { value: all.repeated };
  const count = statistic === "reached" ? all.reached : all.missed;
  const due = all.reached + all.missed;
  if (unit === "count") return { value: count };
  return due > 0 ? { value: count / due } : { missing: "no message was due to anybody" };
}
