/**
 * Finding: what made the target fail or slow, one answer a cause, the surest first. Pure; listed in ../registry.ts. The detectors and how
 * they are held against one another are in ../diagnosis. Invariant: a run in which nothing fails and nothing gets slower has none.
 */
import type { Answer, Check } from "../check.ts";
import type { Hypothesis } from "../diagnosis/detector.ts";
import { probeFor } from "../diagnosis/probe-run/registry.ts";
import { diagnose } from "../diagnosis/rank.ts";
import { DETECTORS } from "../diagnosis/registry.ts";
import { Signals } from "../diagnosis/signals.ts";
import { causeOf } from "./causes.ts";

const NOWHERE = { phase: null, name: null, target: null } as const;

export const cause: Check = {
  meta: {
    id: "finding/cause",
    kind: "finding",
    question: "What made it fail, or slow?",
    doc: [
      "cause",
      "what failed, or got slower, fits a cause that is known (docs/diagnosis.md)",
      "",
    ],
    precedence: 2,
  },
  judge({ fold }) {
    // What a run came to is looked at when it is over: while it goes on, its failures are not.
    if (!fold.began || (!fold.complete && fold.endedUs === null)) return [];
    const signals = new Signals(fold);
    return diagnose(signals, DETECTORS).map((hypothesis) => answer(signals, hypothesis));
  },
};

function answer(signals: Signals, hypothesis: Hypothesis): Answer {
  const { cause: id, confidence, sentence, evidence, against, nextProbe } = hypothesis;
  const { scope, symptoms } = hypothesis;
  const { locus } = causeOf(id);
  const probe = probeFor(signals.fold.facts.scenario, { signals, hypothesis });
  return {
    observed: { measure: "cause", unit: "word", value: id },
    outcome: "fail",
    scope: { ...NOWHERE, ...scope },
    sentence,
    evidence,
    finding: {
      cause: id,
      locus: hypothesis.locus ?? locus,
      confidence,
      basis: BASIS[confidence],
      against,
      nextProbe,
      ...(probe !== null && { probe: probe.kind.id }),
      failures: symptoms.map(({ kind, code }) => `${kind} ${code ?? ""}`),
    },
  };
}

/** What the words mean; how often they are right is `probability` (probability.ts). */
const BASIS: Readonly<Record<Hypothesis["confidence"], string>> = {
  certain: "No other cause that is known does all of this.",
  likely: "It fits everything that was measured; few other causes would.",
  possible: "It fits, and so do others; what speaks against it stands beside it.",
};
