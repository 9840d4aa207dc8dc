/**
 * Detector: in ticks of 100 ms nothing comes from the service although messages are sent, and then all of it at once: the whole service
 * stood still. Listed in ../registry.ts. Invariant: a pause in which we stood still, or sent nothing, is none of the service's.
 */
import { mean, median } from "../../stats/interval.ts";
import { mannKendallP } from "../../stats/trend.ts";
import { count, ms } from "../../text.ts";
import { type Detector, MEMORY_UNKNOWN } from "../detector.ts";
import type { Signals } from "../signals.ts";

const TICK_MS = 100;
const TICKS = 10;
/** Received a tick, usually: so many are never missing by chance (Poisson: e^-12). */
const LEAST_USUAL = 12;
/** Of what usually comes. */
const STILL = 0.05;
/** Ticks to either side that say what is usual. */
const AROUND = 30;
/** What was held back comes within so many ticks. */
const BURST_TICKS = 3;
const BURST = 1.5;
const LEAST_PAUSES = 3;
/** Longer ones are another matter: silence.ts. */
const MOST_TICKS = 30;
/** Our own longest turn in that second, over the pause: then it is ours. */
const OWN = 0.5;
/** Gaps between pauses differ by at most this share of their median, or a tick: no garbage collector is as regular. */
const REGULAR = 0.03;
const LEAST_REGULAR = 4;
/** The last third of the pauses over the first. */
const GROWTH = 2;

interface Pause {
  /** In ticks of run time. */
  readonly from: number;
  readonly ticks: number;
}

export const pauses: Detector = {
  meta: {
    causes: ["event-loop-pauses", "periodic-stall", "memory-leak"],
    doc: "3 times or more nothing came for 100 ms to 3 s while messages were sent, and then what had been held back; `periodic-stall` when that happened at regular intervals, or pings were answered meanwhile, `memory-leak` when they doubled in length, with a trend (Mann-Kendall, p < 0.01)",
    explains: ["reordering", "slow-message-type", "network-loss", "network-latency"],
  },
  detect(signals) {
    const found = pausesIn(signals);
    if (found.length < LEAST_PAUSES) return [];
    const longest = found.reduce((most, { ticks }) => Math.max(most, ticks), 0) * TICK_MS;
    const starts = found.map(({ from }) => from / TICKS);
    const periodS = periodOf(starts);
    const pings = pingsDuring(signals, found);
    const growth = growthOf(found);
    const isHandler = pings === "answered" || (pings === "unknown" && periodS !== null);
    const every = periodS === null ? "" : `, every ${Number(periodS.toPrecision(3))} s`;
    const from = Math.floor(starts[0] ?? 0);
    const to = Math.ceil(starts.at(-1) ?? 0) + 1;
    return [
      {
        cause: growth !== null ? "memory-leak" : isHandler ? "periodic-stall" : "event-loop-pauses",
        confidence: pings === "unknown" || growth !== null ? "likely" : "certain",
        sentence: `The service stood still ${count(found.length)} times, for up to ${ms(longest * 1000)}${every}${growth ?? ""}: nothing came from it, and then all of it at once.`,
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
        against: [
          ...(growth === null ? [] : [`${MEMORY_UNKNOWN}.`]),
          ...againstOf(pings, periodS !== null),
        ],
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

/** Pauses that get longer and longer are those of a collector that has more and more to look at; null: they do not. */
function growthOf(found: readonly Pause[]): string | null {
  const ticks = found.map((pause) => pause.ticks);
  const third = Math.floor(ticks.length / 3);
  if (third < 2 || mannKendallP(ticks) > 0.01) return null;
  const [first, last] = [mean(ticks.slice(0, third)), mean(ticks.slice(-third))];
  if (last < GROWTH * first) return null;
  return `, longer and longer (from ${ms(first * TICK_MS * 1000)} to ${ms(last * TICK_MS * 1000)})`;
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

function pausesIn(signals: Signals): Pause[] {
  const { received, sent } = ticksOf(signals);
  const found: Pause[] = [];
  for (let at = 1; at < received.length; at++) {
    const usual = usualAround(received, at);
    if (usual < LEAST_USUAL || isMoving(received[at], usual)) continue;
    let end = at;
    while (end < received.length && !isMoving(received[end], usual)) end++;
    const pause = { from: at, ticks: end - at };
    if (pause.ticks <= MOST_TICKS && isTheirs(signals, pause, { received, sent, usual })) {
      found.push(pause);
    }
    at = end;
  }
  return found;
}

function isMoving(value: number | undefined, usual: number): boolean {
  return value === undefined || Number.isNaN(value) || value > STILL * usual;
}

interface Traffic {
  readonly received: readonly number[];
  readonly sent: readonly number[];
  readonly usual: number;
}

/** We sent, our turns were on time, and what was held back came. */
function isTheirs(signals: Signals, { from, ticks }: Pause, traffic: Traffic): boolean {
  const { received, sent, usual } = traffic;
  const sum = (series: readonly number[], begin: number, end: number) =>
    series.slice(begin, end).reduce((all, one) => all + (Number.isNaN(one) ? 0 : one), 0);
  const usuallySent = usualAround(sent, from);
  if (usuallySent > 0 && sum(sent, from, from + ticks) < 0.5 * ticks * usuallySent) return false;
  const after = sum(received, from + ticks, from + ticks + BURST_TICKS);
  if (after < BURST * usual) return false;
  for (let tick = from; tick < from + ticks; tick++) {
    const row = signals.rows[Math.floor(tick / TICKS)];
    if ((row?.loopLagMaxUs ?? 0) > OWN * ticks * TICK_MS * 1000) return false;
  }
  return true;
}

/** NaN in seconds that say nothing of the target. */
function ticksOf(signals: Signals): { received: number[]; sent: number[] } {
  const { ticks } = signals.fold.merge.timeline;
  const known = (series: "received" | "sent") =>
    signals.rows.flatMap(({ second }) =>
      signals.isClean(second) ? ticks[series].of(second) : Array<number>(TICKS).fill(Number.NaN),
    );
  return { received: known("received"), sent: known("sent") };
}

function usualAround(series: readonly number[], at: number): number {
  const near = series
    .slice(Math.max(0, at - AROUND), at + AROUND)
    .filter((one) => !Number.isNaN(one));
  return near.length < AROUND / 2 ? 0 : median(near);
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
  for (const { from, ticks } of found) {
    const second = Math.floor(from / TICKS);
    const times = signals.times("ping", [second, Math.ceil((from + ticks) / TICKS) + 1]);
    pings += times?.count ?? 0;
    longestUs = Math.max(longestUs, times?.max ?? 0);
  }
  const pauseUs = median(found.map(({ ticks }) => ticks)) * TICK_MS * 1000;
  if (pings < 10 * found.length) return "unknown";
  return longestUs >= 0.5 * pauseUs ? "held" : "answered";
}

function secondsOf({ from, ticks }: Pause): readonly [number, number] {
  const second = Math.floor(from / TICKS);
  return [second, Math.max(second + 1, Math.ceil((from + ticks) / TICKS))];
}
