/**
 * Detector: replies take much longer to one worker than to all others, which send the same to the same targets: it is on its side, or on its
 * way. Listed in ../registry.ts. Invariant: a worker that leaves its messages late, or stands still, is slow by itself, and none of this.
 */

import type { FailureSeries } from "../../../merge/failures/failure-series.ts";
import { median } from "../../stats/interval.ts";
import { count, ms, percent } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { FOLLOWS_A_LIMIT } from "../latency/saturation.ts";
import { weightsOf } from "../parts.ts";
import { countOf, type Signals, spanOf } from "../signals.ts";
import {
  ownIn,
  slowestOther,
  standingOut,
  type WorkerBlock,
  workerBlocks,
  workerName,
} from "./workers.ts";

/** In a row, of a run cut into about twelve. */
const LEAST_BLOCKS = 3;
/** Half of its replies, over half of those of any other. */
const SLOWER = 3;
const LEAST_US = 8000;
/** Of what its replies take longer: how late half of its messages leave, at most. */
const MOST_LAG = 0.1;
/** Of the failures of a kind that were kept, those of this worker: then they are its own. */
const ITS_OWN = 0.9;
/** What goes unanswered. */
const SILENT = [
  "heartbeat-timeout",
  "reply-timeout",
  "tcp-timeout",
  "tls-timeout",
  "upgrade-timeout",
] as const;
const LEAST_FAILED = 20;
/** Of it, that of one worker, which has so many of the connections at most. */
const ALONE = 0.95;
const MOST_OPEN = 0.6;

export const slowWorker: Detector = {
  meta: {
    causes: ["generator-network"],
    doc: "in a quarter of the run or more, in a row, half of the replies to one worker take 3 times as long as half of those to any other, 8 ms longer at least, and its messages leave on time; or 20 connections, attempts or messages or more get no answer, 95 % of them those of one worker, which holds three fifths of the connections at most",
    explains: [
      "bandwidth-limit",
      "compression-cost",
      "dependency-pool",
      "event-loop-pauses",
      "message-size-limit",
      "mtu-blackhole",
      "periodic-stall",
      "saturation",
      "slow-backend",
      "slow-broadcast",
      ...FOLLOWS_A_LIMIT,
    ],
  },
  detect(signals) {
    const slow = slowest(signals);
    const cutOff = slow.length > 0 ? [] : unanswered(signals);
    return [...slow, ...cutOff];
  },
};

function slowest(signals: Signals): readonly Hypothesis[] {
  const found = standingOut(workerBlocks(signals, "service"), slowIn);
  if (found === null || found.blocks.length < LEAST_BLOCKS) return [];
  const { epoch, blocks } = found;
  const seconds = new Set(blocks.map(({ from }) => from));
  const lags = workerBlocks(signals, "sendLag").filter(({ from }) => seconds.has(from));
  const slowUs = median(ownIn(blocks, epoch).map(({ halfUs }) => halfUs));
  const fastUs = median(blocks.map((block) => slowestOther(block, epoch)));
  const lagUs = median(ownIn(lags, epoch).map(({ halfUs }) => halfUs));
  if (lagUs > MOST_LAG * (slowUs - fastUs)) return [];
  return [hypothesis(signals, { epoch, blocks, slowUs, fastUs })];
}

interface Slow {
  readonly epoch: number;
  readonly blocks: readonly WorkerBlock[];
  readonly slowUs: number;
  readonly fastUs: number;
}

function hypothesis(signals: Signals, { epoch, blocks, slowUs, fastUs }: Slow): Hypothesis {
  const name = workerName(signals, epoch);
  const from = blocks[0]?.from ?? 0;
  const to = blocks.at(-1)?.to ?? from;
  const replies = ownIn(blocks, epoch).reduce((sum, { count: own }) => sum + own, 0);
  const others = (blocks[0]?.workers.length ?? 2) - 1;
  return {
    cause: "generator-network",
    confidence: "likely",
    sentence: `Replies are slow for worker ${name} alone: half of them take ${ms(slowUs)}, and ${ms(fastUs)} at most for the ${others === 1 ? "other worker" : `${count(others)} other workers`}, which send the same to the same targets.`,
    evidence: [
      shownIn(
        `${count(replies)} replies to ${name} were slow from second ${from} to ${to}, and its messages left on time.`,
        from,
        to,
      ),
    ],
    against: [OTHER_INSTANCE],
    nextProbe: probeOf(name),
    from,
    to,
    impact: replies,
    symptoms: signals.failures.filter((series) => isIts(signals, series, epoch)),
  };
}

const OTHER_INSTANCE =
  "A balancer that gives the address of this worker another instance than the others looks alike.";

function probeOf(name: string): string {
  return `Look at the network of ${name} (\`ip -s link\`, \`tc qdisc\`, what else its machine sends, \`iperf3\` to the target); move it to another machine, or run without it, and compare.`;
}

/** What gets no answer is of one worker alone. */
function unanswered(signals: Signals): readonly Hypothesis[] {
  const { workers } = signals.fold.merge;
  if (workers.size < 2) return [];
  const series = SILENT.flatMap((kind) => signals.of(kind));
  const span = spanOf(series);
  const failed = countOf(series);
  if (span === null || failed < LEAST_FAILED) return [];
  const shares = sharesOf(signals, series);
  const most = [...workers.values()]
    .filter(({ loss }) => loss === null)
    .map(({ epoch }) => ({ epoch, share: shares.get(epoch) ?? 0 }))
    .sort((a, b) => b.share - a.share)[0];
  if (most === undefined || most.share < ALONE) return [];
  const openOf = (epoch: number) => workers.get(epoch)?.openGauge.peak() ?? 0;
  const open = [...workers.keys()].reduce((sum, epoch) => sum + openOf(epoch), 0);
  if (openOf(most.epoch) > MOST_OPEN * open) return [];
  const name = workerName(signals, most.epoch);
  return [
    {
      cause: "generator-network",
      confidence: "likely",
      sentence: `Worker ${name} alone gets no answer: ${percent(most.share)} of what went unanswered is its own, with ${percent(openOf(most.epoch) / open)} of the connections.`,
      evidence: [
        shownIn(
          `${count(failed)} connections, attempts and messages got no answer in time; the workers send the same to the same targets.`,
          ...span,
        ),
      ],
      against: [OTHER_INSTANCE],
      nextProbe: probeOf(name),
      from: span[0],
      to: span[1],
      impact: failed,
      symptoms: series,
    },
  ];
}

/** The one worker that is slower than all others by so much; null: none is. */
function slowIn({ workers }: WorkerBlock): number | null {
  const [others, last] = workers.slice(-2);
  if (others === undefined || last === undefined) return null;
  const [ownUs, othersUs] = [last.halfUs, others.halfUs];
  return ownUs >= SLOWER * othersUs && ownUs - othersUs >= LEAST_US ? last.epoch : null;
}

function isIts(signals: Signals, series: FailureSeries, epoch: number): boolean {
  return (sharesOf(signals, [series]).get(epoch) ?? 0) >= ITS_OWN;
}

/** By worker: of the failures that were kept, by how many each stands for. Those of no failure are left out. */
function sharesOf(signals: Signals, series: readonly FailureSeries[]): ReadonlyMap<number, number> {
  const weights = weightsOf(series.flatMap((one) => signals.eventsOf(one)));
  const all = [...weights.values()].reduce((sum, one) => sum + one, 0);
  return new Map([...weights].map(([epoch, weight]) => [epoch, weight / all]));
}
