/**
 * Which messages failing connections had sent last, one, two or three of them in their order, against healthy connections at random
 * moments. Called by failing.ts, and by the witness of sequences. Pure. Invariant: a connection counts once; what healthy connections do
 * about as often is no pattern, however many failed; many patterns are paid for by the rate of false discoveries.
 */
import type { KnownFailure, KnownMoment } from "../../../merge/evidence/failure-events.ts";
import type { FailureSeries } from "../../../merge/failures/failure-series.ts";
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
  const { controls } = signals.events;
  const failures = oncePer(signals.eventsOf(series));
  if (failures.length < LEAST_EVENTS || controls.length < LEAST_CONTROLS) return null;
  return best(
    signals,
    [failures, controls].map((all) => all.map(lastSent)),
  );
}

/** Positions of the names sent, the last one first; an unknown one ends them. */
function lastSent({ recent }: KnownMoment): readonly number[] {
  const names = recent.flatMap(({ what, name }) => (what.startsWith("sent-") ? [name] : []));
  const last = names.slice(-LONGEST).reverse();
  const unknown = last.indexOf(-1);
  return unknown < 0 ? last : last.slice(0, unknown);
}

function best(
  { names }: Signals,
  [failures = [], controls = []]: readonly (readonly (readonly number[])[])[],
): Pattern | null {
  const keys = new Set(failures.flatMap((sent) => sent.map((_, at) => keyOf(sent, at + 1))));
  const found = [...keys].map((key) => {
    const length = key.split(" ").length;
    const has = (sent: readonly number[]) => sent.length >= length && keyOf(sent, length) === key;
    return {
      key,
      length,
      failed: failures.filter(has).length,
      healthy: controls.filter(has).length,
    };
  });
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
    .sort((a, b) => a.length - b.length || b.failed - a.failed);
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

function keyOf(sent: readonly number[], length: number): string {
  return sent.slice(0, length).join(" ");
}

/** The first of each connection: one that fails again and again is one. */
function oncePer(failures: readonly KnownFailure[]): KnownFailure[] {
  const seen = new Set<number>();
  return failures.filter(({ connection }) => seen.size < seen.add(connection).size);
}
