/**
 * The sections of summary.json that count connections and messages, for the whole run and per phase. Pure; used
 * by summary.ts. Invariant: counts are of the phases asked for, distributions of the phases that are judged.
 */
import { metricOf, namesOf, type SentName, sentNames } from "../../shared/scenario/names.ts";
import type { StrictReply } from "../../shared/scenario/strict.ts";
import type { Metric, NameCounter, PhaseCounter } from "../../shared/stats/counters.ts";
import { CONNECT_FAILURES, failureCause, stageOf } from "../../shared/stats/failure-kind.ts";
import { judgedHistogram, phasesThatCount, withInjected } from "../analysis/judged.ts";
import type { Validity } from "../analysis/validity.ts";
import { phaseSpans } from "../merge/facts.ts";
import { MAX_SAMPLES } from "../merge/failure-groups.ts";
import type { Counters } from "../merge/merge.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { quantilesOrNull, toMs } from "./quantiles.ts";
import type { Quantiles, Summary, SummaryFailure } from "./summary-schema.ts";

/** Failure groups shown; the rest is in one "other" group per kind. */
export const MAX_FAILURES_SHOWN = 200;

type Phases = ReadonlySet<number>;

export function connectionsSection(fold: RunFold, validity: Validity): Summary["connections"] {
  const { merge } = fold;
  const judged = phasesThatCount(fold);
  const counters = merge.counters();
  const measured = (metric: Metric) => distribution(fold, metric, { phases: judged });
  const failedByKind: Record<string, number> = {};
  for (const kind of CONNECT_FAILURES) {
    const count = merge.failures.byKind.get(kind);
    if (count !== undefined) failedByKind[kind] = count;
  }
  return {
    planned: fold.facts.plannedOpens,
    attempted: counters.attempted,
    established: counters.established,
    failed: counters.failed,
    failedByKind,
    closedByCause: Object.fromEntries([...merge.closes].sort(([a], [b]) => (a < b ? -1 : 1))),
    dropped: droppedOf(fold, counters),
    failedByStatus: Object.fromEntries(merge.agreed.codes("upgrade-status")),
    closedByCode: Object.fromEntries(merge.agreed.codes("close-code")),
    agreed: agreedOrNull(fold),
    lostWithWorker: validity.ledger.lostWithWorker,
    openAtEnd: Math.max(0, validity.ledger.openAtEnd),
    peak: merge.timeline.length > 0 ? merge.timeline.openGauge.peak() : null,
    reconnects: counters.reconnects,
    connectMs: measured("connect"),
    openLagMs: measured("openLag"),
    stages: {
      dnsMs: measured("dns"),
      tcpMs: measured("tcp"),
      tlsMs: measured("tls"),
      upgradeMs: measured("upgrade"),
    },
    lifetimeMs: quantilesOrNull(
      merge.series.total({ metric: "lifetime", phases: null, names: null }),
    ),
  };
}

/** Older versions did not record it. */
function agreedOrNull({ merge }: RunFold): Summary["connections"]["agreed"] {
  const { agreed } = merge.agreed;
  return agreed.length === 0 && merge.counters().established > 0 ? null : [...agreed];
}

export function messagesSection(fold: RunFold): Summary["messages"] {
  const judged = phasesThatCount(fold);
  const byName: Summary["messages"]["byName"] = {};
  for (const one of sentNames(fold.facts.scenario)) {
    byName[one.name] = {
      ...nameCounts(fold, one),
      ...stepCounts(fold, one),
      latencyMs: distribution(fold, metricOf(one), { phases: judged, names: one.positions }),
    };
  }
  return { ...messageCounts(fold, fold.merge.counters(), judged), byName };
}

export function phasesSection(fold: RunFold): Summary["phases"] {
  return phaseSpans(fold.facts.scenario).map((span) => {
    const phases = new Set([span.index]);
    const counters = fold.merge.counters(withInjected(fold, phases));
    return {
      phase: span.phase,
      excluded: span.excluded,
      from: toMs(span.fromUs),
      to: toMs(span.toUs),
      connections: {
        attempted: counters.attempted,
        established: counters.established,
        failed: counters.failed,
        closed: counters.closed,
        dropped: droppedOf(fold, counters),
        reconnects: counters.reconnects,
        connectMs: distribution(fold, "connect", { phases }),
      },
      messages: {
        ...messageCounts(fold, counters, phases),
        sendLagMs: distribution(fold, "sendLag", { phases }),
      },
    };
  });
}

export function failuresSection(fold: RunFold): SummaryFailure[] {
  return fold.merge.failures.top(MAX_FAILURES_SHOWN).map((failure) => ({
    kind: failure.kind,
    signature: failure.signature,
    count: failure.count,
    firstSeen: toMs(failure.firstUs),
    lastSeen: toMs(failure.lastUs),
    stage: stageOf(failure.kind),
    cause: failure.isInjected ? "injected" : failureCause(failure.kind),
    samples: failure.samples.slice(0, MAX_SAMPLES).map((sample) => ({
      connection: sample.connection,
      attempt: sample.attempt,
      atMs: toMs(sample.atUs),
      ageMs: toMs(sample.ageUs),
      detail: sample.detail,
    })),
  }));
}

/** null where it is not known, or where no reply is expected. */
export function nameCounts(
  { merge }: RunFold,
  { positions, isAwaited, isRejectable }: Omit<SentName, "name" | "kind">,
) {
  const counters = merge.names.sum(positions);
  const of = (counter: NameCounter) =>
    isAwaited && merge.names.has(counter) ? counters[counter] : null;
  return {
    sent: counters.sent - counters.discarded,
    expected: merge.names.has("expected") ? counters.expected : null,
    matched: of("matched"),
    rejected: isRejectable ? of("rejected") : null,
    timedOut: of("timedOut"),
    unanswered: of("unanswered"),
    corruptReplies: of("corruptReplies"),
    late: of("late"),
  };
}

/** Of a step of a flow. */
function stepCounts({ merge }: RunFold, { kind, positions }: SentName) {
  if (kind !== "step" && kind !== "wait") return {};
  const { started, completed, failed, abandoned, arrived } = merge.names.sum(positions);
  const steps = { started, completed, failed, abandoned };
  return kind === "wait" ? { ...steps, arrived } : steps;
}

function canReject(reply: StrictReply | undefined): boolean {
  return reply !== undefined && reply.match !== "none" && reply.fail !== null;
}

function droppedOf({ merge }: RunFold, { dropped }: Counters): number | null {
  return merge.phases.has("dropped") ? dropped : null;
}

/** The counts and distributions a run and a phase have in common; null for what was not measured. */
function messageCounts(fold: RunFold, counters: Counters, phases: Phases) {
  const { scenario } = fold.facts;
  const { integrity, incoming } = scenario;
  const rejects = namesOf(scenario).some(({ reply }) => canReject(reply));
  const ifCounted = (counter: PhaseCounter, isMeasured: boolean) =>
    isMeasured && fold.merge.phases.has(counter) ? counters[counter] : null;
  const replies = namesOf(scenario).some(({ reply }) => reply.match !== "none");
  const ifReplies = (value: number) => (replies ? value : null);
  // What the stamps of echo correlation catch by the way is shown; that nothing was caught proves nothing.
  const { stamp, order, isolation } = integrity;
  const ifAudited = (isAudited: boolean, value: number) => (isAudited || value > 0 ? value : null);
  const isOrdered = stamp || order !== null;
  const isIsolated = stamp || isolation.canary || isolation.owner !== null;
  return {
    planned: counters.planned,
    // What never left this process was not sent; its slots stay told as discarded.
    sent: counters.sent - counters.discarded,
    discarded: fold.merge.phases.has("discarded") ? counters.discarded : null,
    skipped: counters.skippedNotOpen + counters.skippedBehind + counters.skippedBackpressure,
    skippedBy: {
      notOpen: counters.skippedNotOpen,
      behind: counters.skippedBehind,
      backpressure: counters.skippedBackpressure,
    },
    received: counters.received,
    parts: ifCounted("parts", incoming.split !== "none"),
    expected: counters.expected,
    matched: ifReplies(counters.matched),
    rejected: ifCounted("rejected", rejects),
    timedOut: ifReplies(counters.timedOut),
    unanswered: ifReplies(counters.unanswered),
    late: ifReplies(counters.late),
    ambiguous: ifCounted("ambiguous", replies),
    unsolicited: counters.unsolicited,
    recognised: ifCounted("recognised", true),
    lost: replies || order !== null ? counters.lost : null,
    duplicated: ifAudited(isOrdered, counters.duplicated),
    reordered: ifAudited(isOrdered, counters.reordered),
    corrupt: ifAudited(stamp, counters.corrupt),
    leaked: ifAudited(isIsolated, counters.leaked),
    bytesSent: counters.bytesSent,
    bytesReceived: counters.bytesReceived,
    latencyMs: distribution(fold, "latency", { phases }),
    serviceMs: distribution(fold, "service", { phases }),
  };
}

export function distribution(
  fold: RunFold,
  metric: Metric,
  of: { readonly phases: Phases; readonly names?: readonly number[] },
): Quantiles | null {
  const names = of.names === undefined ? null : new Set(of.names);
  return quantilesOrNull(judgedHistogram(fold, { metric, phases: of.phases, names }));
}
