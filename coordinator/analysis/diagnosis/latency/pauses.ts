/**
 * Detector: in ticks of 100 ms nothing comes from the service although messages are sent, and then all of it at once: the whole service
 * stood still (standstills.ts). Listed in ../registry.ts. Invariant: pauses that grow are those of leak.ts, which explains these.
 */
import { median } from "../../stats/interval.ts";
import { count, ms } from "../../text.ts";
import type { Detector } from "../detector.ts";
import type { Signals } from "../signals.ts";
import { type Pause, pausesIn, secondsOf, TICK_MS, TICKS } from "./standstills.ts";

const LEAST_PAUSES = 3;
/** Gaps between pauses differ by at most this share of their median, or a tick: no garbage collector is as regular. */
const REGULAR = 0.03;
const LEAST_REGULAR = 4;

export const pauses: Detector = {
  meta: {
    causes: ["event-loop-pauses", "periodic-stall"],
    doc: "3 times or more nothing came for 100 ms to 3 s while messages were sent, and then what had been held back; `periodic-stall` when that happened at regular intervals, or pings were answered meanwhile",
    explains: [
      "reordering",
      "slow-message-type",
      "network-loss",
      "network-latency",
      "network-jitter",
    ],
  },
  detect(signals) {
    const found = pausesIn(signals);
    if (found.length < LEAST_PAUSES) return [];
    const longest = found.reduce((most, { ticks }) => Math.max(most, ticks), 0) * TICK_MS;
    const starts = found.map(({ from }) => from / TICKS);
    const periodS = periodOf(starts);
    const pings = pingsDuring(signals, found);
    const isHandler = pings === "answered" || (pings === "unknown" && periodS !== null);
    const every = periodS === null ? "" : `, every ${Number(periodS.toPrecision(3))} s`;
    const from = Math.floor(starts[0] ?? 0);
    const to = Math.ceil(starts.at(-1) ?? 0) + 1;
    return [
      {
        cause: isHandler ? "periodic-stall" : "event-loop-pauses",
        confidence: pings === "unknown" ? "likely" : "certain",
        sentence: `The service stood still ${count(found.length)} times, for up to ${ms(longest * 1000)}${every}: nothing came from it, and then all of it at once.`,
        evidence: [
          {
            sentence: `Pauses began at ${starts
              .slice(0, 8)
              .map((at) => `${at.toFixed(1)} s`)
              .join(
                ", ",
              )}${starts.length > 8 ? " and so on" : ""}; messages were sent meanwhile, and the generator's own turns were on time.`,
            seconds: found.slice(0, 50).map((one) => secondsOf(one)),
          },
        ],
        against: againstOf(pings, periodS !== null),
        nextProbe: isHandler
          ? "Look for a task with this period in the service (a timer, a cron job, a flush) and for the lock it holds."
          : "Record the service's garbage collections and event loop delay, and lay them beside these moments.",
        from,
        to,
        impact: Math.round(
          signals.repliesIn([from, to]) * Math.min(1, sumOf(found) / (TICKS * (to - from))),
        ),
        symptoms: [],
      },
    ];
  },
};

/** How long they were together, in ticks. */
function sumOf(found: readonly Pause[]): number {
  return found.reduce((sum, { ticks }) => sum + ticks, 0);
}

function againstOf(pings: "answered" | "held" | "unknown", isPeriodic: boolean): string[] {
  if (pings !== "unknown") return [];
  const whole =
    "No pings were sent, so whether the process stood still or only its handlers is not known";
  return [
    isPeriodic
      ? `${whole}: it is taken from the regular intervals.`
      : `${whole} (\`connect.heartbeat\`).`,
  ];
}

/** Seconds between pauses that come at regular intervals, none left out; null: they do not. */
function periodOf(starts: readonly number[]): number | null {
  const gaps = starts.slice(1).map((start, at) => start - (starts[at] ?? 0));
  if (gaps.length + 1 < LEAST_REGULAR) return null;
  const period = median(gaps);
  const most = Math.max(REGULAR * period, 1.01 * (TICK_MS / 1000));
  return gaps.every((gap) => Math.abs(gap - period) <= most) && period > 5 * most ? period : null;
}

/** Were pings answered while nothing else was? */
function pingsDuring(signals: Signals, found: readonly Pause[]): "answered" | "held" | "unknown" {
  let longestUs = 0;
  let pings = 0;
  // How long pings took is known of seconds that are clean all through.
  const known = found.filter((one) => signals.cleanShare(...secondsOf(one)) === 1);
  for (const { from, ticks } of known) {
    const second = Math.floor(from / TICKS);
    const times = signals.times("ping", [second, Math.ceil((from + ticks) / TICKS) + 1]);
    pings += times?.count ?? 0;
    longestUs = Math.max(longestUs, times?.max ?? 0);
  }
  const pauseUs = median(found.map(({ ticks }) => ticks)) * TICK_MS * 1000;
  if (known.length === 0 || pings < 10 * known.length) return "unknown";
  return longestUs >= 0.5 * pauseUs ? "held" : "answered";
}
