/**
 * What may become of a message or its slot, and where that is counted: per phase, name, target and role. Used by the recorder and
 * by whoever tells it. Invariant: the positions are those of shared/stats/counters.ts.
 */
import {
  indexOf,
  NAME_COUNTERS,
  PHASE_COUNTERS,
  ROLE_COUNTERS,
  TARGET_COUNTERS,
} from "../../shared/stats/counters.ts";

const COUNT = indexOf(PHASE_COUNTERS);
const NAME = indexOf(NAME_COUNTERS);
const TARGET = indexOf(TARGET_COUNTERS);
const ROLE = indexOf(ROLE_COUNTERS);
export const NOT_BY_TARGET = -1;

/** What may become of a message, as it is counted per phase, per name and per target. */
export const MESSAGE = {
  expected: { phase: COUNT.expected, name: NAME.expected, target: TARGET.expected },
  timedOut: { phase: COUNT.timedOut, name: NAME.timedOut, target: TARGET.timedOut },
  unanswered: { phase: COUNT.unanswered, name: NAME.unanswered, target: TARGET.unanswered },
  corruptReplies: {
    phase: COUNT.corruptReplies,
    name: NAME.corruptReplies,
    target: NOT_BY_TARGET,
  },
  rejected: { phase: COUNT.rejected, name: NAME.rejected, target: NOT_BY_TARGET },
  late: { phase: COUNT.late, name: NAME.late, target: NOT_BY_TARGET },
  discarded: { phase: COUNT.discarded, name: NAME.discarded, target: NOT_BY_TARGET },
} as const;
export type MessageCounters = (typeof MESSAGE)[keyof typeof MESSAGE];

/** Why a slot was not used. */
export const SKIPPED = {
  notOpen: { phase: COUNT.skippedNotOpen, role: ROLE.skippedNotOpen },
  behind: { phase: COUNT.skippedBehind, role: ROLE.skippedBehind },
  backpressure: { phase: COUNT.skippedBackpressure, role: ROLE.skippedBackpressure },
} as const;
