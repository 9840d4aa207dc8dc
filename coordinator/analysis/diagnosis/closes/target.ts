/**
 * Detector: one of several targets fails more often than the others, at connecting, at keeping connections or at answering. Listed in
 * ../registry.ts. Invariant: connections are spread over targets by the plan, at random, so a difference is the target's, or the
 * network's on the way to it.
 */
import type { TargetCounter } from "../../../../shared/stats/counters.ts";
import type { Stage } from "../../../../shared/stats/failure-kind.ts";
import { partOf } from "../../text.ts";
import type { Detector, Hypothesis } from "../detector.ts";
import { burstsOf, type Culprit, culprits, type Exposure, oddsText } from "../parts.ts";
import { type Signals, spanOf } from "../signals.ts";

interface Question {
  readonly what: string;
  readonly failed: readonly TargetCounter[];
  readonly of: TargetCounter;
  readonly stages: readonly Stage[];
}

const QUESTIONS: readonly Question[] = [
  {
    what: "attempts to connect failed",
    failed: ["failed"],
    of: "attempted",
    stages: ["dns", "tcp", "tls", "upgrade"],
  },
  {
    what: "connections were dropped",
    failed: ["dropped"],
    of: "established",
    stages: ["close", "protocol"],
  },
  {
    what: "messages got no reply in time",
    failed: ["timedOut", "unanswered"],
    of: "expected",
    stages: ["timeout"],
  },
];

/** The others have none of these: they are that target's. */
const LIMITS = [
  "idle-timeout",
  "maximum-lifetime",
  "token-expiry",
  "message-quota",
  "message-rate-limit",
  "message-size-limit",
] as const;

export const target: Detector = {
  meta: {
    causes: ["failing-backend"],
    doc: "one of several targets fails 3 times as often as the others, 10 times at least, also within each phase (Mantel-Haenszel), at a rate of false discoveries of 1 %",
    explains: [
      "server-errors",
      "proxy-upstream-down",
      "service-down",
      "zombie",
      "message-loss",
      "unknown",
      ...LIMITS,
    ],
  },
  detect(signals) {
    if (signals.isDisturbedOutside) return [];
    const found = QUESTIONS.flatMap((question) => {
      const parts = signals.targets.map((_, at) => exposures(signals, question, at));
      const series = signals.failuresIn((stage) => question.stages.includes(stage));
      return culprits(parts, burstsOf(series, signals.rows.length))
        .slice(0, 1)
        .map((culprit) => ({ question, culprit }));
    });
    const [first] = found.sort((a, b) => b.culprit.failed - a.culprit.failed);
    if (first === undefined) return [];
    const same = found.filter(({ culprit }) => culprit.part === first.culprit.part);
    return hypothesis(signals, same);
  },
};

/** By phase; of connections all phases are one, as they open in one and are dropped in another. */
function exposures(signals: Signals, { failed, of }: Question, part: number): Exposure[] {
  const { targets } = signals.fold.merge;
  const phases = [...signals.fold.facts.scenario.phases.keys()];
  const groups = of === "established" ? [phases] : phases.map((phase) => [phase]);
  return groups.map((group) => {
    const counts = targets.sum(part, new Set(group));
    // What opened while a fault acted may be dropped after it.
    const tried = of === "established" ? targets.sum(part) : counts;
    return {
      failed: failed.reduce((all, counter) => all + counts[counter], 0),
      exposed: tried[of],
    };
  });
}

function hypothesis(
  signals: Signals,
  found: readonly { readonly question: Question; readonly culprit: Culprit }[],
): Hypothesis[] {
  const part = found[0]?.culprit.part ?? 0;
  const name = signals.labelOf(part);
  const stages = found.flatMap(({ question }) => question.stages);
  const isItsStage = (stage: Stage) => stages.includes(stage);
  const symptoms = signals.failuresIn(isItsStage).filter(({ targets }) => targets.has(part));
  const span = spanOf(symptoms);
  if (span === null) return [];
  const rest = signals.targets.length === 2 ? "the other" : "the others";
  const least = Math.min(...found.map(({ culprit }) => culprit.ratio));
  return [
    {
      cause: "failing-backend",
      confidence: least >= 10 ? "certain" : "likely",
      scope: { target: name },
      sentence: `Target ${name} fails, and ${rest} hardly: ${found.map(({ question, culprit }) => `${partOf(culprit.failed, culprit.exposed)} of what was asked of it: ${question.what}`).join("; ")}.`,
      evidence: found.map(({ question, culprit }) => ({
        sentence: `At ${name} ${partOf(culprit.failed, culprit.exposed)}: ${question.what}; at ${rest} ${partOf(culprit.otherFailed, Math.max(1, culprit.otherExposed))}.${oddsText(culprit)}`,
        seconds: [span],
      })),
      against: [
        "All connections to it took one way through the network, which this cannot tell from the target itself.",
      ],
      nextProbe: `Run the same load against ${name} alone, and once without it.`,
      from: span[0],
      to: span[1],
      impact: found.reduce((sum, { culprit }) => sum + culprit.failed, 0),
      symptoms,
    },
  ];
}
