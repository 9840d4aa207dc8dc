/**
 * What a probe run has said of a hypothesis, as the journal of the run before it tells. Called by ../rank.ts. Pure. Invariants: who is named
 * again is surer by one word; who is not gives way to the one that is named; what was not decided changes no cause.
 */
import { causeId, causeOf } from "../../findings/causes.ts";
import { CONFIDENCES } from "../../judgement.ts";
import type { Hypothesis } from "../detector.ts";
import type { Signals } from "../signals.ts";
import { probeKindOf } from "./registry.ts";

export function probed({ fold }: Signals, hypothesis: Hypothesis): Hypothesis {
  const told = fold.probes.find(({ cause }) => cause === hypothesis.cause);
  const kind = told && probeKindOf(told.probe);
  if (told === undefined || kind === undefined) return hypothesis;
  const said = `With ${kind.change} (probe run ${told.run}) ${told.seen}`;
  const named = causeId(told.named);
  if (named === null)
    return { ...hypothesis, nextProbe: `${said} That decides nothing. ${hypothesis.nextProbe}` };
  const evidence = [...hypothesis.evidence, { sentence: said, seconds: [] }];
  const against = hypothesis.against.filter((one) => !kind.settles.test(one));
  if (named === hypothesis.cause) {
    const place = CONFIDENCES.indexOf(hypothesis.confidence);
    const confidence = CONFIDENCES[Math.max(0, place - 1)] ?? hypothesis.confidence;
    return { ...hypothesis, confidence, evidence, against };
  }
  const { locus: _, ...rest } = hypothesis;
  const { title } = causeOf(named);
  return {
    ...rest,
    cause: named,
    confidence: "likely",
    sentence: `${title.charAt(0).toUpperCase()}${title.slice(1)}: a probe run told it from "${causeOf(hypothesis.cause).title}".`,
    evidence,
    against: [
      ...against,
      `By the first run alone it was ${hypothesis.cause}: ${hypothesis.sentence}`,
    ],
    nextProbe: `Repeat the probe run (${told.run}) to be sure, and look at what makes this in the service and in what is before it.`,
  };
}
