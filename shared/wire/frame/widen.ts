/**
 * Back-pressure: several adjacent frames of one engine become one. Called by the worker's publisher, for
 * frames that were never sent only (a frame once sent is in doubt and may only be resent verbatim).
 * Invariant: nothing is lost but resolution in time. All sums and histograms are exact; ticks keep theirs.
 */
import { assert } from "../../assert.ts";
import { SHARD_FIELDS, TICK_SERIES } from "../../stats/counters.ts";
import { MergedHistogram } from "../../stats/histogram.ts";
import type {
  Counts,
  EngineHealth,
  FailureGroup,
  Frame,
  FrameHistogram,
  FrameScope,
  ShardLedger,
} from "./frame.ts";
import { KERNEL_FIELDS, KERNEL_GAUGES } from "./kernel.ts";

const OPEN = SHARD_FIELDS.indexOf("open");

/**
 * One frame over the seconds of `frames`, which follow one another without gap, are all of run time (not
 * from before the start), and cover 1, 2, 4 or 8 seconds in all.
 * @throws InvariantError when they do not.
 */
export function widen(frames: readonly Frame[]): Frame {
  const first = frames[0];
  const last = frames.at(-1);
  assert(first !== undefined && last !== undefined, "widen: no frames");
  if (first === last) return first;
  const spanSeconds = checkedSpan(frames, first);
  return {
    engine: first.engine,
    second: first.second,
    spanSeconds,
    final: last.final,
    shards: addShards(frames),
    phases: addCounters(frames.flatMap((frame) => frame.phases)),
    names: addCounters(frames.flatMap((frame) => frame.names)),
    targets: addCounters(frames.flatMap((frame) => frame.targets)),
    roles: addCounters(frames.flatMap((frame) => frame.roles)),
    agreed: fold(
      frames.flatMap((frame) => frame.agreed),
      (row) => `${row.protocol}\n${row.extensions}`,
      (sum, row) => ({ ...sum, count: sum.count + row.count }),
    ),
    codes: fold(
      frames.flatMap((frame) => frame.codes),
      (row) => `${row.kind} ${row.code}`,
      (sum, row) => ({ ...sum, count: sum.count + row.count }),
    ),
    scopes: fold(
      frames.flatMap((frame) => frame.scopes),
      (row) => `${row.name} ${row.scope}`,
      addScope,
    ),
    reaches: frames.flatMap((frame) => frame.reaches),
    events: frames.flatMap((frame) => frame.events),
    controls: frames.flatMap((frame) => frame.controls),
    histograms: addHistograms(frames.flatMap((frame) => frame.histograms)),
    ticks: TICK_SERIES.map((_, series) => frames.flatMap((frame) => frame.ticks[series] ?? [])),
    failures: addFailures(frames.flatMap((frame) => frame.failures)),
    closes: addCloses(frames),
    health: addHealth(frames, last),
    ...addKernel(frames),
    ...addSentinel(frames),
    cumulative: last.cumulative,
  };
}

/** The latest row says who belongs to it. */
function addScope(sum: FrameScope, row: FrameScope): FrameScope {
  const received = sum.received + row.received;
  return { ...row, label: sum.label || row.label, received, late: sum.late + row.late };
}

function checkedSpan(frames: readonly Frame[], first: Frame): number {
  let nextSecond = first.second;
  for (const [index, frame] of frames.entries()) {
    assert(frame.engine === first.engine, "widen: frames of different engines");
    assert(frame.second === nextSecond, "widen: frames are not adjacent");
    assert(!frame.final || index === frames.length - 1, "widen: a final frame comes last");
    nextSecond += frame.spanSeconds;
  }
  const spanSeconds = nextSecond - first.second;
  assert(first.second >= 0, "widen: a frame from before the start stays alone");
  assert([2, 4, 8].includes(spanSeconds), "widen: the span is 2, 4 or 8 seconds");
  return spanSeconds;
}

/** Groups rows by key, adding each to what the key has already. Order of first appearance. */
function fold<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string | number,
  add: (sum: Row, row: Row) => Row,
): Row[] {
  const sums = new Map<string | number, Row>();
  for (const row of rows) {
    const key = keyOf(row);
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? row : add(sum, row));
  }
  return [...sums.values()];
}

function addCounts(left: Counts, right: Counts): number[] {
  const [longer, shorter] = left.length < right.length ? [right, left] : [left, right];
  return longer.map((count, index) => (count ?? 0) + (shorter[index] ?? 0));
}

/** Counters add up; `open` is a gauge, so the latest frame that has the shard says it. */
function addShards(frames: readonly Frame[]): ShardLedger[] {
  return fold(
    frames.flatMap((frame) => frame.shards),
    (row) => row.shard,
    (sum, row) => ({
      shard: row.shard,
      counters: addCounts(sum.counters, row.counters).with(OPEN, row.counters[OPEN] ?? 0),
    }),
  );
}

function addCounters<
  Row extends {
    readonly phase: number;
    readonly name?: number;
    readonly target?: number;
    readonly role?: number;
    readonly counters: Counts;
  },
>(rows: readonly Row[]): Row[] {
  return fold(
    rows,
    (row) => `${row.phase} ${row.name ?? row.target ?? row.role ?? ""}`,
    (sum, row) => ({ ...row, counters: addCounts(sum.counters, row.counters) }),
  );
}

function addHistograms(histograms: readonly FrameHistogram[]): FrameHistogram[] {
  const merged = new Map<string, { row: FrameHistogram; sum: MergedHistogram | null }>();
  for (const row of histograms) {
    const key = `${row.metric} ${row.phase} ${row.name}`;
    const known = merged.get(key);
    if (known === undefined) {
      merged.set(key, { row, sum: null });
    } else {
      known.sum ??= histogramOf(known.row);
      known.sum.add(row.bytes);
    }
  }
  // One that is alone keeps its bytes.
  return [...merged.values()].map(({ row, sum }) => (sum ? { ...row, bytes: sum.encode() } : row));
}

function histogramOf({ bytes }: FrameHistogram): MergedHistogram {
  const histogram = new MergedHistogram();
  histogram.add(bytes);
  return histogram;
}

/** The first sample of a group stays. */
function addFailures(failures: readonly FailureGroup[]): FailureGroup[] {
  return fold(
    failures,
    (row) => `${row.kind} ${row.phase} ${row.target} ${row.signature}`,
    (sum, row) => ({ ...sum, count: sum.count + row.count, sample: sum.sample ?? row.sample }),
  );
}

function addCloses(frames: readonly Frame[]): Frame["closes"] {
  return fold(
    frames.flatMap((frame) => frame.closes),
    (row) => row.cause,
    (sum, row) => ({ cause: row.cause, count: sum.count + row.count }),
  );
}

/** Gauges are the latest; what some frames do not tell is what the others say. */
function addKernel(frames: readonly Frame[]): Pick<Frame, "kernel"> {
  const told = frames.flatMap(({ kernel }) => (kernel === undefined ? [] : [kernel]));
  if (told.length === 0) return {};
  return {
    kernel: KERNEL_FIELDS.map((field, at) => {
      const values = told.flatMap((counts) => counts[at] ?? []);
      if (values.length === 0) return undefined;
      return KERNEL_GAUGES.has(field)
        ? values.at(-1)
        : values.reduce((sum, value) => sum + value, 0);
    }),
  };
}

function addSentinel(frames: readonly Frame[]): Pick<Frame, "sentinel"> {
  const seen = frames.flatMap(({ sentinel }) => sentinel ?? []);
  if (seen.length === 0) return {};
  const probes = seen.flatMap((rows) => rows.probes);
  return { sentinel: { probes, readings: seen.flatMap((rows) => rows.readings) } };
}

/** Shares of time are averaged over the seconds, maxima stay maxima, gauges are the latest. */
function addHealth(frames: readonly Frame[], last: Frame): EngineHealth {
  const seconds = frames.reduce((sum, frame) => sum + frame.spanSeconds, 0);
  const average = (of: (health: EngineHealth) => number) =>
    frames.reduce((sum, frame) => sum + of(frame.health) * frame.spanSeconds, 0) / seconds;
  const highest = (of: (health: EngineHealth) => number) =>
    Math.max(...frames.map((frame) => of(frame.health)));
  return {
    ...last.health,
    utilisation: average((health) => health.utilisation),
    processCpu: average((health) => health.processCpu),
    throttled: average((health) => health.throttled),
    processorWait: average((health) => health.processorWait),
    rssBytes: highest((health) => health.rssBytes),
    heapUsedBytes: highest((health) => health.heapUsedBytes),
    bufferedBytes: highest((health) => health.bufferedBytes),
    gcCount: frames.reduce((sum, frame) => sum + frame.health.gcCount, 0),
    loopLagMaxUs: highest((health) => health.loopLagMaxUs),
  };
}
