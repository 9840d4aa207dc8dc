/**
 * The metrics of runs, by name: what each is called, what it means and where it comes from. Called by metrics-endpoint.ts
 * for the run of a command, and by metrics.ts for those of a coordinator. Pure. Invariant: one family a name; base units; labels are
 * ids and names of the run's own making (run, state, phase, message, kind, cause, reason, stage), never text of a target.
 */

import type { Family, Labels, Sample } from "../../../shared/exposition.ts";
import type { Metric, PhaseCounter } from "../../../shared/stats/counters.ts";
import { CLOSE_CAUSES } from "../../../shared/stats/failure-kind.ts";
import { VERSION } from "../../../shared/version.ts";
import {
  type PhaseMeasures,
  type RunMeasures,
  TIME_BOUNDS_US,
  type TimeMeasures,
} from "../../live/measures.ts";

const SECOND_US = 1_000_000;

type Named = readonly [name: string, help: string];

/** null: not known yet, and then left out. */
const GAUGES: readonly (readonly [...Named, (measures: RunMeasures) => number | null])[] = [
  ["connections_open", "Connections open", ({ view }) => view.open],
  ["connections_planned", "Connections planned to be open", ({ view }) => view.plannedOpen],
  ["elapsed_seconds", "Run time", ({ view }) => view.elapsedUs / SECOND_US],
  ["duration_seconds", "Run time of the plan", ({ view }) => view.durationUs / SECOND_US],
  [
    "reported_seconds",
    "Seconds of run time that all engines have reported",
    ({ reportedSeconds }) => reportedSeconds,
  ],
  ["workers", "Workers that have a part in it", ({ view }) => view.workers],
  [
    "generator_saturated",
    "1 while the generator is at its limit",
    ({ view }) => Number(view.generator.saturated),
  ],
  [
    "generator_utilisation_ratio",
    "Share of its time the busiest engine was busy, in the last second",
    ({ view }) => view.generator.utilisation,
  ],
  [
    "generator_send_lag_p99_seconds",
    "99th percentile of sent - intended, in the last second",
    ({ view }) => seconds(view.generator.sendLagP99Us),
  ],
  [
    "generator_loop_lag_max_seconds",
    "Longest time an engine stood still, in the last second",
    ({ view }) => seconds(view.generator.loopLagMaxUs),
  ],
];

/** By phase: docs/metrics.md says which. `per`: counted in parts of the unit that is told. */
const COUNTERS: readonly (readonly [...Named, PhaseCounter, per?: number])[] = [
  ["connections_attempted_total", "Attempts to connect, reconnects included", "attempted"],
  ["connections_established_total", "Connections established", "established"],
  ["connections_failed_total", "Attempts to connect that failed", "failed"],
  [
    "connections_dropped_total",
    "Connections that ended otherwise than by plan or by us, by phase of their end",
    "dropped",
  ],
  ["reconnects_total", "Attempts that were not a connection's first", "reconnects"],
  ["connections_up_seconds_total", "Time users were served, of all together", "upMs", 1000],
  ["connections_down_seconds_total", "Time users were not served", "downMs", 1000],
  ["messages_planned_total", "Messages that fell due", "planned"],
  ["messages_sent_total", "Messages sent", "sent"],
  ["messages_expected_total", "Messages sent that expect a reply", "expected"],
  ["messages_matched_total", "Messages whose reply came in time", "matched"],
  ["messages_rejected_total", "Messages whose reply said that they failed", "rejected"],
  ["messages_timed_out_total", "Messages without a reply in time", "timedOut"],
  ["messages_corrupt_replies_total", "Messages whose reply came altered", "corruptReplies"],
  [
    "messages_discarded_total",
    "Messages sent whose bytes had not left this host when their connection ended",
    "discarded",
  ],
  ["messages_unanswered_total", "Messages whose connection went before a reply", "unanswered"],
  [
    "messages_skipped_by_hooks_total",
    "Messages skipped because hooks had not made them, part of those skipped as behind",
    "skippedByHooks",
  ],
  ["messages_received_total", "Messages received, of any kind", "received"],
  ["messages_parts_total", "Messages inside received ones, beyond the first of each", "parts"],
  ["messages_late_total", "Replies that came too late", "late"],
  [
    "messages_ambiguous_total",
    "Of the late: replies that could also have answered a newer message",
    "ambiguous",
  ],
  ["messages_unsolicited_total", "Messages nobody waited for", "unsolicited"],
  [
    "messages_recognised_total",
    "Messages that are no last reply, and that the scenario is about all the same",
    "recognised",
  ],
  [
    "messages_lost_total",
    "Messages without a reply until their connection ended, not by us",
    "lost",
  ],
  ["messages_duplicated_total", "Messages that came more than once", "duplicated"],
  ["messages_reordered_total", "Messages that came out of order", "reordered"],
  ["messages_corrupt_total", "Messages that came altered", "corrupt"],
  ["messages_leaked_total", "Messages meant for others", "leaked"],
  ["messages_audited_total", "Numbered messages that were judged by their number", "audited"],
  ["messages_unaudited_total", "Numbered messages there was no room to judge", "unaudited"],
  ["messages_missing_total", "Of the lost: told by gaps in numbers", "missing"],
  ["messages_repeated_total", "Of those that came more than once: told by numbers", "repeated"],
  [
    "messages_missed_away_total",
    "Numbered messages sent while a connection was away",
    "missedAway",
  ],
  ["messages_replayed_total", "Messages that came before and after a reconnect", "replayed"],
  ["numberings_restarted_total", "Senders that began to number anew", "restarted"],
  ["messages_owned_total", "Messages that said whose they are", "owned"],
  ["messages_searched_total", "Messages searched for marks of other users", "searched"],
  ["connections_heard_own_total", "Connections that got their own mark back", "heardOwn"],
  ["sent_bytes_total", "Payload bytes sent", "bytesSent"],
  ["received_bytes_total", "Payload bytes received", "bytesReceived"],
  ["pings_total", "Heartbeat pings sent", "pings"],
  ["pongs_total", "Heartbeat pongs received", "pongs"],
];

const SKIPPED: readonly (readonly [reason: string, counter: PhaseCounter])[] = [
  ["not-open", "skippedNotOpen"],
  ["behind", "skippedBehind"],
  ["backpressure", "skippedBackpressure"],
];

const MIX = [
  ["mix_sent_total", "Messages sent, by message", "sent"],
  ["mix_expected_total", "Messages sent that expect a reply, by message", "expected"],
  ["mix_matched_total", "Messages whose reply came in time, by message", "matched"],
  ["mix_rejected_total", "Messages whose reply said that they failed, by message", "rejected"],
  ["mix_timed_out_total", "Messages without a reply in time, by message", "timedOut"],
  [
    "mix_unanswered_total",
    "Messages whose connection went before a reply, by message",
    "unanswered",
  ],
] as const;

const HISTOGRAMS: readonly (readonly [...Named, readonly Metric[]])[] = [
  ["corrected_latency_seconds", "done - intended", ["latency"]],
  ["service_time_seconds", "done - sent", ["service"]],
  ["send_lag_seconds", "sent - intended: the generator's share of latency", ["sendLag"]],
  ["connect_seconds", "established - start of the attempt", ["connect"]],
  ["connect_stage_seconds", "Parts of connecting", ["dns", "tcp", "tls", "upgrade"]],
  ["open_lag_seconds", "Start of an attempt - intended: the generator's own lateness", ["openLag"]],
  ["hook_seconds", "Calls of the scenario's hooks, in their thread", ["hook"]],
  ["ping_seconds", "Heartbeat ping to pong", ["ping"]],
  ["connection_lifetime_seconds", "closed - established", ["lifetime"]],
  ["generator_loop_lag_seconds", "How late turns of the engines came", ["loopLag"]],
  ["generator_gc_pause_seconds", "Garbage collections of the engines", ["gcPause"]],
];

/** @param measures null: there is no run yet */
export function runMetrics(measures: RunMeasures | null): Family[] {
  const version = { labels: { version: VERSION }, value: 1 };
  const build: Family = {
    ...{ name: "onrush_build_info", help: "1; its label is the version", type: "gauge" },
    samples: [version],
  };
  return [build, ...runFamilies(measures === null ? [] : [measures])];
}

/** Of several runs: each family once, with the samples of all. */
export function runFamilies(runs: readonly RunMeasures[]): Family[] {
  const merged = new Map<string, Family & { readonly samples: Sample[] }>();
  for (const family of runs.flatMap(familiesOf)) {
    const known = merged.get(family.name);
    if (known) for (const sample of family.samples) known.samples.push(sample);
    else merged.set(family.name, { ...family, samples: [...family.samples] });
  }
  return [...merged.values()];
}

function familiesOf(measures: RunMeasures): Family[] {
  const run = { run: measures.view.run };
  return [
    ...states(measures, run),
    ...GAUGES.map(([name, help, measure]) => {
      const value = measure(measures);
      return family("gauge", [name, help], value === null ? [] : [{ labels: run, value }]);
    }),
    ...counters(measures, run),
    ...HISTOGRAMS.map(([name, help, metrics]) => {
      const of = measures.times.filter(({ metric }) => metrics.includes(metric));
      const samples = of.flatMap((times) => buckets(times, metrics.length > 1, run));
      return family("histogram", [name, help], samples);
    }),
  ];
}

function states({ view }: RunMeasures, run: Labels): Family[] {
  const { state, phase } = view;
  return [
    family(
      "gauge",
      ["state_info", "1; its label is the state of the run"],
      [{ labels: { ...run, state }, value: 1 }],
    ),
    family(
      "gauge",
      ["phase_info", "1; its label is the phase by the plan"],
      phase === null ? [] : [{ labels: { ...run, phase: phase.name }, value: 1 }],
    ),
  ];
}

function counters(measures: RunMeasures, run: Labels): Family[] {
  const { phases, closes, frames } = measures;
  const byPhase = (of: (phase: PhaseMeasures, labels: Labels) => Sample[]) =>
    phases.flatMap((measured) => of(measured, { ...run, phase: measured.phase }));
  return [
    counter(["frames_total", "Reports of engines merged"], [{ labels: run, value: frames }]),
    ...COUNTERS.map(([name, help, key, per = 1]) =>
      counter(
        [name, help],
        byPhase((phase, labels) => [{ labels, value: phase.counters[key] / per }]),
      ),
    ),
    counter(
      ["connections_closed_total", "Connections that ended, by cause"],
      CLOSE_CAUSES.map((cause) => ({ labels: { ...run, cause }, value: closes.get(cause) ?? 0 })),
    ),
    counter(
      ["messages_skipped_total", "Messages that fell due and were not sent, by reason"],
      byPhase((phase, labels) =>
        SKIPPED.map(([reason, key]) => ({
          labels: { ...labels, reason },
          value: phase.counters[key],
        })),
      ),
    ),
    counter(
      ["failures_total", "Failures of connections and messages, by kind"],
      byPhase(({ failures }, labels) =>
        [...failures].map(([kind, value]) => ({ labels: { ...labels, kind }, value })),
      ),
    ),
    ...MIX.map(([name, help, key]) =>
      counter(
        [name, help],
        byPhase(({ messages }, labels) =>
          messages.map((of) => ({
            labels: { ...labels, message: of.message },
            value: of.counters[key],
          })),
        ),
      ),
    ),
  ];
}

/** Cumulative, as they were counted: no bucket is shared out. */
function buckets(times: TimeMeasures, staged: boolean, run: Labels): Sample[] {
  const { metric, phase, message, count, sumUs, upTo } = times;
  const labels = {
    ...run,
    ...(phase !== null && { phase }),
    ...(message !== null && { message }),
    ...(staged && { stage: metric }),
  };
  const bounded = TIME_BOUNDS_US.map((boundUs, at): Sample => {
    const le = String(boundUs / SECOND_US);
    return { suffix: "_bucket", labels: { ...labels, le }, value: upTo[at] ?? 0 };
  });
  return [
    ...bounded,
    { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: count },
    { suffix: "_sum", labels, value: sumUs / SECOND_US },
    { suffix: "_count", labels, value: count },
  ];
}

function counter(named: Named, samples: readonly Sample[]): Family {
  return family("counter", named, samples);
}

function family(type: Family["type"], [name, help]: Named, samples: readonly Sample[]): Family {
  return { name: `onrush_run_${name}`, help, type, samples };
}

function seconds(us: number | null): number | null {
  return us === null ? null : us / SECOND_US;
}
