/**
 * Holds hypotheses against one another: which are vetoed, which are consequences of another, which say the same of the same failures,
 * and what is left unexplained. Called by findings/cause.ts. Pure. Invariants: no failure counts for two causes; what the generator
 * may have done to itself is never certain of the target; a cause that does not fit is `unknown`, not the nearest one.
 */
import {
  describeFailure,
  type FailureKind,
  failureCause,
  stageOf,
} from "../../../shared/stats/failure-kind.ts";
import type { FailureSeries } from "../../merge/failures/failure-series.ts";
import { type CauseId, causeOf } from "../findings/causes.ts";
import { CONFIDENCES, type FindingDetail } from "../judgement.ts";
import { count, partOf } from "../text.ts";
import { type Detector, type Hypothesis, shownIn } from "./detector.ts";
import { probed } from "./probe-run/probed.ts";
import { type AccountedFor, countOf, type Signals, spanOf } from "./signals.ts";
import { heard } from "./witness/registry.ts";

/** Cards of one run. */
const MAX_CAUSES = 5;
/** Of the seconds of a hypothesis about the target. */
const LEAST_CLEAN = 0.5;
/** A consequence begins before this long after its cause was seen last. */
const AFTER_SECONDS = 120;
/** Unexplained failures that are worth a card: so many, and this share of what was tried of its sort. */
const LEAST_UNKNOWN = 20;
const LEAST_UNKNOWN_SHARE = 0.01;

/** What a detector says; null: it is not to be told. */
interface Said {
  readonly hypothesis: Hypothesis;
  readonly judged: Candidate | null;
}

interface Candidate {
  readonly detector: Detector;
  readonly hypothesis: Hypothesis;
}

/** What is accepted, the surest first, and behind it what nothing explains. */
export function diagnose(signals: Signals, detectors: readonly Detector[]): readonly Hypothesis[] {
  const said = detectors.flatMap((detector) => saidBy(detector, signals));
  const all = said.flatMap(({ judged }) => judged ?? []).sort(byOrder);
  const candidates = all.filter((one) => !isAccountedFor(one, all));
  const causes = candidates.filter(
    (one, at) => !candidates.some((other, place) => isExplained(one, other, place < at)),
  );
  const second = besides(signals, causes, detectors);
  const accepted = [...merged(causes.map(({ hypothesis }) => hypothesis)), ...second].slice(
    0,
    MAX_CAUSES,
  );
  // What fits, and may be our own doing, is not said, and not unknown.
  const withheld = said.flatMap(({ judged, hypothesis }) => (judged === null ? [hypothesis] : []));
  const named = [...candidates.map(({ hypothesis }) => hypothesis), ...second, ...withheld];
  const left = unexplained(signals, named, accepted).map((one) => heard(signals, one));
  return [...accepted, ...left].slice(0, MAX_CAUSES);
}

function saidBy(detector: Detector, signals: Signals): readonly Said[] {
  return detector.detect(signals).map((one) => {
    const hypothesis = probed(signals, heard(signals, one));
    const told = detector.meta.isCounted ? hypothesis : vetoed(signals, hypothesis);
    return { hypothesis, judged: told === null ? null : { detector, hypothesis: told } };
  });
}

/** What is heard last says nothing of failures that another detector has accounted for. */
function isAccountedFor({ detector, hypothesis }: Candidate, all: readonly Candidate[]): boolean {
  if (!detector.meta.isLastResort) return false;
  const others = all.filter((other) => !other.detector.meta.isLastResort);
  return hypothesis.symptoms.every((series) =>
    others.some((other) => other.hypothesis.symptoms.includes(series)),
  );
}

/** In seconds that say little of the target nothing is certain of it. */
function vetoed(signals: Signals, hypothesis: Hypothesis): Hypothesis | null {
  const { cause, confidence, from, to, against } = hypothesis;
  if (causeOf(cause).locus === "generator") return hypothesis;
  if (signals.cleanShare(from, to) >= LEAST_CLEAN) return hypothesis;
  if (confidence === "possible") return null;
  const why =
    "In most of these seconds the generator was saturated, had lost a worker, or a fault of the scenario acted.";
  return { ...hypothesis, confidence: "possible", against: [...against, why] };
}

function byOrder({ hypothesis: a }: Candidate, { hypothesis: b }: Candidate): number {
  const rank = ({ confidence }: Hypothesis) => CONFIDENCES.indexOf(confidence);
  return rank(a) - rank(b) || b.impact - a.impact || (a.cause < b.cause ? -1 : 1);
}

/** @param isBefore the other is the surer one */
function isExplained(one: Candidate, other: Candidate, isBefore: boolean): boolean {
  if (one === other) return false;
  // What is only possible explains nothing that is surer.
  if (other.hypothesis.confidence === "possible" && !isBefore) return false;
  const explains = (by: Candidate, what: Candidate) =>
    follows(by).includes(what.hypothesis.cause) &&
    by.hypothesis.cause !== what.hypothesis.cause &&
    by.hypothesis.from <= what.hypothesis.from + 1 &&
    what.hypothesis.from <= by.hypothesis.to + AFTER_SECONDS;
  return explains(other, one) && (isBefore || !explains(one, other));
}

function follows({ detector: { meta } }: Candidate): readonly CauseId[] {
  return [...meta.explains, ...(meta.resembles ?? [])];
}

/**
 * Second causes: what the accepted ones would be taken for, seen without the failures and the messages that those account for. They come
 * behind them, however sure they are.
 */
function besides(
  signals: Signals,
  accepted: readonly Candidate[],
  detectors: readonly Detector[],
): Hypothesis[] {
  const named = new Set(accepted.map(({ hypothesis }) => hypothesis.cause));
  const followed = new Set(accepted.flatMap(({ detector }) => detector.meta.explains));
  const sought = new Set(
    accepted
      .flatMap(({ detector }) => detector.meta.resembles ?? [])
      .filter((cause) => !named.has(cause) && !followed.has(cause)),
  );
  if (sought.size === 0) return [];
  const rest = signals.without(accountedFor(signals, accepted));
  const seen = detectors
    .filter(({ meta }) => meta.causes.some((cause) => sought.has(cause)))
    .flatMap((detector) => saidBy(detector, rest))
    .flatMap(({ judged }) => judged ?? [])
    .filter(({ hypothesis }) => sought.has(hypothesis.cause))
    .sort(byOrder);
  const first = [...named].join(", ");
  const beside = `Looked for without the failures and the messages that are accounted for by ${first}.`;
  return merged(
    seen
      .filter((one, at) => !seen.some((other, place) => isExplained(one, other, place < at)))
      .map(({ hypothesis }) => ({
        ...hypothesis,
        evidence: [...hypothesis.evidence, { sentence: beside, seconds: [] }],
      })),
  );
}

function accountedFor(signals: Signals, accepted: readonly Candidate[]): AccountedFor {
  const hypotheses = accepted.map(({ hypothesis }) => hypothesis);
  const names = new Set(hypotheses.map(({ scope }) => scope?.name));
  return {
    failures: new Set(hypotheses.flatMap(({ symptoms }) => symptoms)),
    messages: new Set(signals.messages.filter((at) => names.has(signals.names[at]?.name))),
  };
}

/** Of those that account for the same failures the surest is left, and says which others fit. */
function merged(hypotheses: readonly Hypothesis[]): Hypothesis[] {
  const kept: Hypothesis[] = [];
  for (const hypothesis of hypotheses) {
    const at = kept.findIndex((other) => isPartOf(hypothesis, other));
    const other = kept[at];
    if (other === undefined) kept.push(hypothesis);
    else if (other.cause !== hypothesis.cause) {
      const alternative = `Less well fits: ${causeOf(hypothesis.cause).title} (${hypothesis.cause}).`;
      kept[at] = { ...other, against: [...other.against, alternative] };
    }
  }
  return kept;
}

function isPartOf({ symptoms, cause }: Hypothesis, other: Hypothesis): boolean {
  if (symptoms.length === 0) return cause === other.cause;
  return symptoms.every((one) => other.symptoms.includes(one));
}

/** What is tried: each failure is one of these, and held against as many. */
const SORTS = ["attempts to connect", "connections", "messages"] as const;
type Sort = (typeof SORTS)[number];

function sortOf(kind: FailureKind): Sort {
  const { during, stage } = describeFailure(kind);
  if (during === "connect") return "attempts to connect";
  return stage === "close" || kind === "heartbeat-timeout" || kind === "protocol"
    ? "connections"
    : "messages";
}

function triedOf({ fold }: Signals, sort: Sort): number {
  const { attempted, established, expected, sent } = fold.merge.counters();
  if (sort === "messages") return Math.max(expected, sent);
  return sort === "connections" ? established : attempted;
}

/** Where a cause lies that makes a service slow, so that what fails meanwhile follows from it as a rule. */
const SLOWED: readonly FindingDetail["locus"][] = ["server", "handler", "network"];

/** It is known by times alone, and those of everything, not of one kind of message. */
function isSlowAsAWhole({ cause, confidence, symptoms, scope }: Hypothesis): boolean {
  if (confidence === "possible" || !SLOWED.includes(causeOf(cause).locus)) return false;
  return symptoms.length === 0 && (scope?.name ?? null) === null;
}

function isDuring({ from, to }: Hypothesis, second: number): boolean {
  return from <= second + 1 && second <= to + AFTER_SECONDS;
}

/** @param named also those that another explains, or that are not said */
function unexplained(
  signals: Signals,
  named: readonly Hypothesis[],
  accepted: readonly Hypothesis[],
): Hypothesis[] {
  const known = new Set<FailureSeries>(named.flatMap(({ symptoms }) => symptoms));
  const others = signals.failures
    .filter((one) => !known.has(one) && failureCause(one.kind) === "target")
    // What a connection that ends leaves unanswered follows from its end.
    .filter(({ kind }) => kind !== "unanswered" || known.size === 0)
    // Replies to several messages may overtake one another.
    .filter(({ kind }) => kind !== "reordered" || signals.isOrderPromised)
    .sort((a, b) => b.count - a.count);
  const [worst] = SORTS.map((sort) => {
    const left = others.filter(({ kind }) => sortOf(kind) === sort);
    return { sort, left, failed: countOf(left), tried: triedOf(signals, sort) };
  })
    .filter(({ failed, tried }) => failed >= Math.max(LEAST_UNKNOWN, LEAST_UNKNOWN_SHARE * tried))
    .sort((a, b) => b.failed / b.tried - a.failed / a.tried);
  if (worst === undefined) return [];
  const { sort, left, failed, tried } = worst;
  const [most] = left as [FailureSeries];
  const [from, to] = spanOf(left) as readonly [number, number];
  if (named.length > 0 && failed < countOf([...known])) return [];
  if (accepted.some((one) => isSlowAsAWhole(one) && isDuring(one, from))) return [];
  const code = most.code === null ? "" : ` ${most.code}`;
  const stage = stageOf(most.kind);
  return [
    {
      cause: "unknown",
      locus: stage === "dns" || stage === "tcp" ? "network" : "server",
      confidence: "possible",
      sentence: `${partOf(failed, Math.max(tried, failed))} of the ${sort} failed, and none of the known causes fits; most frequent: ${most.kind}${code}.`,
      evidence: [
        shownIn(
          `${count(most.count)} times ${most.kind}${code}: ${describeFailure(most.kind).doc}.`,
          from,
          to,
        ),
      ],
      against: [],
      nextProbe:
        "Look at the samples under Failures, and run the same load at half its size: what goes away with the load is a limit.",
      from,
      to,
      impact: failed,
      symptoms: left,
    },
  ];
}
