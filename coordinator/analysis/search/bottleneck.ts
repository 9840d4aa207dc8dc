/**
 * What gave out where a search broke: connections, messages, the network or the generator, by how each grew from level to level. Pure;
 * called by capacity.ts. Invariant: what grows together is not told apart; then it is unknown, and which run would tell. The law of universal
 * scalability is not fitted: its load is requests in flight, and up to the limit of an open load these follow from the rate, so it would
 * find a peak in noise.
 */
import { count, percent } from "../text.ts";

export const RESOURCES = ["connections", "messages", "network", "generator", "unknown"] as const;

export interface Bottleneck {
  readonly resource: (typeof RESOURCES)[number];
  /** With the figures, a sentence each. */
  readonly evidence: readonly string[];
  /** What to add, or the run that would tell. */
  readonly next: string;
}

/** A level as it was held. */
export interface MeasuredLevel {
  readonly planned: number;
  readonly verdict: "held" | "broken" | "untrusted";
  readonly reason: string;
  /** At its end. */
  readonly open: number;
  readonly sentPerSec: number;
  readonly receivedPerSec: number;
  readonly bytesPerSec: number;
}

/** The same number of open connections, whatever is planned. */
const SAME = 0.02;
/** Levels are compared when one plans so much more. */
const MORE = 1.1;
/** Where more is offered and this part of it, or less, comes back, throughput has stopped growing. */
const FLAT = 0.2;
const LEAST_OPEN = 0.99;
/** Of these rates in bits a second so much is payload where a network is full. */
const NETWORKS = [100e6, 1e9, 10e9, 25e9, 40e9, 100e9];
const FULL = [0.85, 1] as const;

/** @returns null: nothing broke */
export function bottleneckOf(
  levels: readonly MeasuredLevel[],
  isGeneratorsLimit: boolean,
): Bottleneck | null {
  const broken = levels.filter(({ verdict }) => verdict === "broken");
  if (isGeneratorsLimit) return generators(levels);
  if (broken.length === 0) return null;
  return capped(levels, broken) ?? flat(levels, broken) ?? unknown(levels, broken);
}

function generators(levels: readonly MeasuredLevel[]): Bottleneck {
  const last = levels.findLast(({ verdict }) => verdict === "untrusted");
  const at = last === undefined ? "" : ` at ${count(last.planned)} connections: ${last.reason}`;
  return {
    resource: "generator",
    evidence: [`The generator gave out first${at}.`],
    next: "Add workers, or machines for them (docs/tuning.md); the target's limit lies further up.",
  };
}

/** However many more are planned, as many are open, and they are served. */
function capped(
  levels: readonly MeasuredLevel[],
  broken: readonly MeasuredLevel[],
): Bottleneck | null {
  const short = broken.filter(({ open, planned }) => open < LEAST_OPEN * planned);
  const held = levels.filter(({ verdict }) => verdict === "held");
  const most = Math.max(0, ...held.map(({ open }) => open));
  const isSame = short.every(({ open }) => open > 0 && Math.abs(open - most) <= SAME * most + 1);
  if (short.length === 0 || short.length < broken.length || most === 0 || !isSame) return null;
  const tried = [...new Set(short.map(({ planned }) => planned))].map(count).join(", ");
  return {
    resource: "connections",
    evidence: [
      `About ${count(most)} connections were open at most, also where ${tried} were planned.`,
    ],
    next: "Raise what limits connections (open files, the listener's own limit, the balancer's, or instances); messages are not what gave out.",
  };
}

/** All are open, more is sent, and no more comes back. */
function flat(
  levels: readonly MeasuredLevel[],
  broken: readonly MeasuredLevel[],
): Bottleneck | null {
  const low = levels
    .filter(({ verdict, receivedPerSec }) => verdict === "held" && receivedPerSec > 0)
    .reduce<MeasuredLevel | null>((a, b) => (a && a.planned >= b.planned ? a : b), null);
  if (low === null) return null;
  const above = broken.filter(
    ({ planned, open }) => planned >= MORE * low.planned && open >= LEAST_OPEN * planned,
  );
  const high = above.reduce<MeasuredLevel | null>(
    (a, b) => (a && a.planned >= b.planned ? a : b),
    null,
  );
  if (high === null) return null;
  const offered = high.planned / low.planned - 1;
  const came = high.receivedPerSec / low.receivedPerSec - 1;
  if (came > FLAT * offered) return null;
  const grew = `From ${count(low.planned)} to ${count(high.planned)} connections (+${percent(offered)}) what came back went from ${rate(low)} to ${rate(high)}.`;
  const network = NETWORKS.find((bits) => {
    const share = (8 * Math.max(low.bytesPerSec, high.bytesPerSec)) / bits;
    return share >= FULL[0] && share <= FULL[1];
  });
  if (network !== undefined) {
    const bits = `${count(Math.round((8 * high.bytesPerSec) / 1e6))} Mbit/s`;
    return {
      resource: "network",
      evidence: [
        grew,
        `That is ${bits}, about what a network of ${count(network / 1e6)} Mbit/s carries.`,
      ],
      next: "Look at the network's own figures on both sides; a faster one, smaller messages or compression would tell.",
    };
  }
  return {
    resource: "messages",
    evidence: [grew, "All connections were open, so it is not their number that was refused."],
    next: "Add what handles messages (processor, instances, what lies behind them): more connections alone bring no more through.",
  };
}

function unknown(levels: readonly MeasuredLevel[], broken: readonly MeasuredLevel[]): Bottleneck {
  const first = broken.reduce((a, b) => (a.planned <= b.planned ? a : b));
  const sends = levels.some(({ sentPerSec }) => sentPerSec > 0);
  return {
    resource: "unknown",
    evidence: [`${count(first.planned)} connections broke: ${first.reason}.`],
    next: sends
      ? "Connections and messages grew together. Search again with `messages: { total: … }` at what held: if it breaks at as many connections, these are the limit, and messages otherwise."
      : "Look at the findings and failures of the levels that broke.",
  };
}

function rate({ receivedPerSec }: MeasuredLevel): string {
  return `${count(Math.round(receivedPerSec))}/s`;
}
