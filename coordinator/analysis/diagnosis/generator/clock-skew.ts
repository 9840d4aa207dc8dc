/**
 * Detector: pushed messages take longer to one worker by the same time for all of them, or less than nothing, and replies do not: its wall
 * clock, by which one-way times are taken, is off. Listed in ../registry.ts. Invariant: all that is said is of one worker among several; a
 * clock of the target that is off is off for all of them.
 */
import { median } from "../../stats/interval.ts";
import { ms } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";
import {
  standingOut,
  type WorkerBlock,
  type WorkerFigures,
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
    doc: "in a third of the run or more, in a row, the fastest tenth of the pushed messages took 3 times as long to one worker as half of those to any other, 20 ms longer at least, and four times as long as half of its replies; or half of those to it took no time, and half of those to each of the others 2 ms or more",
    explains: ["slow-broadcast"],
  },
  detect(signals) {
    if (signals.fold.outside.ordered.some(({ effect }) => effect.kind === "skew")) return [];
    const blocks = workerBlocks(signals, "push");
    const ahead = standingOut(blocks, (block) => find(block, isAhead));
    const behind = standingOut(blocks, (block) => find(block, isBehind));
    const [kind, found] =
      (ahead?.blocks.length ?? 0) >= (behind?.blocks.length ?? 0)
        ? (["ahead", ahead] as const)
        : (["behind", behind] as const);
    if (found === null || found.blocks.length < LEAST_BLOCKS) return [];
    const { epoch } = found;
    const ownUs = median(found.blocks.map((block) => own(block, epoch)?.quantile(0.5) ?? 0));
    const othersUs = median(found.blocks.map((block) => slowest(block, epoch)));
    const repliesUs = workerBlocks(signals, "service").map(
      (block) => own(block, epoch)?.quantile(0.5) ?? 0,
    );
    const isSlow = repliesUs.length > 0 && median(repliesUs) > MOST_REPLY * (ownUs - othersUs);
    if (kind === "ahead" && isSlow) return [];
    return [hypothesis(signals, { epoch, kind, blocks: found.blocks, ownUs, othersUs })];
  },
};

interface Skew {
  readonly epoch: number;
  readonly kind: "ahead" | "behind";
  readonly blocks: readonly WorkerBlock[];
  readonly ownUs: number;
  readonly othersUs: number;
}

function hypothesis(signals: Signals, { epoch, kind, blocks, ownUs, othersUs }: Skew): Hypothesis {
  const name = workerName(signals, epoch);
  const from = blocks[0]?.from ?? 0;
  const to = blocks.at(-1)?.to ?? from;
  const messages = blocks.reduce((sum, block) => sum + (own(block, epoch)?.count ?? 0), 0);
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
    impact: messages,
    symptoms: [],
  };
}

function find(
  { workers }: WorkerBlock,
  isIt: (one: WorkerFigures, othersUs: readonly number[]) => boolean,
): number | null {
  const found = workers.find((one) =>
    isIt(
      one,
      workers.filter((other) => other !== one).map(({ quantile }) => quantile(0.5)),
    ),
  );
  return found?.epoch ?? null;
}

function isAhead({ quantile }: WorkerFigures, all: readonly number[]): boolean {
  const fastest = quantile(0.1);
  const othersUs = Math.max(...all);
  return fastest >= LATER * othersUs && fastest - othersUs >= LEAST_US;
}

function isBehind({ quantile }: WorkerFigures, all: readonly number[]): boolean {
  return quantile(0.5) === 0 && Math.min(...all) >= LEAST_OTHERS_US;
}

function own({ workers }: WorkerBlock, epoch: number): WorkerFigures | undefined {
  return workers.find((one) => one.epoch === epoch);
}

/** Half of the messages to any other worker take as long, at most; microseconds. */
function slowest({ workers }: WorkerBlock, epoch: number): number {
  const others = workers.filter((one) => one.epoch !== epoch);
  return Math.max(...others.map(({ quantile }) => quantile(0.5)));
}
