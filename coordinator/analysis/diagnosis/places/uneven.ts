/**
 * Detector: of the servers behind one address one has more of the connections than the others, and its replies take longer: the balancer
 * shares unevenly, or it goes by the source address, of which the load has few. Listed in ../registry.ts. Invariant: servers are told apart
 * by what they say when a connection opens (worker/socket/served-by.ts); where they say nothing, neither does this.
 */
import type { KnownMoment } from "../../../merge/evidence/failure-events.ts";
import { evennessP } from "../../stats/chi-squared.ts";
import { count, ms, partOf, percent } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { shownName } from "../foreign.ts";
import { countOf, type Signals } from "../signals.ts";
import { type Part, partsOf, type Slower, slower } from "./sampled.ts";

/** Connections looked at. */
const LEAST_CONNECTIONS = 40;
/** Over an even share. */
const LEAST_TIMES_EVEN = 1.3;
const MOST_P = 0.01;
/** Of one source, so that all at one server is no chance; and of all connections, those of such sources. */
const LEAST_OF_SOURCE = 5;
const LEAST_SOURCED = 0.9;
const CERTAIN_SOURCES = 3;
/** Of replies that are late, those of the busy server. */
const MOST_OF_THEM = 0.8;
/** Servers, and pairs of a source and its server, that a sentence names. */
const MOST_TOLD = 8;

export const uneven: Detector = {
  meta: {
    causes: ["unbalanced-load", "few-source-addresses"],
    doc: "of the servers that name themselves behind one target (`x-served-by`, [connections.md](connections.md#servers-behind-a-balancer)) the busiest has 1.3 times an even share of 40 sampled connections or more (chi-squared, p < 0.01), and half of its replies take twice as long as half of the others', 4 ms longer at least; `few-source-addresses` when each source address of 5 connections or more has all of them at one server, `certain` with three such addresses",
    explains: [
      "saturation",
      "dependency-pool",
      "network-latency",
      "network-jitter",
      "network-loss",
      "memory-leak",
      "slow-backend",
      "slow-message-type",
      "event-loop-pauses",
      "periodic-stall",
      "bandwidth-limit",
      "message-loss",
      "reordering",
      "unknown",
    ],
  },
  detect(signals) {
    return signals.targets
      .flatMap((_, target) => {
        const found = busiest(signals, target);
        return found === null ? [] : [hypothesis(signals, found)];
      })
      .slice(0, 1);
  },
};

interface Busiest {
  readonly target: number;
  readonly server: string;
  /** Sampled connections at it, and in all. */
  readonly own: number;
  readonly all: number;
  /** By how many connections they have. */
  readonly servers: readonly (readonly [name: string, connections: number])[];
  readonly slower: Slower;
}

/** null: they have about as many, or the busiest is not slow. */
function busiest(signals: Signals, target: number): Busiest | null {
  const parts = partsOf(signals, (one) =>
    one.target === target && one.servedBy !== "" ? one.servedBy : null,
  );
  const servers = [...parts]
    .map(([name, { connections }]) => [name, connections] as const)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const all = servers.reduce((sum, [, connections]) => sum + connections, 0);
  const [[server, own] = ["", 0]] = servers;
  const even = all / servers.length;
  if (servers.length < 2 || all < LEAST_CONNECTIONS || own < LEAST_TIMES_EVEN * even) return null;
  if (evennessP(servers.map(([, seen]) => seen)) > MOST_P) return null;
  const others = [...parts].flatMap(([name, { timesMs }]) => (name === server ? [] : timesMs));
  const times = slower((parts.get(server) as Part).timesMs, others);
  return times === null ? null : { target, server, own, all, servers, slower: times };
}

function hypothesis(signals: Signals, found: Busiest): Hypothesis {
  const { own, all, servers, slower: times } = found;
  const server = shownName(found.server);
  const sources = sourcesOf(signals, found);
  const end = signals.rows.length;
  const { matched } = signals.fold.merge.counters();
  const label = signals.labelOf(found.target);
  const shares = told(servers, ([name, seen]) => `${shownName(name)} ${percent(seen / all)}`);
  const evidence = [
    shownIn(`Of ${count(all)} sampled connections ${shares}.`, 0, end),
    shownIn(
      `Half of the replies of ${server} took over ${ms(1000 * times.ownMs)}, of the others ${ms(1000 * times.othersMs)}.`,
      0,
      end,
    ),
  ];
  const common = {
    ...(signals.targets.length > 1 && { scope: { target: label } }),
    from: 0,
    to: end,
    impact: Math.round((matched * own) / all),
    symptoms: lateAt(signals, found.server),
  };
  if (sources.length > 0) {
    return {
      ...common,
      cause: "few-source-addresses",
      confidence: sources.length >= CERTAIN_SOURCES ? "certain" : "likely",
      sentence: `The balancer goes by the source address, and the load comes from ${sources.length}: ${server} has ${partOf(own, all)} of the connections and is slow. That is the test's doing, and not the service's: users have addresses of their own.`,
      evidence: [
        ...evidence,
        shownIn(
          `Each source address has one server: ${told(sources, ([source, name]) => `${source} ${shownName(name)}`)}.`,
          0,
          end,
        ),
      ],
      against: [],
      nextProbe:
        "Name more source addresses (`connect.localAddresses`), or run more workers on other machines: the servers should have as many connections each.",
    };
  }
  return {
    ...common,
    cause: "unbalanced-load",
    confidence: "likely",
    sentence: `The balancer gives ${server} ${partOf(own, all)} of the sampled connections, where an even share of ${servers.length} servers is ${percent(1 / servers.length)}, and its replies are slow.`,
    evidence,
    against: ["A server that is slow by itself, and that more connections stay with, looks alike."],
    nextProbe:
      "Look at the balancer's method and weights, and at the connections open at each server; then run the same load with an even share: that server should be as fast as the others.",
  };
}

type Pair = readonly [source: string, server: string];

/** Each source and its server, where that is one; none where connections of one source go to several. */
function sourcesOf(signals: Signals, { target, all }: Busiest): readonly Pair[] {
  const parts = partsOf(signals, (one) =>
    one.target === target && one.servedBy !== ""
      ? JSON.stringify([sourceOf(signals, one), one.servedBy])
      : null,
  );
  const pairs = [...parts].map(([key, { connections }]) => {
    const [source = "", server = ""] = JSON.parse(key) as string[];
    return { source, server, connections };
  });
  const known = pairs.filter(
    ({ source, connections }) => source !== "" && connections >= LEAST_OF_SOURCE,
  );
  const sourced = known.reduce((sum, { connections }) => sum + connections, 0);
  const isOne = new Set(pairs.map(({ source }) => source)).size === pairs.length;
  if (!isOne || known.length < 2 || sourced < LEAST_SOURCED * all) return [];
  return known.map(({ source, server }) => [source, server] as const).sort();
}

/** Where the kernels choose, each machine of workers has one. */
function sourceOf({ fold }: Signals, { source, worker }: KnownMoment): string {
  if (source !== "") return source;
  const host = fold.merge.workers.get(worker)?.host ?? "";
  return host === "" ? "" : `that of ${host}`;
}

/** The first of these, and that there are others. */
function told<T>(all: readonly T[], textOf: (one: T) => string): string {
  const first = all.slice(0, MOST_TOLD).map(textOf).join(", ");
  return `${first}${all.length > MOST_TOLD ? ", …" : ""}`;
}

/** Replies that were late, where they are those of this server. */
function lateAt(signals: Signals, server: string) {
  const late = signals.of("reply-timeout");
  const events = late.flatMap((one) => signals.eventsOf(one));
  const own = events.filter(({ servedBy }) => servedBy === server).length;
  return countOf(late) > 0 && own >= MOST_OF_THEM * events.length ? late : [];
}
