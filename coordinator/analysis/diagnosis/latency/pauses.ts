/**
 * Detector: nothing comes from the service although messages are sent, and then all of it at once: the whole service stood still
 * (standstills.ts). Listed in ../registry.ts. Invariant: pauses that grow are those of leak.ts, which explains these; those behind large
 * messages are theirs (size-cost.ts).
 */

import type { Evidence } from "../../judgement.ts";
import { median } from "../../stats/interval.ts";
import { count, ms } from "../../text.ts";
import type { Detector } from "../detector.ts";
import type { Signals } from "../signals.ts";
import { largeTakesMoreUs } from "../sizes.ts";
import { type Pause, pausesIn } from "./standstills.ts";

const LEAST_PAUSES = 3;
/** Gaps between pauses differ by at most this share of their median, or a tick: no garbage collector is as regular. */
const REGULAR = 0.03;
const LEAST_REGULAR = 4;
const TICK_S = 0.1;
/** Pings that would have had to wait; and of a pause, the longest of them. */
const LEAST_PINGS = 10;
const HELD = 0.5;
/** Of a pause, what large messages take longer than small ones: then each of them is one, and it is their size that matters. */
const BY_SIZE = 0.5;

export const pauses: Detector = {
  meta: {
    causes: ["event-loop-pauses", "periodic-stall"],
    doc: "3 times or more nothing came for 100 ms to 3 s while messages were sent, and then what had been held back, or for 40 ms or more as many replies waited as come in that time, evenly, in single seconds; `periodic-stall` when pings were answered meanwhile, or none were sent and it happened at regular intervals",
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
    const typicalUs = median(found.map(({ lengthUs }) => lengthUs));
    if (largeTakesMoreUs(signals) > BY_SIZE * typicalUs) return [];
    const longest = found.reduce((most, { lengthUs }) => Math.max(most, lengthUs), 0);
    const periodS = periodOf(found);
    const pings = pingsDuring(signals, found);
    const isHandler = pings === "answered" || (pings === "unknown" && periodS !== null);
    const every = periodS === null ? "" : `, every ${Number(periodS.toPrecision(3))} s`;
    const [from] = (found[0] as Pause).seconds;
    const [, to] = (found.at(-1) as Pause).seconds;
    const shorter = shorterIn(found);
    return [
      {
        cause: isHandler ? "periodic-stall" : "event-loop-pauses",
        confidence:
          pings === "unknown" || found.length - shorter < LEAST_PAUSES ? "likely" : "certain",
        sentence: `The service stood still ${count(found.length)} times, for up to ${ms(longest)}${every}: nothing came from it, and then all of it at once.`,
        evidence: evidenceOf(found),
        against: againstOf(pings, periodS !== null),
        nextProbe: isHandler
          ? "Look for a task with this period in the service (a timer, a cron job, a flush) and for the lock it holds."
          : "Record the service's garbage collections and event loop delay, and lay them beside these moments.",
        from,
        to,
        impact: Math.round((signals.repliesIn([from, to]) * sumOf(found)) / (1e6 * (to - from))),
        symptoms: [],
      },
    ];
  },
};

/** How many no tick shows. */
function shorterIn(found: readonly Pause[]): number {
  return found.filter(({ ticks }) => ticks === 0).length;
}

function evidenceOf(found: readonly Pause[]): readonly Evidence[] {
  const starts = found.map(({ at, ticks }) => (ticks > 0 ? `${at.toFixed(1)} s` : `${at} s`));
  const shorter = shorterIn(found);
  const sentence = `Pauses began at ${starts.slice(0, 8).join(", ")}${starts.length > 8 ? " and so on" : ""}; messages were sent meanwhile, and the generator's own turns were on time.`;
  const even = `In ${count(shorter)} of these seconds as many replies waited as come during one pause, for any part of it alike.`;
  return [
    { sentence, seconds: found.slice(0, 50).map(({ seconds }) => seconds) },
    ...(shorter === 0 ? [] : [{ sentence: even, seconds: [] }]),
  ];
}

/** How long they were together, microseconds. */
function sumOf(found: readonly Pause[]): number {
  return found.reduce((sum, { lengthUs }) => sum + lengthUs, 0);
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

/** Seconds between pauses that come at regular intervals, none left out; null: they do not, or that is not known to the tick. */
function periodOf(found: readonly Pause[]): number | null {
  const gaps = found.slice(1).map(({ at }, place) => at - (found[place] as Pause).at);
  if (found.length < LEAST_REGULAR || found.some(({ ticks }) => ticks === 0)) return null;
  const period = median(gaps);
  const most = Math.max(REGULAR * period, 1.01 * TICK_S);
  return gaps.every((gap) => Math.abs(gap - period) <= most) && period > 5 * most ? period : null;
}

/** Were pings answered while nothing else was? */
function pingsDuring(signals: Signals, found: readonly Pause[]): "answered" | "held" | "unknown" {
  let due = 0;
  let held = 0;
  // How long pings took is known of seconds that are clean all through.
  const known = found.filter(({ seconds }) => signals.cleanShare(...seconds) === 1);
  for (const { seconds, lengthUs } of known) {
    const [from, to] = [seconds[0], seconds[1] + 1];
    const times = signals.times("ping", [from, to]);
    if (times === null) continue;
    due += (times.count * lengthUs) / (1e6 * (to - from));
    if (times.max >= HELD * lengthUs) held++;
  }
  if (due < LEAST_PINGS) return "unknown";
  // Pings of many connections may come in a bunch, and be away from most pauses.
  return held > 0 ? "held" : "answered";
}
