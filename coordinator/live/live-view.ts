/**
 * What a run looks like right now, from its fold. Pure; called by watch.ts once a second. Invariant: shows only
 * seconds that all engines have reported (a laggard holds them back for a while), so curves do not dip at
 * their right end.
 */
import { sentNames } from "../../shared/scenario/names.ts";
import type { RunState } from "../../shared/wire/command.ts";
import { brokenGates } from "../analysis/gates.ts";
import { type Judgement, sentencesOf } from "../analysis/judgement.ts";
import { clockErrorOf, type Listen, listensOf, whyWithheld } from "../analysis/push.ts";
import { phaseAt, phaseSpans } from "../merge/facts.ts";
import type { RunFold } from "../merge/run-fold.ts";
import type { HistogramSelection } from "../merge/series/histogram-set.ts";
import { quantilesOf } from "../merge/series/series.ts";
import type { LiveView } from "./view.ts";

/** Seconds the shown latency is taken from. */
const LATENCY_SECONDS = 5;
const FAILURES_SHOWN = 10;
const PUSHES_SHOWN = 5;
const ROLES_SHOWN = 10;
const STEPS_SHOWN = 5;

export interface LiveSituation {
  readonly state: RunState;
  /** Microseconds of run time; null before the start is known. */
  readonly elapsedUs: number | null;
  /** As judgeLive() gives them. */
  readonly judgements: readonly Judgement[];
}

export function liveView(fold: RunFold, situation: LiveSituation): LiveView {
  const { facts, merge } = fold;
  const counters = merge.counters();
  const last = fold.closedThrough();
  const row = merge.timeline.row(last);
  const elapsedUs = situation.elapsedUs ?? 0;
  return {
    run: facts.run,
    name: facts.scenario.name,
    state: situation.state,
    elapsedUs,
    durationUs: facts.durationUs,
    phase: phaseOf(fold, elapsedUs),
    workers: [...merge.workers.values()].filter(({ end }) => end !== "lost").length,
    plannedOpen: facts.plannedOpen[last] ?? 0,
    open: row?.open ?? 0,
    connections: {
      attempted: counters.attempted,
      established: counters.established,
      failed: counters.failed,
    },
    messages: {
      sent: counters.sent,
      matched: counters.matched,
      timedOut: counters.timedOut,
      received: counters.received,
      skipped: counters.skippedNotOpen + counters.skippedBehind + counters.skippedBackpressure,
    },
    rates: {
      opensPerSec: row?.opened ?? 0,
      sentPerSec: row?.sent ?? 0,
      receivedPerSec: row?.received ?? 0,
    },
    latencyUs: recentLatency(fold, last),
    push: listensOf(fold)
      .slice(0, PUSHES_SHOWN)
      .map((one) => recentPush(fold, one, last)),
    roles: rolesNow(fold),
    steps: failingSteps(fold),
    failures: merge.failures.top(FAILURES_SHOWN).map(({ kind, signature, count }) => ({
      kind,
      signature,
      count,
    })),
    generator: {
      sendLagP99Us: row?.sendLagUs?.p99 ?? null,
      loopLagMaxUs: row?.loopLagMaxUs ?? 0,
      utilisation: row?.utilisation ?? 0,
      saturated: row !== null && brokenGates(row).length > 0,
      reasons: sentencesOf(situation.judgements.filter(({ kind }) => kind === "validity")),
    },
    thresholds: situation.judgements.flatMap(thresholdRow),
    ...checkpointsNow(fold),
  };
}

/** Nothing for a run without checkpoints. */
function checkpointsNow({ facts, beside }: RunFold): Pick<LiveView, "checkpoints"> {
  const { checkpoints } = facts.scenario;
  if (checkpoints === undefined) return {};
  return {
    checkpoints: checkpoints.map(({ name }, at) => {
      const atUs = beside.checkpoints.get(at)?.atUs ?? null;
      return { name, at: atUs === null ? null : atUs / 1e6 };
    }),
  };
}

function thresholdRow({ rule, observed, outcome }: Judgement): LiveView["thresholds"][number][] {
  const { value } = observed;
  if (rule === null || typeof value === "string") return [];
  const passed = value === null ? null : outcome === "pass";
  return [{ metric: rule.metric, rule: rule.rule, observed: value, passed }];
}

function phaseOf(fold: RunFold, elapsedUs: number): LiveView["phase"] {
  const spans = phaseSpans(fold.facts.scenario);
  const span = phaseAt(spans, elapsedUs);
  return span === null ? null : { name: span.phase, index: span.index, count: spans.length };
}

function recentPush(fold: RunFold, one: Listen, last: number): LiveView["push"][number] {
  const { listen, positions } = one;
  const recent = recentOf(fold, { metric: "push", phases: null, names: new Set(positions) }, last);
  const isWithheld = recent === null || whyWithheld(recent, clockErrorOf(fold, listen)) !== null;
  const latencyUs = isWithheld ? null : { p50: recent.quantile(0.5), p99: recent.quantile(0.99) };
  return { name: listen.name, received: fold.merge.names.sum(positions).arrived, latencyUs };
}

/** Nothing for a run without roles. */
function rolesNow({ merge, facts }: RunFold): LiveView["roles"] {
  return facts.scenario.roles.slice(0, ROLES_SHOWN).map(({ name }, role) => {
    const of = merge.roleCount === 1 ? merge.counters() : merge.roles.sum(role);
    return { name, open: Math.max(0, of.established - of.closed), failed: of.failed };
  });
}

function failingSteps({ merge, facts }: RunFold): LiveView["steps"] {
  return sentNames(facts.scenario)
    .filter(({ kind }) => kind === "step" || kind === "wait")
    .map(({ name, positions }) => {
      const { started, failed } = merge.names.sum(positions);
      return { name, started, failed };
    })
    .filter(({ failed }) => failed > 0)
    .sort((one, other) => other.failed - one.failed)
    .slice(0, STEPS_SHOWN);
}

function recentLatency(fold: RunFold, last: number): LiveView["latencyUs"] {
  const recent = recentOf(fold, { metric: "latency", phases: null, names: null }, last);
  if (!recent) return null;
  const { p50, p90, p99, max } = quantilesOf(recent);
  return { p50, p90, p99, max };
}

function recentOf({ merge }: RunFold, selection: HistogramSelection, last: number) {
  return merge.series.histogram(selection, { from: last - LATENCY_SECONDS + 1, to: last + 1 });
}
