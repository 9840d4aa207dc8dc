/**
 * Detector: a connection may have so few unanswered messages (`inFlight`) that the plan cannot be sent at the time replies take: messages wait
 * for the replies to those before them, and the load follows the service, as in a closed loop. Listed in ../registry.ts. Source of the rule:
 * Little's law (J. Little, Operations Research 9 (1961) 383-387): messages under way = rate * time of a reply. Invariant: the service
 * takes as long as it did with fewer connections; what grows with the load is the service's, and none of this.
 */
import { rolesOf } from "../../../../shared/scenario/names.ts";
import { median } from "../../stats/interval.ts";
import { count, ms } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { FOLLOWS_A_LIMIT } from "../latency/saturation.ts";
import type { Signals } from "../signals.ts";

/** More unanswered messages than that are no script that waits, but a service that does not keep pace. */
const MOST_IN_FLIGHT = 16;
const BLOCKS = 8;
/** Of the blocks with replies, those in which messages waited. */
const MOSTLY = 0.75;
const LEAST_VALUES = 20;
/** Of what a connection can send at the time replies take: what the plan wants. */
const NEAR_LIMIT = 0.7;
/** Half of the messages wait for so long, and for this part of what half of the replies take. */
const LEAST_WAIT_US = 10_000;
const LEAST_WAIT = 0.3;
/** The service takes that many times as long in the end as in the beginning, at most. */
const STEADY = 1.5;
/** Connections open in the beginning, of those in the end: few enough to show what the load does to the service. */
const FEW = 0.7;

export const closedLoop: Detector = {
  meta: {
    causes: ["closed-loop"],
    doc: "a connection may have 16 unanswered messages or fewer, and at the time that replies take it can send hardly more than the plan wants, or less (Little's law); half of the messages wait for 10 ms, and three tenths of that time, in three quarters of the run; and replies take as long with all connections as with the first ones, which `possible` says nothing of",
    explains: [
      "saturation",
      "dependency-pool",
      "bandwidth-limit",
      "slow-backend",
      "periodic-stall",
      "event-loop-pauses",
      "reordering",
      ...FOLLOWS_A_LIMIT,
    ],
  },
  detect(signals) {
    const sends = onlySender(signals);
    if (sends === null || sends.inFlight > MOST_IN_FLIGHT) return [];
    const blocks = blocksOf(signals);
    const waiting = blocks.filter(isWaiting);
    const [first] = blocks;
    const last = blocks.at(-1);
    if (first === undefined || last === undefined) return [];
    const replyUs = median(blocks.map(({ serviceUs }) => serviceUs));
    const perSec = (1e6 * sends.inFlight) / replyUs;
    if (waiting.length < MOSTLY * blocks.length) return [];
    if (sends.perSec < NEAR_LIMIT * perSec || last.serviceUs > STEADY * first.serviceUs) return [];
    const isSeen = signals.openBefore(first.from) <= FEW * signals.openBefore(last.from);
    const waitUs = median(waiting.map(({ waitUs: own }) => own));
    return [hypothesis(signals, { ...sends, from: first.from, replyUs, waitUs, isSeen })];
  },
};

interface Sends {
  readonly inFlight: number;
  /** Of one connection. */
  readonly perSec: number;
}

interface Loop extends Sends {
  readonly from: number;
  readonly replyUs: number;
  readonly waitUs: number;
  readonly isSeen: boolean;
}

function hypothesis(signals: Signals, loop: Loop): Hypothesis {
  const { inFlight, perSec, from, replyUs, waitUs, isSeen } = loop;
  const to = signals.rows.length;
  const rate = (value: number) => `${Number(value.toPrecision(3))}/s`;
  const most = rate((1e6 * inFlight) / replyUs);
  return {
    cause: "closed-loop",
    confidence: isSeen ? "likely" : "possible",
    sentence: `Messages wait for the replies to those before them: with ${count(inFlight)} unanswered at most (\`messages.inFlight\`) a connection can send ${most}, where the plan wants ${rate(perSec)}.`,
    evidence: [
      shownIn(
        `Half of the replies took ${ms(replyUs)} from the send, and half of the messages had waited for ${ms(waitUs)} before it.`,
        from,
        to,
      ),
      {
        sentence:
          "The load follows the service: when it is slow, less is sent, and service time does not hold the wait (coordinated omission); latency, from the intended time, does.",
        seconds: [],
      },
    ],
    against: isSeen
      ? []
      : [
          "A service that was at its limit from the start looks alike: what it does with fewer connections is not known.",
        ],
    nextProbe:
      "Let more messages be unanswered at a time (`messages.inFlight`), or plan less (`messages.rate`), more connections with a lower rate each; where users do wait for each answer, judge service time.",
    from,
    to,
    impact: signals.repliesIn([from, to]),
    symptoms: [...signals.of("reply-timeout"), ...signals.of("unanswered")],
  };
}

/** Of the only role that sends by itself, at a rate for each connection; null: there is none, or several. */
function onlySender({ fold }: Signals): Sends | null {
  const [messages, ...others] = rolesOf(fold.facts.scenario).flatMap((role) => role.messages ?? []);
  if (messages === undefined || others.length > 0) return null;
  const { rate, inFlight } = messages;
  return rate.kind === "perConnection" ? { inFlight, perSec: rate.perSec } : null;
}

interface Block {
  readonly from: number;
  readonly serviceUs: number;
  readonly waitUs: number;
}

/** Those with replies, in the order of time. */
function blocksOf(signals: Signals): readonly Block[] {
  const long = Math.max(1, Math.floor(signals.rows.length / BLOCKS));
  const blocks: Block[] = [];
  for (let from = 0; from + long <= signals.rows.length; from += long) {
    const service = signals.times("service", [from, from + long]);
    const latency = signals.times("latency", [from, from + long]);
    if (service === null || latency === null || service.count < LEAST_VALUES) continue;
    const serviceUs = service.quantile(0.5);
    blocks.push({ from, serviceUs, waitUs: latency.quantile(0.5) - serviceUs });
  }
  return blocks;
}

function isWaiting({ serviceUs, waitUs }: Block): boolean {
  return waitUs >= Math.max(LEAST_WAIT_US, LEAST_WAIT * serviceUs);
}
