/**
 * How late the generator was over the whole run: with its messages, and with its attempts to connect. Pure.
 * Invariant: of the seconds and phases that count (judged.ts); with too few values nothing is judged, and that is said.
 */
import type { Metric } from "../../../shared/stats/counters.ts";
import { type Answer, atMost, type Check } from "../check.ts";
import { GATES } from "../gates.ts";
import { judgedHistogram, phasesThatCount } from "../judged.ts";
import { count, ms, percent } from "../text.ts";

interface Lag {
  readonly metric: Metric;
  /** The time it lies in, or beside. */
  readonly beside: Metric;
  readonly measure: string;
  readonly late: string;
  readonly noun: string;
  readonly p99Us: number;
  readonly share: number;
  readonly needed: number;
}

function lagCheck(lag: Lag, meta: Pick<Check["meta"], "id" | "question" | "precedence">): Check {
  const limit = `${lag.measure} at most ${ms(lag.p99Us)}, or ${percent(lag.share)} of the ${lag.beside} p99 if that is more`;
  const what = `${lag.noun === "messages" ? "messages left" : "connections started"} when they were meant to`;
  const doc = [what, limit, `from ${count(lag.needed)} ${lag.noun} on`] as const;
  return {
    meta: { ...meta, kind: "validity", doc, isLive: true },
    judge: ({ fold }) =>
      judgeLag(lag, (metric) =>
        judgedHistogram(fold, { metric, phases: phasesThatCount(fold), names: null }),
      ),
  };
}

function judgeLag(
  { metric, beside, measure, late, noun, p99Us, share, needed }: Lag,
  of: (metric: Metric) => ReturnType<typeof judgedHistogram>,
): Answer {
  const lag = of(metric);
  const lagUs = lag?.quantile(0.99) ?? null;
  const besideUs = of(beside)?.quantile(0.99) ?? null;
  const limitUs = Math.max(p99Us, share * (besideUs ?? 0));
  const observed = { measure, unit: "ms", value: lagUs === null ? null : lagUs / 1000 } as const;
  const context = besideUs === null ? "" : `, beside a ${beside} p99 of ${ms(besideUs)}`;
  const values = lag?.count ?? 0;
  const open =
    lagUs === null || values < needed
      ? `${count(values)} of ${count(needed)} ${noun} needed`
      : null;
  return atMost(observed, {
    limit: limitUs / 1000,
    open,
    sentence: `The load generator ${late}: ${measure} was ${ms(lagUs ?? 0)} over the run (limit ${ms(limitUs)})${context}.`,
  });
}

/** sent - intended, beside the latency it is a part of. */
export const sendLag = lagCheck(
  {
    metric: "sendLag",
    beside: "latency",
    measure: "send lag p99",
    late: "sent messages late",
    noun: "messages",
    p99Us: GATES.runSendLagP99Us,
    share: GATES.runSendLagShare,
    needed: GATES.runSendLagMinCount,
  },
  {
    id: "generator/send-lag",
    question: "Did messages leave when they were meant to?",
    precedence: 10,
  },
);

/** Start of an attempt - its intended time, beside the time it took to connect. */
export const openLag = lagCheck(
  {
    metric: "openLag",
    beside: "connect",
    measure: "open lag p99",
    late: "opened connections late",
    noun: "attempts",
    p99Us: GATES.runOpenLagP99Us,
    share: GATES.runOpenLagShare,
    needed: GATES.runOpenLagMinCount,
  },
  {
    id: "generator/open-lag",
    question: "Did connections start when they were meant to?",
    precedence: 11,
  },
);
