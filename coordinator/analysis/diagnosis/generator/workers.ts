/**
 * Times worker by worker, in blocks of the run in which each of them has enough. Called by the detectors that ask whether it is one worker.
 * Pure. Invariants: all workers have a like part of the connections, targets and messages, so that what differs between them is no doing of
 * the target's; blocks that say little of the target are left out, and so are workers that were lost. Bound: workers are put in order once a
 * block, so that the one that stands out, and the others' extremes, are at an end of it.
 */
import { countOf, quantileOf, type TimedMetric } from "../../../merge/evidence/worker-times.ts";
import type { Signals } from "../signals.ts";

/** Blocks of a run, about. */
const BLOCKS = 12;
/** Of a worker in a block; its quantiles rest on them. */
const LEAST_VALUES = 20;
/** Of the seconds of a block. */
const LEAST_CLEAN = 0.9;

/** Microseconds, to a tenth. */
export interface WorkerFigures {
  readonly epoch: number;
  readonly count: number;
  /** The fastest tenth took as long at most. */
  readonly tenthUs: number;
  readonly halfUs: number;
}

/** Seconds of run time, the last one not included. */
export interface WorkerBlock {
  readonly from: number;
  readonly to: number;
  /** Two at least, rising by halfUs. */
  readonly workers: readonly WorkerFigures[];
}

/** In the order of time. */
export function workerBlocks(signals: Signals, metric: TimedMetric): readonly WorkerBlock[] {
  const { times } = signals.fold.merge.evidence;
  const spans = Math.ceil(signals.rows.length / times.spanSeconds);
  const long = Math.max(1, Math.round(spans / BLOCKS));
  const epochs = staying(signals);
  if (epochs.length < 2) return [];
  const blocks: WorkerBlock[] = [];
  for (let span = 0; span + long <= spans; span += long) {
    const from = span * times.spanSeconds;
    const to = Math.min((span + long) * times.spanSeconds, signals.rows.length);
    if (signals.cleanShare(from, to) < LEAST_CLEAN) continue;
    const workers = epochs.map((epoch) => figuresOf(signals, metric, { epoch, span, long }));
    if (workers.some(({ count }) => count < LEAST_VALUES)) continue;
    blocks.push({ from, to, workers: workers.sort((a, b) => a.halfUs - b.halfUs) });
  }
  return blocks;
}

/** As people know it. */
export function workerName({ fold }: Signals, epoch: number): string {
  return fold.merge.workers.get(epoch)?.id ?? `epoch-${epoch}`;
}

/** Figures of one worker in the blocks. */
export function ownIn(blocks: readonly WorkerBlock[], epoch: number): readonly WorkerFigures[] {
  return blocks.flatMap(({ workers }) => workers.find((one) => one.epoch === epoch) ?? []);
}

/** Of one worker in all seconds from one to another. null: it has too few values there. */
export function figuresIn(
  signals: Signals,
  metric: TimedMetric,
  { epoch, from, to }: { readonly epoch: number; readonly from: number; readonly to: number },
): WorkerFigures | null {
  const { spanSeconds } = signals.fold.merge.evidence.times;
  const span = Math.floor(from / spanSeconds);
  const long = Math.max(1, Math.ceil(to / spanSeconds) - span);
  const figures = figuresOf(signals, metric, { epoch, span, long });
  return figures.count < LEAST_VALUES ? null : figures;
}

/** Microseconds: the most that half of the values of any other worker take. */
export function slowestOther({ workers }: WorkerBlock, epoch: number): number {
  const [second, first] = workers.slice(-2);
  return (first?.epoch === epoch ? second : first)?.halfUs ?? 0;
}

function staying({ fold: { merge } }: Signals): readonly number[] {
  return merge.evidence.times.workers.filter((epoch) => merge.workers.get(epoch)?.loss === null);
}

function figuresOf(
  { fold }: Signals,
  metric: TimedMetric,
  { epoch, span, long }: { readonly epoch: number; readonly span: number; readonly long: number },
): WorkerFigures {
  const { times } = fold.merge.evidence;
  const parts = Array.from({ length: long }, (_, at) => times.of(epoch, metric, span + at));
  const known = parts.flatMap((part) => part ?? []);
  const [first = new Uint32Array(0), ...rest] = known;
  const sum = first.map((one, at) => rest.reduce((all, part) => all + (part[at] ?? 0), one));
  const [tenthUs, halfUs] = [quantileOf(sum, 0.1), quantileOf(sum, 0.5)];
  return { epoch, count: countOf(sum), tenthUs, halfUs };
}

interface Row {
  readonly epoch: number;
  readonly blocks: readonly WorkerBlock[];
}

/** The longest row of neighbouring blocks in which the same worker stands out; null: none does. */
export function standingOut(
  blocks: readonly WorkerBlock[],
  whoIn: (block: WorkerBlock) => number | null,
): Row | null {
  const rows: (Row | null)[] = [];
  for (const block of blocks) {
    const epoch = whoIn(block);
    const last = rows.at(-1) ?? null;
    if (epoch === null) rows.push(null);
    else if (last?.epoch === epoch)
      rows[rows.length - 1] = { epoch, blocks: [...last.blocks, block] };
    else rows.push({ epoch, blocks: [block] });
  }
  const [longest = null] = rows
    .flatMap((row) => row ?? [])
    .sort((a, b) => b.blocks.length - a.blocks.length);
  return longest;
}
