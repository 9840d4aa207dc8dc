/** Check: seconds in which an engine broke a gate by its own health. Pure; listed in registry.ts. */
import type { RunFold } from "../../merge/run-fold.ts";
import { atMost, type Check } from "../check.ts";
import { GATES, maskedAllowed } from "../gates.ts";
import type { Masked } from "../masked.ts";
import { ms, percent } from "../text.ts";

/** Workers that are named. */
const MAX_NAMED = 5;

export const saturatedSeconds: Check = {
  meta: {
    id: "generator/saturated-seconds",
    kind: "validity",
    question: "Did its engines keep their own pace?",
    doc: ["engines kept their pace", "the saturated seconds above", "when a second counts"],
    precedence: 6,
    isLive: true,
  },
  judge({ fold, masked }) {
    const { seconds, judged, stretches } = masked;
    const measure = "seconds that broke a gate";
    const observed = { measure, unit: "seconds", value: seconds } as const;
    const limit = Math.floor(maskedAllowed(judged));
    const sentence =
      `The load generator was saturated${onWorkers(fold)} in ${seconds} of ${judged} seconds ` +
      `(${limit} allowed): ${whatBroke(masked)}.`;
    const open = judged === 0 ? "no second counts" : null;
    return atMost(observed, { limit, open, evidence: [{ sentence, seconds: stretches }] });
  },
};

function whatBroke({ byGate, worst }: Masked): string {
  const what: string[] = [];
  if (byGate.loopLag > 0) {
    what.push(
      `an engine stood still for up to ${ms(worst.loopLagMaxUs)} (limit ${ms(GATES.loopLagMaxUs)})`,
    );
  }
  if (byGate.throttled > 0) {
    what.push(
      `its CPU quota stopped it for up to ${percent(worst.throttled)} of a second (limit ${percent(GATES.throttled)})`,
    );
  }
  if (byGate.utilisation > 0) {
    what.push(
      `an engine was ${percent(worst.utilisation)} busy (limit ${percent(GATES.utilisation)})`,
    );
  }
  if (byGate.sendLag > 0) {
    what.push(
      `messages left up to ${ms(worst.sendLagP99Us)} late at p99 (limit ${ms(GATES.secondSendLagP99Us)})`,
    );
  }
  return what.join("; ");
}

function onWorkers(fold: RunFold): string {
  const workers = [...fold.merge.workers.values()]
    .filter(({ saturated }) => saturated.count > 0)
    .sort((a, b) => a.epoch - b.epoch)
    .slice(0, MAX_NAMED)
    .map(({ id }) => id);
  return workers.length > 0 ? ` on ${workers.join(", ")}` : "";
}
