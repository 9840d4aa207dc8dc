/**
 * Detector: attempts are turned away as long as so many connections are open, and not below: a limit of open connections.
 * Listed in ../registry.ts. Invariant: what is turned away below that number, too, is no cap.
 */
import { count, partOf } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { countIn, countOf, type Signals, spanOf } from "../signals.ts";

const LEAST_REFUSED = 5;
/** Of those turned away, how many were at the cap. */
const LEAST_AT_CAP = 0.95;
/** "At the cap": this share of the number that was open when half of them had been turned away. */
const AT_CAP = 0.93;
/** More than that are never open: a limit is a limit. */
const BEYOND_CAP = 1.08;
/** Below it the same answer is rare. */
const MOST_BELOW = 0.02;
/** Who gets in at the cap, beyond those who leave, for each attempt that is turned away there. */
const MOST_LET_IN = 0.25;
/** Replies at a cap are as fast as before: not so many times as slow, nor so much. */
const SLOWER = 3;
const SLOWER_US = 20_000;
/** Attempts below the cap that show that it is one. */
const LEAST_BELOW = 10;

const ANSWERS = [
  ["upgrade-status", 503, "HTTP 503"],
  ["upgrade-status", 429, "HTTP 429"],
  ["close-code", 1013, "close code 1013"],
  ["upgrade-timeout", undefined, "no answer to the upgrade"],
  ["upgrade-reset", undefined, "a reset before the answer"],
  ["tcp-reset", undefined, "a reset"],
  ["tcp-refused", undefined, "a refusal"],
] as const;

export const cap: Detector = {
  meta: {
    causes: ["connection-cap", "server-open-files"],
    doc: "attempts fail the same way (503, 429, 1013, reset, refused, no answer) at one number of open connections, 95 % of them, and 2 % at most of those below it, while a quarter as many at most get in beyond those that end",
    explains: [
      "server-errors",
      "failing-backend",
      "reconnect-storm",
      "handshake-rate-limit",
      "zombie",
    ],
  },
  detect: (signals) =>
    ANSWERS.flatMap(([kind, code, answer]) => found(signals, signals.of(kind, code), answer)),
};

function found(signals: Signals, series: ReturnType<Signals["of"]>, answer: string): Hypothesis[] {
  const refused = countOf(series);
  const span = spanOf(series);
  if (refused < LEAST_REFUSED || span === null) return [];
  const peak = openWhen(signals, series, refused);
  // Nobody got in: that is no limit of how many do.
  if (peak === 0) return [];
  const { atCap, below, attemptsBelow, letIn } = placed(signals, series, peak);
  const isCap =
    // What is turned away in the drain is in neither.
    atCap >= LEAST_AT_CAP * (atCap + below) &&
    atCap >= LEAST_REFUSED &&
    letIn <= MOST_LET_IN * atCap &&
    attemptsBelow >= Math.min(LEAST_BELOW, peak) &&
    below <= MOST_BELOW * attemptsBelow &&
    signals.rows.every(({ open }) => open <= BEYOND_CAP * peak) &&
    isHeldBack(signals, peak, span);
  if (!isCap) return [];
  const isSilent = series[0]?.kind === "upgrade-timeout";
  // Who answers nobody in time is out of something else.
  if (isSilent && isSlow(signals, span)) return [];
  return [
    {
      cause: isSilent ? "server-open-files" : "connection-cap",
      confidence: isSilent ? "possible" : "likely",
      sentence: `The service takes about ${count(peak)} connections at once: beyond that, attempts got ${answer}.`,
      evidence: [
        shownIn(
          `${partOf(atCap, refused)} of the attempts that got ${answer} came while about ${count(peak)} connections were open.`,
          ...span,
        ),
        shownIn(
          `Below that, ${count(below)} of ${count(attemptsBelow)} attempts got it.`,
          0,
          span[0],
        ),
      ],
      against: ["A limit of attempts per second that sets in as late would look alike."],
      nextProbe: `Repeat the run with half the rate of new connections: if it stops at ${count(peak)} again, it is a limit of connections. Then look at that number in the service, its proxy and its limit of open files.`,
      from: span[0],
      to: span[1],
      impact: refused,
      symptoms: series,
    },
  ];
}

/** Replies take many times as long as before. */
function isSlow(signals: Signals, [from, to]: readonly [number, number]): boolean {
  const before = signals.times("latency", [0, from])?.quantile(0.5) ?? 0;
  return (signals.times("latency", [from, to])?.quantile(0.5) ?? 0) > SLOWER * before + SLOWER_US;
}

/** Connections that were open when half of the attempts had been turned away. */
function openWhen(signals: Signals, series: ReturnType<Signals["of"]>, refused: number): number {
  const rows = [...signals.rows].sort((a, b) => a.open - b.open);
  let seen = 0;
  for (const { second, open } of rows) {
    seen += countIn(series, second);
    if (seen >= refused / 2) return open;
  }
  return 0;
}

function placed(signals: Signals, series: ReturnType<Signals["of"]>, peak: number) {
  const sums = { atCap: 0, below: 0, attemptsBelow: 0, letIn: 0 };
  const [first] = spanOf(series) ?? [signals.rows.length];
  for (const { second, open, opened, closed, failed } of signals.rows) {
    const refused = countIn(series, second);
    if (second > first && signals.openBefore(second) >= AT_CAP * peak)
      sums.letIn += opened - closed;
    // While it fills up within one second, what is turned away is turned away at its end.
    if (open >= AT_CAP * peak) sums.atCap += refused;
    else {
      sums.below += refused;
      sums.attemptsBelow += opened + failed;
    }
  }
  return sums;
}

/** The plan wanted more than there were. */
function isHeldBack(signals: Signals, peak: number, [from, to]: readonly [number, number]) {
  const { plannedOpen } = signals.fold.facts;
  for (let second = from; second < to; second++) {
    if ((plannedOpen[second] ?? 0) > peak) return true;
  }
  return false;
}
