/**
 * The gates on how late the generator was over the whole run: with its messages, and with its attempts to connect. Pure;
 * called by validity.ts and, for the same figures in a table, by report/model-validity.ts.
 * Invariant: of the seconds and phases that count (judged.ts); with too few values nothing is judged, and that is said.
 */
import type { Metric } from "../../shared/stats/counters.ts";
import type { MergedHistogram } from "../../shared/stats/histogram.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { GATES } from "./gates.ts";
import { judgedHistogram, phasesThatCount } from "./judged.ts";

export interface LagGate {
  /** null: no value counts. */
  readonly lag: MergedHistogram | null;
  readonly p99Us: number | null;
  readonly limitUs: number;
  /** 99th percentile of the times it lies in, or beside; null without any. */
  readonly besideUs: number | null;
  readonly count: number;
  readonly needed: number;
  readonly outcome: "passed" | "failed" | "not judged";
}

/** sent - intended, beside the latency it is a part of. */
export function sendLagGate(fold: RunFold): LagGate {
  const { runSendLagP99Us, runSendLagShare, runSendLagMinCount } = GATES;
  const limits = { p99Us: runSendLagP99Us, share: runSendLagShare, needed: runSendLagMinCount };
  return lagGate(fold, { lag: "sendLag", beside: "latency" }, limits);
}

/** Start of an attempt - its intended time, beside the time it took to connect. */
export function openLagGate(fold: RunFold): LagGate {
  const { runOpenLagP99Us, runOpenLagShare, runOpenLagMinCount } = GATES;
  const limits = { p99Us: runOpenLagP99Us, share: runOpenLagShare, needed: runOpenLagMinCount };
  return lagGate(fold, { lag: "openLag", beside: "connect" }, limits);
}

function lagGate(
  fold: RunFold,
  metrics: { readonly lag: Metric; readonly beside: Metric },
  limits: { readonly p99Us: number; readonly share: number; readonly needed: number },
): LagGate {
  const phases = phasesThatCount(fold);
  const of = (metric: Metric) => judgedHistogram(fold, { metric, phases, name: null });
  const lag = of(metrics.lag);
  const besideUs = of(metrics.beside)?.quantile(0.99) ?? null;
  const limitUs = Math.max(limits.p99Us, limits.share * (besideUs ?? 0));
  const p99Us = lag?.quantile(0.99) ?? null;
  const count = lag?.count ?? 0;
  const isJudged = p99Us !== null && count >= limits.needed;
  const outcome = !isJudged ? "not judged" : p99Us <= limitUs ? "passed" : "failed";
  return { lag, p99Us, limitUs, besideUs, count, needed: limits.needed, outcome };
}
