/**
 * What each target of a run got and gave. Invariant: nothing for a run of one target, whose figures are the run's; the rows
 * sum to the counts of the run.
 */
import type { ModelTarget } from "../../model/targets.ts";
import { code, counts, type Part, part, tableOf } from "../block.ts";
import { replyParts } from "../replies.ts";
import type { Section } from "../section.ts";

const MAX_TARGETS = 100;

const PARTS: readonly Part<ModelTarget>[] = [
  part("target", "text", ({ target }) => code(target, 120)),
  ...counts<ModelTarget>({
    attempted: (one) => one.attempted,
    established: (one) => one.established,
    failed: (one) => one.failed,
    dropped: (one) => one.dropped,
    reconnects: (one) => one.reconnects,
    sent: (one) => one.sent,
  }),
  ...replyParts<ModelTarget>((one) => one, ["rejected", "late"]),
];

export const targets: Section = {
  meta: {
    id: "targets",
    title: "Targets",
    about: "Of a run with several targets: connections, messages and replies of each.",
  },

  build({ targets: all = [] }) {
    if (all.length === 0) return [];
    return [tableOf({ name: "Targets", most: MAX_TARGETS }, PARTS, all)];
  },
};
