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

const WITNESSES: readonly Witness[] = [ladder, kernel, metrics, sequences];

export function heard(signals: Signals, hypothesis: Hypothesis): Hypothesis {
  const said = WITNESSES.flatMap(({ causes, hear }) =>
    causes?.has(hypothesis.cause) === false ? [] : (hear(signals, hypothesis) ?? []),
  );
  const isSurer = hypothesis.confidence === "possible" && said.some((one) => one.isSurer);
  const settled = said.flatMap(({ settles }) => settles);
  return {
    ...hypothesis,
    confidence: isSurer ? "likely" : hypothesis.confidence,
    evidence: [...hypothesis.evidence, ...said.flatMap(({ evidence }) => evidence)],
    against: [
      ...hypothesis.against.filter((one) => !settled.some((known) => one.startsWith(known))),
      ...said.flatMap(({ against }) => against),
    ],
  };
}
