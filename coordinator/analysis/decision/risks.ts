/**
 * What a run did not try, so that nobody takes it for tried. A new risk is a row of RISKS. Pure; called by decision.ts. Invariant: each is a
 * fact of the plan or of what was counted, in one sentence; none is a guess about the target.
 */
import { isOnLoopback } from "../../../shared/net/target-url.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import { count } from "../text.ts";
import type { Validity } from "../validity.ts";

export interface Risk {
  /** Of the row; docs/reports.md has all. */
  readonly id: string;
  /** What was not tried, and what therefore is not known. */
  readonly sentence: string;
}

interface DecidedRun {
  readonly fold: RunFold;
  readonly validity: Validity;
}

/** A leak, a timer or a rotation with a longer period does not show. */
const SHORT_SECONDS = 1800;

/** null: it was tried. */
const RISKS: Readonly<Record<string, (run: DecidedRun) => string | null>> = {
  "more-connections": ({ fold }) => {
    const peak = fold.merge.timeline.openGauge.peak();
    return `Never more than ${count(peak)} connections were open at once.`;
  },
  "no-search": ({ fold: { facts } }) =>
    facts.scenario.phases.some(({ ramp }) => ramp === "find-limit")
      ? null
      : "The limit was not searched for (find-limit): how much room is left is not known.",
  "no-faults": ({ fold: { facts } }) =>
    facts.scenario.faults.length + facts.scenario.outside.length > 0
      ? null
      : "No fault was injected: what the service does when networks, clients or hosts fail is not known.",
  "no-reconnects": ({ fold: { merge } }) =>
    merge.counters().reconnects > 0
      ? null
      : "No connection was lost and opened again: a storm of reconnects was not tried.",
  short: ({ fold: { facts } }) => {
    const seconds = Math.round(facts.durationUs / 1_000_000);
    return seconds >= SHORT_SECONDS
      ? null
      : `The plan took ${count(seconds)} s: leaks, and what comes less often than that, do not show (30 min would be a start).`;
  },
  "one-target": ({ fold: { facts } }) =>
    facts.scenario.targets.length > 1 ? null : "All load went to one address.",
  "local-target": ({ fold: { facts } }) =>
    isOnLoopback(facts.scenario)
      ? "The target was on the generator's machine: no network lay between, and both shared the processor."
      : null,
  "no-tls": ({ fold: { facts } }) =>
    facts.scenario.targets.some(({ url }) => /^wss:/i.test(url))
      ? null
      : "Without TLS: what handshakes and encryption cost is not in these figures.",
  "one-host": ({ fold: { merge } }) => {
    const hosts = new Set([...merge.workers.values()].map(({ host }) => host));
    return hosts.size > 1
      ? null
      : "All connections came from one host: one address, one way there.";
  },
  "generator-near-limit": ({ validity: { maskedSeconds } }) =>
    maskedSeconds === 0
      ? null
      : `In ${count(maskedSeconds)} s the generator was at its limit, or a worker was lost; they do not count.`,
  "no-latency-limit": ({ fold: { facts } }) =>
    facts.scenario.thresholds.some(({ unit }) => unit === "us")
      ? null
      : "No threshold is on a time: a slow service would have passed.",
};

export function risksOf(run: DecidedRun): Risk[] {
  return Object.entries(RISKS).flatMap(([id, about]) => {
    const sentence = about(run);
    return sentence === null ? [] : [{ id, sentence }];
  });
}
