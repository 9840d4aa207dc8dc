/**
 * Detector: pushed messages take longer to one worker by the same time for all of them and its replies do not, or they take less than nothing:
 * its wall clock, by which one-way times are taken, is off. Listed in ../registry.ts. Invariants: all that is said is of one worker among
 * several, as a clock of the target that is off is off for all of them; a longer way is no clock, so without replies nobody is ahead.
 */
import { median } from "../../stats/interval.ts";
import { ms } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";
import {
  figuresIn,
  ownIn,
  slowestOther,
  standingOut,
  type WorkerBlock,
  workerBlocks,
  workerName,
} from "./workers.ts";

/** In a row, of a run cut into about twelve. */
const LEAST_BLOCKS = 4;
/** Its fastest tenth over the slowest half of any other, and by so much: no way is longer for all messages, and none for replies. */
const LATER = 3;
const LEAST_US = 20_000;
/** Of all others: clocks are read to half a millisecond, and messages may name whole ones. */
const LEAST_OTHERS_US = 2000;
/** Of the shift: what half of its replies may take. */
const MOST_REPLY = 0.25;

export const clockSkew: Detector = {
  meta: {
    causes: ["clock-skew"],
    doc: "in a third of the run or more, in a row, the fastest tenth of the pushed messages took 3 times as long to one worker as half of those to any other, 20 ms longer at least, and half of its replies, of which there are some, took a quarter of the difference at most; or half of those to it took no time, and half of those to each of the others 2 ms or more",
    explains: ["slow-broadcast"],
  },
  detect(signals) {
    if (signals.fold.outside.ordered.some(({ effect }) => effect.kind === "skew")) return [];
    const pushed = workerBlocks(signals, "push");
    const ahead = skewOf(pushed, "ahead");
    const found = [ahead && isItsWay(signals, ahead) ? null : ahead, skewOf(pushed, "behind")];
    return found
      .flatMap((one) => one ?? [])
      .sort((a, b) => b.blocks.length - a.blocks.length)
      .slice(0, 1)
      .map((one) => hypothesis(signals, one));
  },
};

interface Skew {
  readonly epoch: number;
  readonly kind: keyof typeof WHO;
  readonly blocks: readonly WorkerBlock[];
  readonly ownUs: number;
  readonly othersUs: number;
}

const WHO = { ahead: aheadIn, behind: behindIn };

/** null: no worker is so for long enough. */
function skewOf(pushed: readonly WorkerBlock[], kind: Skew["kind"]): Skew | null {
  const found = standingOut(pushed, WHO[kind]);
  if (found === null || found.blocks.length < LEAST_BLOCKS) return null;
  const { epoch, blocks } = found;
  const ownUs = median(ownIn(blocks, epoch).map(({ halfUs }) => halfUs));
  const othersUs = median(blocks.map((block) => slowestOther(block, epoch)));
  return { epoch, kind, blocks, ownUs, othersUs };
}

/** Its replies may take longer, too, in the same seconds; or there are too few that could tell a longer way from a clock. */
function isItsWay(signals: Signals, { epoch, blocks, ownUs, othersUs }: Skew): boolean {
  const [from, to] = [blocks[0]?.from ?? 0, blocks.at(-1)?.to ?? 0];
  const replies = figuresIn(signals, "service", { epoch, from, to });
  return replies === null || replies.halfUs > MOST_REPLY * (ownUs - othersUs);
}

function hypothesis(signals: Signals, { epoch, kind, blocks, ownUs, othersUs }: Skew): Hypothesis {
  const name = workerName(signals, epoch);
  const from = blocks[0]?.from ?? 0;
  const to = blocks.at(-1)?.to ?? from;
  return {
    cause: "clock-skew",
    confidence: "likely",
    sentence:
      kind === "ahead"
        ? `The clock of worker ${name} is ahead by about ${ms(ownUs - othersUs)}: all pushed messages seem to take that much longer to it, and replies do not.`
        : `The clock of worker ${name} is behind: pushed messages seem to reach it before they were sent.`,
    evidence: [
      shownIn(
        `Half of the pushed messages took ${ms(ownUs)} to ${name}, and ${ms(othersUs)} at most to any other worker.`,
        from,
        to,
      ),
    ],
    against: [],
    nextProbe: `Synchronise the clock of the machine of ${name} (\`chronyc tracking\`, \`timedatectl\`), and run again: one-way times of this run hold its error.`,
    from,
    to,
    impact: ownIn(blocks, epoch).reduce((sum, { count }) => sum + count, 0),
    symptoms: [],
  };
}

/** The one worker whose clock seems to be ahead; null: none is. */
function aheadIn({ workers }: WorkerBlock): number | null {
  const [others, last] = workers.slice(-2);
  if (others === undefined || last === undefined) return null;
  const { tenthUs } = last;
  const isAhead = tenthUs >= LATER * others.halfUs && tenthUs - others.halfUs >= LEAST_US;
  return isAhead ? last.epoch : null;
}

/** The one worker that messages seem to reach before they were sent; null: there is none. */
function behindIn({ workers: [first, others] }: WorkerBlock): number | null {
  if (first?.halfUs !== 0 || others === undefined) return null;
  return others.halfUs >= LEAST_OTHERS_US ? first.epoch : null;
}
