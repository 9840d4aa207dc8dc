/**
 * Detector: one worker connects to other addresses of the target than all others do, and its connections alone fail or are slow: its
 * machine resolves the name to an address that is not, or no longer, the service's. Listed in ../registry.ts. Invariant: other addresses
 * alone are no fault: a name may have several, and a resolver may give each machine the nearest.
 */
import { isIP } from "node:net";
import { hostOf } from "../../../../shared/net/host.ts";
import { indexOf, PHASE_COUNTERS, type PhaseCounter } from "../../../../shared/stats/counters.ts";
import type { FailureSeries } from "../../../merge/failures/failure-series.ts";
import { count, ms, partOf } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { burstsOf, culprits } from "../parts.ts";
import { type Signals, spanOf } from "../signals.ts";
import { partsOf, slower } from "./sampled.ts";

const COUNTER = indexOf(PHASE_COUNTERS);
/** Of the failures of a kind, those of the worker. */
const MOST_OF_THEM = 0.8;
/** Workers, of two of which each is so: where more are, a resolver gives each its own address. */
const MOST_ALONE = 2;

interface Question {
  readonly what: string;
  readonly failed: readonly PhaseCounter[];
  readonly of: PhaseCounter;
}

const QUESTIONS: readonly Question[] = [
  { what: "attempts to connect failed", failed: ["failed"], of: "attempted" },
  { what: "connections were dropped", failed: ["dropped"], of: "established" },
  {
    what: "messages got no reply in time",
    failed: ["timedOut", "unanswered"],
    of: "expected",
  },
];

export const staleAddress: Detector = {
  meta: {
    causes: ["stale-address"],
    doc: "one worker, or each of two, connects to addresses of a name to which no other does, and one of them alone fails 3 times as often as the others, 10 times at least, at a rate of false discoveries of 1 %, or half of its replies take twice as long as half of the others', 4 ms longer at least; in runs of one target without faults",
    explains: [
      "service-down",
      "zombie",
      "blackhole",
      "server-errors",
      "proxy-upstream-down",
      "wrong-address",
      "untrusted-certificate",
      "expired-certificate",
      "crash-and-restart",
      "message-loss",
      "network-latency",
      "network-jitter",
      "dependency-pool",
      "unknown",
    ],
  },
  detect(signals) {
    const [target, ...others] = signals.targets;
    const { faults } = signals.fold.facts.scenario;
    if (target === undefined || others.length > 0 || !isName(target.url)) return [];
    if (faults.length > 0 || signals.isDisturbedOutside) return [];
    const addresses = addressesOf(signals);
    const alone = aloneIn(addresses);
    if (alone.length > MOST_ALONE) return [];
    return alone
      .flatMap((worker) => hypothesis(signals, addresses, worker))
      .sort((a, b) => b.impact - a.impact)
      .slice(0, 1);
  },
};

function isName(url: string): boolean {
  const host = URL.canParse(url) ? hostOf(new URL(url)) : null;
  return host !== null && isIP(host) === 0;
}

type Addresses = ReadonlyMap<number, ReadonlySet<string>>;

/** By worker: where its connections and its attempts went. */
function addressesOf({ events }: Signals): Addresses {
  const addresses = new Map<number, Set<string>>();
  for (const { worker, address } of [...events.failures, ...events.controls]) {
    if (address === "") continue;
    addresses.set(worker, (addresses.get(worker) ?? new Set()).add(address));
  }
  return addresses;
}

/** Workers none of whose addresses is another's; none of a single worker. */
function aloneIn(addresses: Addresses): readonly number[] {
  if (addresses.size < 2) return [];
  const workersAt = new Map<string, number>();
  for (const address of [...addresses.values()].flatMap((own) => [...own]))
    workersAt.set(address, (workersAt.get(address) ?? 0) + 1);
  const isAlone = (own: ReadonlySet<string>) =>
    [...own].every((address) => workersAt.get(address) === 1);
  return [...addresses].flatMap(([worker, own]) => (isAlone(own) ? [worker] : []));
}

function hypothesis(signals: Signals, addresses: Addresses, worker: number): Hypothesis[] {
  const { id = `worker ${worker}` } = signals.fold.merge.workers.get(worker) ?? {};
  const own = [...(addresses.get(worker) ?? [])].sort().join(", ");
  const others = [...addresses].flatMap(([other, theirs]) => (other === worker ? [] : [...theirs]));
  const theirs = [...new Set(others)].sort().join(", ");
  const failing = QUESTIONS.flatMap((question) => failingOf(signals, question, worker));
  const slow = slownessOf(signals, worker);
  if (failing.length === 0 && slow === null) return [];
  const symptoms = failing.length === 0 ? [] : seriesOf(signals, worker);
  const [from, to] = spanOf(symptoms) ?? [0, signals.rows.length];
  const found = [...failing.map(({ sentence }) => sentence), ...(slow ? [slow] : [])];
  return [
    {
      cause: "stale-address",
      confidence: "likely",
      sentence: `Worker ${id} connects to ${own}, the others to ${theirs}, and its connections alone are worse: its machine may resolve the name to an address that is not, or no longer, the service's.`,
      evidence: found.map((sentence) => shownIn(sentence, from, to)),
      against: [
        "The way from this worker to the service may be the worse one, whatever its address.",
      ],
      nextProbe: `Resolve the name on the machine of ${id} and on another (\`getent hosts NAME\`), and look at its cache of names.`,
      ...{ from, to, symptoms },
      impact: failing.reduce((sum, { failed }) => sum + failed, 0),
    },
  ];
}

function failingOf(
  signals: Signals,
  { what, failed, of }: Question,
  worker: number,
): { readonly failed: number; readonly sentence: string }[] {
  const workers = [...signals.fold.merge.workers.values()];
  const parts = workers.map(({ counters }) => {
    const sum = failed.reduce((all, counter) => all + (counters[COUNTER[counter]] ?? 0), 0);
    return [{ failed: sum, exposed: counters[COUNTER[of]] ?? 0 }];
  });
  return culprits(parts, burstsOf(signals.failures, signals.rows.length))
    .filter(({ part }) => workers[part]?.epoch === worker)
    .map((one) => ({
      failed: one.failed,
      sentence: `Of this worker ${partOf(one.failed, one.exposed)}: ${what}; of the others ${partOf(one.otherFailed, Math.max(1, one.otherExposed))}.`,
    }));
}

/** A sentence; null: its replies come as soon as those of the others. */
function slownessOf(signals: Signals, worker: number): string | null {
  const parts = partsOf(signals, (one) => (one.worker === worker ? "own" : "others"));
  const { timesMs: own = [] } = parts.get("own") ?? {};
  const { timesMs: others = [] } = parts.get("others") ?? {};
  const times = slower(own, others);
  if (times === null) return null;
  return `Half of ${count(own.length)} sampled replies of this worker took over ${ms(1000 * times.ownMs)}, of the others ${ms(1000 * times.othersMs)}.`;
}

/** What fails at this worker, and hardly at others. */
function seriesOf(signals: Signals, worker: number): readonly FailureSeries[] {
  return signals.failures.filter((series) => {
    const events = signals.eventsOf(series);
    const own = events.filter((one) => one.worker === worker).length;
    return own > 0 && own >= MOST_OF_THEM * events.length;
  });
}
