/**
 * Detector: failures are held against healthy connections on every clock of clocks.ts. The clock on which they concentrate names the limit,
 * if it is one: hardly any healthy connection is beyond it. Listed in ../registry.ts. Invariant: clocks that fit about as well are said to
 * be inseparable; without samples of healthy connections there is nothing to hold failures against.
 */
import type { KnownFailure, KnownMoment } from "../../../merge/evidence/failure-events.ts";
import type { FailureSeries } from "../../../merge/failures/failure-series.ts";
import type { CauseId } from "../../findings/causes.ts";
import { type Scan, scanWindow } from "../../stats/scan.ts";
import { count, percent } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { spanOf } from "../signals.ts";
import { CLOCKS, type Clock, isExact } from "./clocks.ts";

const LEAST_EVENTS = 15;
const LEAST_CONTROLS = 30;
const BINS = 60;
/** After Holm for as many clocks. */
const MOST_P = 0.05;
/** Of the failures, those in the window, and how many times as many as elsewhere. */
const LEAST_INSIDE = 0.7;
const LEAST_HAZARD = 4;
/** A clock that explains this share of what the best one does cannot be told from it. */
const AS_GOOD = 0.85;

/** Of the healthy connections of the same roles, those beyond a value that is said to be a limit. */
const MOST_BEYOND = 0.25;
const LEAST_OF_ROLES = 10;

const RATE = /rate|too (many|fast)|flood|throttl/;

const KINDS: ReadonlySet<string> = new Set(["close-code", "abnormal-close"]);

export const clock: Detector = {
  meta: {
    causes: [
      "idle-timeout",
      "maximum-lifetime",
      "token-expiry",
      "message-quota",
      "message-size-limit",
    ],
    doc: "of 15 closes or more, seven of ten lie in one window of a clock in which few healthy connections are (scan statistic of Kulldorff, p < 0.05 after Holm), a quarter at most of the healthy ones of the same roles are beyond it, and no other clock fits as well; `message-quota` when nine of ten lie within a tenth of one number",
    explains: ["message-loss"],
    resembles: [
      "server-errors",
      "crash-and-restart",
      "reconnect-storm",
      "message-rate-limit",
      "failing-message-type",
    ],
  },
  detect(signals) {
    const { controls } = signals.events;
    if (controls.length < LEAST_CONTROLS) return [];
    return signals.failures.flatMap((series) => {
      if (!KINDS.has(series.kind)) return [];
      const own = signals.eventsOf(series);
      if (own.length < LEAST_EVENTS) return [];
      // Who says that it is the rate is not held to have meant anything else.
      if (RATE.test(signals.textOf(series))) return [];
      return found(series, { events: own, controls });
    });
  },
};

interface Scanned extends Scan {
  readonly clock: Clock;
  /** Its window. */
  readonly low: number;
  readonly high: number;
  readonly share: number;
}

function found(series: FailureSeries, sampled: Sampled): Hypothesis[] {
  const { events, controls } = sampled;
  const scans = CLOCKS.flatMap((one) => scanned(one, sampled))
    .filter((one) => one.clock.cause === null || isConcentrated(one))
    .sort((a, b) => b.llr - a.llr);
  const [best] = scans;
  const span = spanOf([series]);
  if (best === undefined || span === null || best.clock.cause === null) return [];
  if (best.p * CLOCKS.length > MOST_P) return [];
  const rivals = scans.filter(
    ({ clock: { cause }, llr }) => cause !== best.clock.cause && llr >= AS_GOOD * best.llr,
  );
  const { clock: own, low, high } = best;
  const isReset = series.kind === "abnormal-close" && own.cause === "idle-timeout";
  const isQuota = own.cause === "message-quota";
  return [
    {
      cause: own.cause as CauseId,
      // Who resets an idle connection without a word is as a rule in between.
      ...(isReset && { locus: "network" as const }),
      confidence: rivals.length === 0 && !isQuota ? "likely" : "possible",
      sentence: `Connections end by ${own.name}: ${percent(best.share)} of ${count(series.count)} did at ${rangeText(own, low, high)}.`,
      evidence: [
        shownIn(
          `Of a sample of ${count(events.length)} closes ${count(best.inside)} lie there, against ${Number(best.expected.toPrecision(2))} by the exposure of ${count(controls.length)} healthy moments.`,
          ...span,
        ),
      ],
      against: [...rivals.map(inseparable), ...(isQuota ? [OR_A_RATE] : [])],
      nextProbe:
        PROBES[own.cause ?? ""] ??
        "Run it again with a role of its own that sends more often, or stays longer, than others: if this is the limit, its connections end at the same value.",
      from: span[0],
      to: span[1],
      impact: series.count,
      symptoms: [series],
    },
  ];
}

function isConcentrated({ share, inside, expected }: Scanned): boolean {
  return share >= LEAST_INSIDE && inside >= LEAST_HAZARD * expected;
}

const OR_A_RATE =
  "A limit on messages per second fits as well where those who send slowly had not sent as many.";

function inseparable({ clock: own, low, high }: Scanned): string {
  return `It fits ${own.name} as well (${rangeText(own, low, high)}): this run cannot tell them apart.`;
}

function rangeText({ shown }: Clock, low: number, high: number): string {
  const [from, to] = [shown(low), shown(high)];
  return from === to ? from : `${from} to ${to}`;
}

const PROBES: Readonly<Record<string, string>> = {
  "idle-timeout":
    "Have half of the connections send something more often than that, in a role of their own: they should stay open.",
  "maximum-lifetime":
    "Compare that age with the limits of the service, its proxy and its balancer; open connections later: they should end later.",
  "token-expiry": "Log in with a token that lives twice as long: that age should double.",
};

interface Sampled {
  readonly events: readonly KnownFailure[];
  readonly controls: readonly KnownMoment[];
}

function scanned(own: Clock, { events, controls }: Sampled): Scanned[] {
  const values = events.flatMap((one) => own.read(one) ?? []);
  const exposed = controls.flatMap((one) => {
    const value = own.read(one);
    return value === null ? [] : [{ value, weight: one.weight }];
  });
  if (values.length < LEAST_EVENTS || exposed.length < LEAST_CONTROLS) return [];
  const all = [...values, ...exposed.map(({ value }) => value)];
  const least = Math.max(
    1,
    all.reduce((low, one) => Math.min(low, one)),
  );
  const most = Math.max(
    least + 1,
    all.reduce((high, one) => Math.max(high, one)),
  );
  const scale = Math.log(most / least);
  const binOf = (value: number) =>
    Math.min(
      BINS - 1,
      Math.max(0, Math.floor((BINS * Math.log(Math.max(least, value) / least)) / scale)),
    );
  const counts = Array<number>(BINS).fill(0);
  for (const value of values) counts[binOf(value)] = (counts[binOf(value)] ?? 0) + 1;
  // Where no healthy connection was met one might have been: half of one.
  const weight = exposed.reduce((sum, one) => sum + one.weight, 0);
  const exposure = Array<number>(BINS).fill(weight / exposed.length / 2);
  for (const one of exposed)
    exposure[binOf(one.value)] = (exposure[binOf(one.value)] ?? 0) + one.weight;
  const scan = scanWindow(counts, exposure, values.length);
  if (scan === null) return [];
  const edge = (bin: number) => least * Math.exp((scale * bin) / BINS);
  const isBeyond = (moment: KnownMoment) => binOf(own.read(moment) ?? 0) >= scan.to;
  if (own.cause !== null && !isLimit(isBeyond, { events, controls })) return [];
  if (own.cause === "message-quota" && !isExact(values)) return [];
  return [
    {
      ...scan,
      clock: own,
      low: edge(scan.from),
      high: edge(scan.to),
      share: scan.inside / values.length,
    },
  ];
}

/** Few healthy connections are beyond it, of the roles that failures are of, where enough are known. */
function isLimit(
  isBeyond: (moment: KnownMoment) => boolean,
  { events, controls }: Sampled,
): boolean {
  const roles = new Set(events.map(({ role }) => role));
  const same = controls.filter(({ role }) => roles.has(role));
  const looked = same.length >= LEAST_OF_ROLES ? same : controls;
  const sum = (of: readonly KnownMoment[]) => of.reduce((all, { weight }) => all + weight, 0);
  return sum(looked.filter(isBeyond)) <= MOST_BEYOND * sum(looked);
}
