/**
 * Which messages failing connections had sent last, one, two or three of them in their order, against healthy connections at random
 * moments. Called by failing.ts, and by the witness of sequences. Pure. Invariant: a connection counts once; what healthy connections do
 * about as often is no pattern, however many failed; many patterns are paid for by the rate of false discoveries.
 */
import type { KnownFailure, KnownMoment } from "../../../merge/evidence/failure-events.ts";
import type { FailureSeries } from "../../../merge/failures/failure-series.ts";
import { median } from "../../stats/interval.ts";
import { associationP, falseDiscoveryRates } from "../../stats/two-by-two.ts";
import type { Signals } from "../signals.ts";

const LEAST_EVENTS = 15;
const LEAST_CONTROLS = 30;
const LONGEST = 3;
/** Of the failures, those behind the pattern; and how many times as often as on healthy connections. */
const LEAST_SHARE = 0.7;
const LEAST_RATIO = 3;
const MOST_DISCOVERY_RATE = 0.01;
/** A longer pattern is the better one when it keeps so much of the failures, and leaves so few of the healthy. */
const KEEPS = 0.95;
const LEAVES = 0.5;

/** Kinds that end a connection by what the target does at that moment. */
const KINDS: ReadonlySet<string> = new Set(["close-code", "abnormal-close"]);

export interface Pattern {
  /** Names of messages, in their order, as the scenario has them. */
  readonly names: readonly string[];
  /** Of the failures, and of the healthy connections looked at: how many had just sent them. */
  readonly failed: number;
  readonly failures: number;
  readonly healthy: number;
  readonly controls: number;
}

/** What the failures of a kind have in common; null: nothing, or too few are known. */
export function patternOf(signals: Signals, series: FailureSeries): Pattern | null {
  if (!KINDS.has(series.kind)) return null;
  const failures = oncePer(signals.eventsOf(series));
  const roles = new Set(failures.map(({ role }) => role));
  // What only one kind of users sends is not what ended them.
  const controls = signals.events.controls.filter(({ role }) => roles.has(role));
  if (failures.length < LEAST_EVENTS || controls.length < LEAST_CONTROLS) return null;
  // Who had not sent anything for longer than others did not end behind it.
  if (idleOf(failures) > idleOf(controls)) return null;
  return best(signals, failures, controls);
}

/** Half of them had sent something, or a ping, since so many milliseconds. */
function idleOf(moments: readonly KnownMoment[]): number {
  return median(moments.map(({ idleTxMs }) => idleTxMs ?? Number.POSITIVE_INFINITY));
}

/** Positions of the names sent, the last one first; an unknown one ends them. */
function lastSent({ recent }: KnownMoment): readonly number[] {
  const names = recent.flatMap(({ what, name }) => (what.startsWith("sent-") ? [name] : []));
  const last = names.slice(-LONGEST).reverse();
  const unknown = last.indexOf(-1);
  return unknown < 0 ? last : last.slice(0, unknown);
}

interface Counted {
  readonly key: string;
  failed: number;
  healthy: number;
}

/** How often each pattern of a failure is there, on failing and on healthy connections. */
function counted(failures: readonly KnownMoment[], controls: readonly KnownMoment[]): Counted[] {
  const all = new Map<string, Counted>();
  for (const failure of failures) {
    for (const key of keysOf(failure)) {
      const known = all.get(key) ?? { key, failed: 0, healthy: 0 };
      known.failed++;
      all.set(key, known);
    }
  }
  for (const control of controls) {
    for (const key of keysOf(control)) {
      const known = all.get(key);
      if (known !== undefined) known.healthy++;
    }
  }
  return [...all.values()];
}

/** The last message, the last two, the last three, each the last first. */
function keysOf(moment: KnownMoment): string[] {
  const sent = lastSent(moment);
  return sent.map((_, at) => sent.slice(0, at + 1).join(" "));
}

function best(
  { names }: Signals,
  failures: readonly KnownMoment[],
  controls: readonly KnownMoment[],
): Pattern | null {
  const found = counted(failures, controls);
  const rates = falseDiscoveryRates(
    found.map(({ failed, healthy }) =>
      associationP(
        {
          failed,
          exposed: failed + healthy,
          otherFailed: failures.length - failed,
          otherExposed: failures.length - failed + controls.length - healthy,
        },
        1,
      ),
    ),
  );
  const kept = found
    .filter(
      ({ failed, healthy }, at) =>
        failed >= LEAST_SHARE * failures.length &&
        failed / failures.length >= LEAST_RATIO * ((healthy + 0.5) / controls.length) &&
        (rates[at] ?? 1) <= MOST_DISCOVERY_RATE,
    )
    .sort((a, b) => a.key.split(" ").length - b.key.split(" ").length || b.failed - a.failed);
  const [first, ...longer] = kept;
  if (first === undefined) return null;
  const chosen = longer.reduce(
    (so, one) => (one.failed >= KEEPS * so.failed && one.healthy <= LEAVES * so.healthy ? one : so),
    first,
  );
  const said = chosen.key
    .split(" ")
    .map((name) => names[Number(name)]?.name ?? "")
    .reverse();
  const { failed, healthy } = chosen;
  return { names: said, failed, failures: failures.length, healthy, controls: controls.length };
}

/** The first of each connection: one that fails again and again is one. */
function oncePer(failures: readonly KnownFailure[]): KnownFailure[] {
  const seen = new Set<number>();
  return failures.filter(({ connection }) => {
    const isFirst = !seen.has(connection);
    seen.add(connection);
    return isFirst;
  });
}
