/** Check: lost workers nobody stood in for: the load was not what was planned, and stayed so. Pure; listed in registry.ts. */
import { atMost, type Check } from "../check.ts";
import { lostWorkers as allLost, disturbedBy, wasLost } from "../losses.ts";

export const lostWorkers: Check = {
  meta: {
    id: "results/lost-workers",
    kind: "validity",
    question: "Did every shard finish?",
    doc: ["every shard finished", "no lost worker that was not replaced", "always"],
    precedence: 3,
  },
  judge({ fold }) {
    const lost = allLost(fold);
    const alone = lost.filter(({ loss }) => loss.recovery === "open");
    const replaced = lost.length - alone.length;
    const measure = `lost workers that were not replaced${replaced > 0 ? ` (${replaced} more were replaced)` : ""}`;
    return atMost(
      { measure, unit: "count", value: alone.length },
      {
        limit: 0,
        evidence: alone.map((worker) => ({
          sentence: `${wasLost(fold, worker)}; nobody took its work over.`,
          seconds: disturbedBy(fold, worker),
        })),
      },
    );
  },
};
