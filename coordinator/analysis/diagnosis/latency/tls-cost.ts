/**
 * Detector: TLS handshakes take so much of the service's processor that, when many connect, they wait for one another: what one costs
 * times how many there are a second comes near to a processor. Listed in ../registry.ts. Invariant: the cost is what the fastest handshakes
 * take beyond the fastest upgrades and TCP connections, so neither a long way nor a slow handler of upgrades looks like it; the generator's
 * own part is held against how late its turns came.
 */
import type { MergedHistogram } from "../../../../shared/stats/histogram.ts";
import { count, ms, percent } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";

/** Of all, those that hardly waited. */
const FAST = 0.1;
const LEAST_HANDSHAKES = 50;
/** What a handshake costs, and over what an upgrade and a TCP connection take. */
const LEAST_COST_US = 1500;
const LEAST_OVER = 2.5;
/** Of one processor, in a second in which many connect; and how many did in such seconds. */
const LEAST_BUSY = 0.4;
const LEAST_IN_BUSY = 20;
/** Of the slowest tenth in those seconds, over the fastest. */
const SLOWER = 2;
/** Turns of the generator that late make handshakes that long. */
const MOST_LAG = 0.5;
/** Of replies on open connections meanwhile, over other seconds. */
const HELD_UP = 2;
const HELD_UP_US = 5000;
const LEAST_REPLIES = 30;

export const tlsCost: Detector = {
  meta: {
    causes: ["tls-cost"],
    doc: "the fastest tenth of 50 TLS handshakes or more takes 2.5 times as long as that of upgrades, and 1.5 ms beyond it and a TCP connection; in seconds with 20 handshakes or more in all that comes to 0.4 of a processor, and the slowest tenth takes twice as long as the fastest; turns of the generator are late by less than half of that. `certain` when replies on open connections are held up in these seconds, too",
    explains: [
      "event-loop-pauses",
      "periodic-stall",
      "saturation",
      "dependency-pool",
      "memory-leak",
      "network-latency",
      "network-jitter",
      "network-loss",
      "handshake-rate-limit",
      "server-open-files",
      "accept-queue",
      "blackhole",
      "zombie",
      "slow-message-type",
      "message-loss",
      "unknown",
    ],
  },
  detect(signals) {
    const end = signals.rows.length;
    const [tls, upgrade, tcp] = (["tls", "upgrade", "tcp"] as const).map((stage) =>
      signals.times(stage, [0, end]),
    );
    if (!tls || !upgrade || !tcp || tls.count < LEAST_HANDSHAKES) return [];
    const [fastUs, upgradeUs] = [tls.quantile(FAST), upgrade.quantile(FAST)];
    const costUs = fastUs - upgradeUs - tcp.quantile(FAST);
    if (costUs < LEAST_COST_US || fastUs < LEAST_OVER * upgradeUs) return [];
    const busy = busySeconds(signals, costUs);
    return busy === null || busy.slowUs < SLOWER * fastUs
      ? []
      : [hypothesis(signals, { ...busy, fastUs, upgradeUs, costUs })];
  },
};

interface Busy {
  readonly seconds: readonly number[];
  readonly handshakes: number;
  /** Of the busiest second. */
  readonly most: number;
  /** What nine of ten took at most. */
  readonly slowUs: number;
}

/** null: too few connect at a time, or it is the generator that is late. */
function busySeconds(signals: Signals, costUs: number): Busy | null {
  const seconds = signals.rows.flatMap(({ second }) => {
    const times = signals.times("tls", [second, second + 1]);
    const isBusy = times !== null && times.count * costUs >= LEAST_BUSY * 1e6;
    return isBusy ? [{ second, times }] : [];
  });
  const all = together(seconds.map(({ times }) => times));
  if (all === null || all.count < LEAST_IN_BUSY) return null;
  const slowUs = all.quantile(1 - FAST);
  const lag = together(seconds.map(({ second }) => signals.times("loopLag", [second, second + 1])));
  if (lag !== null && lag.quantile(1 - FAST) > MOST_LAG * slowUs) return null;
  const most = Math.max(...seconds.map(({ times }) => times.count));
  return { seconds: seconds.map(({ second }) => second), handshakes: all.count, most, slowUs };
}

function hypothesis(
  signals: Signals,
  found: Busy & { readonly fastUs: number; readonly upgradeUs: number; readonly costUs: number },
): Hypothesis {
  const { seconds, handshakes, most, slowUs, fastUs, upgradeUs, costUs } = found;
  const from = seconds[0] ?? 0;
  const to = (seconds.at(-1) ?? 0) + 1;
  const heldUp = heldUpText(signals, seconds);
  return {
    cause: "tls-cost",
    confidence: heldUp === null ? "likely" : "certain",
    sentence: `TLS handshakes take the service's processor: each costs about ${ms(costUs)}, and ${count(most)} in a second ${percent((most * costUs) / 1e6)} of one; they wait for one another, nine of ten for up to ${ms(slowUs)}.`,
    evidence: [
      shownIn(
        `The fastest tenth of the handshakes took up to ${ms(fastUs)}, of the upgrades behind them ${ms(upgradeUs)}.`,
        0,
        signals.rows.length,
      ),
      shownIn(`${count(handshakes)} handshakes, nine of ten within ${ms(slowUs)}.`, from, to),
      ...(heldUp === null ? [] : [shownIn(heldUp, from, to)]),
    ],
    against:
      heldUp === null
        ? ["Replies on open connections were not held up, as they are where one process does both."]
        : [],
    nextProbe:
      "Open the same connections over twice the time: handshakes should be as fast as the first ones. Smaller keys (ECDSA in place of RSA), resumed sessions or TLS in a balancer take less.",
    from,
    to,
    impact: handshakes,
    symptoms: [
      ...signals.of("tls-timeout"),
      ...signals.of("upgrade-timeout"),
      ...signals.of("tcp-timeout"),
    ],
  };
}

/** A sentence; null: they were not, or too few came. */
function heldUpText(signals: Signals, seconds: readonly number[]): string | null {
  const inThem = together(seconds.map((at) => signals.times("latency", [at, at + 1])));
  const busy = new Set(seconds);
  const others = together(
    signals.rows.flatMap(({ second }) =>
      busy.has(second) ? [] : [signals.times("latency", [second, second + 1])],
    ),
  );
  if (!inThem || !others || Math.min(inThem.count, others.count) < LEAST_REPLIES) return null;
  const [slowUs, usualUs] = [inThem.quantile(1 - FAST), others.quantile(0.5)];
  if (slowUs < HELD_UP * usualUs || slowUs - usualUs < HELD_UP_US) return null;
  return `One of ten replies on open connections took over ${ms(slowUs)} meanwhile, half of them in other seconds up to ${ms(usualUs)}.`;
}

/** null for none. */
function together(all: readonly (MergedHistogram | null)[]): MergedHistogram | null {
  const [first, ...rest] = all.filter((one) => one !== null);
  if (first === undefined) return null;
  const sum = first.clone();
  for (const one of rest) sum.addFrom(one);
  return sum;
}
