/**
 * The witnesses, and what a hypothesis is after all of them have been heard. Called by ../rank.ts. A new one is its file and a line here.
 * Invariant: a hypothesis keeps its cause, its seconds and its symptoms.
 */
import type { Hypothesis } from "../detector.ts";
import type { Signals } from "../signals.ts";
import { kernel } from "./kernel.ts";
import { ladder } from "./ladder.ts";
import { metrics } from "./metrics.ts";
import { sequences } from "./sequences.ts";
import type { Witness } from "./witness.ts";
import { workers } from "./workers.ts";

const WITNESSES: readonly Witness[] = [ladder, kernel, metrics, sequences, workers];

export function heard(signals: Signals, hypothesis: Hypothesis): Hypothesis {
  const said = WITNESSES.flatMap(({ causes, hear }) =>
    causes?.has(hypothesis.cause) === false ? [] : (hear(signals, hypothesis) ?? []),
  );
  const isSurer = hypothesis.confidence === "possible" && said.some((one) => one.isSurer);
  const settled = said.flatMap(({ settles }) => settles);
  const [nextProbe = hypothesis.nextProbe] = said.flatMap((one) => one.nextProbe ?? []);
  const isAnywhere = hypothesis.cause === "unknown" && said.some((one) => one.isInseparable);
  return {
    ...hypothesis,
    ...(isAnywhere && { locus: "unknown" as const }),
    nextProbe,
    confidence: isSurer ? "likely" : hypothesis.confidence,
    evidence: [...hypothesis.evidence, ...said.flatMap(({ evidence }) => evidence)],
    against: [
      ...hypothesis.against.filter((one) => !settled.some((known) => one.startsWith(known))),
      ...said.flatMap(({ against }) => against),
    ],
  };
}
