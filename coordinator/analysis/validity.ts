/**
 * May this run's numbers be trusted? Applies the gates to the generator's own health and asks the ledger and
 * the frames whether anything is missing. Pure; called for the summary and, in part, for the live view.
 * Invariant: every reason is a plain sentence with its numbers, and names the generator where it is to
 * blame, so that nobody takes a starved generator for a slow server.
 */
import type { MergedHistogram } from "../../shared/stats/histogram.ts";
import { phaseAt, phaseSpans } from "../merge/facts.ts";
import { balance, type Ledger } from "../merge/ledger.ts";
import type { RunFold } from "../merge/run-fold.ts";
import type { WorkerRecord } from "../merge/worker/worker-record.ts";
import { attributionNotes } from "./attribution.ts";
import { compressionNotes } from "./compression.ts";
import { ownFailures } from "./failures.ts";
import { brokenGates, GATES, maskedAllowed } from "./gates.ts";
import { resultWarnings } from "./implied.ts";
import { type LagGate, openLagGate, sendLagGate } from "./lag-gates.ts";
import { lossNotes, lossReasons } from "./losses.ts";
import { judgeThresholds } from "./thresholds.ts";

export interface Validity {
  readonly valid: boolean;
  readonly reasons: readonly string[];
  /** What else a reader should know: warnings first, lost workers others stood in for, what the run did about it. */
  readonly notes: readonly string[];
  /** Of the notes: the run got little of what it wanted. */
  readonly warnings: readonly string[];
  /** Those of the reasons that are the generator's own doing. */
  readonly saturation: readonly string[];
  /** Of the phases and seconds that count; null without values. */
  readonly sendLag: MergedHistogram | null;
  /** sent / planned; null when nothing was planned. */
  readonly deliveredShare: number | null;
  /** Seconds that phases count and thresholds should not: generator saturated, or disturbed. */
  readonly maskedSeconds: number;
  readonly disturbedSeconds: number;
  readonly ledger: Ledger;
  readonly framesMissing: number;
}

/** Seconds in which one of the worker's engines broke a gate by its own health. */
export function saturatedSeconds(worker: WorkerRecord): number {
  return worker.saturated.count;
}

export function judgeValidity(fold: RunFold): Validity {
  const ledger = balance(fold.merge);
  const sendLag = sendLagGate(fold);
  const masked = maskedIn(fold);
  const warnings = resultWarnings(fold);
  const counters = fold.merge.counters();
  const saturation = [
    ...maskedReason(fold, masked),
    ...untrustedReason(fold),
    ...sendLagReason(sendLag),
    ...openLagReason(openLagGate(fold)),
    ...behindReason(counters),
    ...neverOpenedReason(fold),
    ...ownFailureReasons(fold),
  ];
  const problem = fold.problem ? [fold.problem.message] : [];
  // Of a run that never began there is one thing to say.
  const reasons = !fold.began
    ? [problem[0] ?? neverBegan(fold)]
    : [
        ...incompleteReason(fold),
        ...problem,
        ...lossReasons(fold),
        ...framesReason(fold),
        ...ledgerReason(ledger),
        ...saturation,
      ];
  return {
    valid: reasons.length === 0,
    reasons,
    saturation: fold.began ? saturation : [],
    sendLag: sendLag.lag,
    deliveredShare: counters.planned > 0 ? Math.min(1, counters.sent / counters.planned) : null,
    notes: [
      ...warnings,
      ...(fold.began ? lossNotes(fold) : []),
      ...attributionNotes(fold),
      ...compressionNotes(fold),
      ...fold.notes,
    ],
    warnings,
    maskedSeconds: masked.seconds + masked.disturbed,
    disturbedSeconds: masked.disturbed,
    ledger,
    framesMissing: fold.framesMissing,
  };
}

export interface Masked {
  readonly seconds: number;
  /** Masked for another reason than the generator's health, and not looked at for it. */
  readonly disturbed: number;
  readonly judged: number;
  readonly byGate: Readonly<Record<"sendLag" | "loopLag" | "utilisation", number>>;
  readonly worst: { sendLagP99Us: number; loopLagMaxUs: number; utilisation: number };
}

/** Looks at every second that begins in a phase that counts; the drain does not. */
export function maskedIn(fold: RunFold): Masked {
  const spans = phaseSpans(fold.facts.scenario);
  const byGate = { sendLag: 0, loopLag: 0, utilisation: 0 };
  const worst = { sendLagP99Us: 0, loopLagMaxUs: 0, utilisation: 0 };
  let seconds = 0;
  let judged = 0;
  let disturbed = 0;
  for (const row of fold.merge.timeline.rows()) {
    const atUs = row.second * 1_000_000;
    if (atUs >= fold.facts.durationUs || phaseAt(spans, atUs)?.excluded !== false) continue;
    if (fold.disturbances.touches(row.second)) {
      disturbed++;
      continue;
    }
    judged++;
    const broken = brokenGates(row);
    if (broken.length === 0) continue;
    seconds++;
    for (const gate of broken) byGate[gate]++;
    worst.sendLagP99Us = Math.max(worst.sendLagP99Us, row.sendLagUs?.p99 ?? 0);
    worst.loopLagMaxUs = Math.max(worst.loopLagMaxUs, row.loopLagMaxUs ?? 0);
    worst.utilisation = Math.max(worst.utilisation, row.utilisation ?? 0);
  }
  return { seconds, disturbed, judged, byGate, worst };
}

function maskedReason(fold: RunFold, masked: Masked): string[] {
  const allowed = maskedAllowed(masked.judged);
  if (masked.seconds <= allowed) return [];
  const { byGate, worst } = masked;
  const what: string[] = [];
  if (byGate.loopLag > 0) {
    what.push(
      `an engine stood still for up to ${ms(worst.loopLagMaxUs)} (limit ${ms(GATES.loopLagMaxUs)})`,
    );
  }
  if (byGate.utilisation > 0) {
    what.push(
      `an engine was ${percent(worst.utilisation)} busy (limit ${percent(GATES.utilisation)})`,
    );
  }
  if (byGate.sendLag > 0) {
    what.push(
      `messages left up to ${ms(worst.sendLagP99Us)} late at p99 (limit ${ms(GATES.secondSendLagP99Us)})`,
    );
  }
  const workers = [...fold.merge.workers.values()]
    .filter((worker) => saturatedSeconds(worker) > 0)
    .sort((a, b) => a.epoch - b.epoch)
    .slice(0, 5)
    .map((worker) => worker.id);
  const where = workers.length > 0 ? ` on ${workers.join(", ")}` : "";
  return [
    `The load generator was saturated${where} in ${masked.seconds} of ${masked.judged} seconds ` +
      `(${Math.floor(allowed)} allowed): ${what.join("; ")}.`,
  ];
}

function sendLagReason(gate: LagGate): string[] {
  if (gate.outcome !== "failed" || gate.p99Us === null) return [];
  const beside = gate.besideUs === null ? "" : `, beside a latency p99 of ${ms(gate.besideUs)}`;
  return [
    `The load generator sent messages late: send lag p99 was ${ms(gate.p99Us)} over the run ` +
      `(limit ${ms(gate.limitUs)})${beside}.`,
  ];
}

function openLagReason(gate: LagGate): string[] {
  if (gate.outcome !== "failed" || gate.p99Us === null) return [];
  const beside = gate.besideUs === null ? "" : `, beside a connect p99 of ${ms(gate.besideUs)}`;
  return [
    `The load generator opened connections late: open lag p99 was ${ms(gate.p99Us)} over the run ` +
      `(limit ${ms(gate.limitUs)})${beside}.`,
  ];
}

/** Nobody can say whether such a rule holds, and it is not the target's fault. */
function untrustedReason(fold: RunFold): string[] {
  const untrusted = judgeThresholds(fold).filter((result) => result.untrusted);
  return untrusted.slice(0, 1).map(({ threshold, reason }) => {
    const more = untrusted.length > 1 ? ` (and ${untrusted.length - 1} more)` : "";
    return `The rule ${threshold.metric} ${threshold.rule}${more} cannot be judged: ${reason}.`;
  });
}

function neverBegan(fold: RunFold): string {
  if (fold.end) return `It was ended before it began: ${fold.end.reason}.`;
  return `Its process ended in state "${fold.state}", before it began.`;
}

function behindReason(counters: {
  readonly planned: number;
  readonly skippedBehind: number;
}): string[] {
  const { planned, skippedBehind } = counters;
  if (planned === 0 || skippedBehind / planned <= GATES.skippedShare) return [];
  return [
    `The load generator was too far behind to send ${skippedBehind} of ${planned} planned messages ` +
      `(${percent(skippedBehind / planned)}, limit ${percent(GATES.skippedShare)}).`,
  ];
}

/** Opens the plan wanted that nobody attempted, in a run that went to its plan's end. */
function neverOpenedReason(fold: RunFold): string[] {
  if (fold.end !== null || fold.state !== "done") return [];
  const planned = fold.facts.plannedOpens;
  const { attempted, reconnects } = fold.merge.counters();
  const never = planned - fold.excusedOpens - (attempted - reconnects);
  if (planned === 0 || never / planned <= GATES.skippedShare) return [];
  return [
    `The load generator never attempted ${never} of ${planned} planned connections ` +
      `(${percent(never / planned)}, limit ${percent(GATES.skippedShare)}).`,
  ];
}

/** What our side could not do says nothing of the target. */
function ownFailureReasons(fold: RunFold): string[] {
  return ownFailures(fold.merge).map(([kind, count]) => {
    switch (kind) {
      case "scenario-value":
        return `The scenario itself failed ${count} attempts to connect: a value in them cannot be sent (${kind}).`;
      case "memory-limit":
        return `The load generator itself ended ${count} connections: messages that were not complete took more memory than an engine gives them (${kind}).`;
      case "unknown-open":
        return `${count} failures are of kinds that only the workers' version of Onrush knows (${kind}).`;
      default:
        return `The load generator itself failed ${count} attempts to connect (${kind}).`;
    }
  });
}

function incompleteReason(fold: RunFold): string[] {
  if (fold.complete) return [];
  return [
    `The run is incomplete: its process ended in state "${fold.state}"; what was recorded until then is shown.`,
  ];
}

function framesReason(fold: RunFold): string[] {
  const missing = fold.framesMissing;
  if (missing === 0) return [];
  return [`${missing} frames of results are missing or could not be read.`];
}

function ledgerReason(ledger: Ledger): string[] {
  if (ledger.balanced) return [];
  const all = Object.entries(ledger.differences);
  const named = all.slice(0, 3).map(([law, difference]) => `${law} is off by ${difference}`);
  const more = all.length > 3 ? `; and ${all.length - 3} more` : "";
  return [`The ledger does not balance: ${named.join("; ")}${more}.`];
}

function ms(us: number): string {
  return `${Number((us / 1000).toPrecision(3))} ms`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
