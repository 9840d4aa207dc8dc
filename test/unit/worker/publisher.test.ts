/**
 * The publisher against the reference bus: frames arrive exactly once and in order whatever happens between,
 * and back-pressure widens them without changing a sum. Faults are put between the two by a bus that loses
 * answers or refuses, in front of the real one.
 */
import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import type { AppendResult } from "../../../shared/bus/bus.ts";
import { busClosed } from "../../../shared/bus/bus-closed.ts";
import { type MemoryLimits, MemoryStore } from "../../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../../shared/bus/memory-bus.ts";
import { PHASE_COUNTERS, TICK_SERIES } from "../../../shared/stats/counters.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import type { Frame, FrameId } from "../../../shared/wire/frame/frame.ts";
import { decodeFrame, encodeFrame } from "../../../shared/wire/frame/frame-codec.ts";
import type { MeasuredFrame } from "../../../worker/record/fresh-frames.ts";
import { Publisher, type PublisherLimits } from "../../../worker/record/publisher.ts";

const RUN = "run-1";
const EPOCH = 1;
const QUICK = { firstRetryMs: 5, lastRetryMs: 20, acknowledgedPollMs: 10 };

/** A frame whose first counter is `count`. */
function measured(second: number, { engine = 0, final = false, count = 1 } = {}): MeasuredFrame {
  const frame: Frame = {
    engine,
    second,
    spanSeconds: 1,
    final,
    shards: [],
    phases: [{ phase: 0, counters: PHASE_COUNTERS.map((_, index) => (index === 0 ? count : 0)) }],
    names: [],
    histograms: [],
    ticks: TICK_SERIES.map(() => Array<number>(10).fill(0)),
    failures: [],
    closes: [],
    targets: [],
    roles: [],
    agreed: [],
    codes: [],
    scopes: [],
    reaches: [],
    events: [],
    controls: [],
    health: {
      utilisation: 0.5,
      processCpu: 0.5,
      rssBytes: 1,
      heapUsedBytes: 1,
      heapLimitBytes: 1,
      sockets: 1,
      openFiles: 30,
      ports: 1,
      bufferedBytes: 0,
      gcCount: 0,
      loopLagMaxUs: 0,
      throttled: 0,
      processorWait: 0,
    },
    cumulative: null,
  };
  return { engine, second, final, body: encodeFrame(frame) };
}

/** What the frames of the log say: [engine, second, span, sum of the first counter]. */
async function logged(bus: MemoryBus) {
  const entries = await bus.readFrames(RUN, "", 10_000);
  return entries.map(({ id, body }) => {
    const { engine, second, spanSeconds, phases } = decodeFrame(body);
    return { seq: id.seq, engine, second, span: spanSeconds, count: phases[0]?.counters[0] ?? 0 };
  });
}

const sumOf = (frames: readonly { count: number }[]) =>
  frames.reduce((sum, { count }) => sum + count, 0);

/** Stands in front of the bus for appends; each answer is decided by the test. */
class FaultyBus extends MemoryBus {
  readonly appended: { seq: number; body: string }[] = [];
  fault: (seq: number) => "lose-answer" | "throw" | AppendResult | null = () => null;

  override async appendFrame(id: FrameId, body: Uint8Array, floor: number) {
    this.appended.push({ seq: id.seq, body: Buffer.from(body).toString("base64") });
    const fault = this.fault(id.seq);
    if (fault === "throw") throw new Error("connection reset");
    if (fault !== null && fault !== "lose-answer") return fault;
    const result = await super.appendFrame(id, body, floor);
    if (fault === "lose-answer") throw new Error("reply lost");
    return result;
  }
}

describe("publisher", () => {
  let bus: FaultyBus;
  let problems: string[];

  const setUp = (limits: Partial<MemoryLimits> = {}) => {
    bus = new FaultyBus(new MemoryStore({ clock: systemClock, timers: systemTimers, limits }));
  };
  const publish = (limits: Partial<PublisherLimits> = {}, engines = 1) =>
    new Publisher({
      bus,
      run: RUN,
      epoch: EPOCH,
      engines,
      timers: systemTimers,
      onHandedOver: () => {},
      onProblem: (problem) => problems.push(problem),
      limits: { ...QUICK, ...limits },
    });
  /** The coordinator's part: everything in the log is on its disk. */
  const acknowledgeAll = async () => {
    const entries = await bus.readFrames(RUN, "", 10_000);
    const last = entries.at(-1);
    if (last !== undefined) await bus.acknowledgeFrames(RUN, last.cursor);
    return entries.length;
  };

  beforeEach(() => {
    problems = [];
    setUp();
  });

  it("numbers frames from 0 in the order they were cut, over all engines", async () => {
    const publisher = publish({}, 2);
    publisher.offer(measured(0, { engine: 0 }));
    publisher.offer(measured(0, { engine: 1 }));
    publisher.offer(measured(1, { engine: 0 }));
    await expect.poll(() => logged(bus)).toHaveLength(3);
    expect((await logged(bus)).map(({ seq, engine, second }) => [seq, engine, second])).toEqual([
      [0, 0, 0],
      [1, 1, 0],
      [2, 0, 1],
    ]);
    publisher.close();
  });

  it("keeps frames until the coordinator has them, and flush waits for that", async () => {
    const publisher = publish();
    for (let second = 0; second < 5; second += 1) publisher.offer(measured(second));
    await expect.poll(() => logged(bus)).toHaveLength(5);
    expect(publisher.backlog).toBe(5);
    expect(await publisher.flush(60)).toEqual({ missing: 5 });
    const flushed = publisher.flush(5000);
    await delay(20);
    await acknowledgeAll();
    expect(await flushed).toEqual({ missing: 0 });
    expect(publisher.backlog).toBe(0);
    expect(await publisher.flush(5000)).toEqual({ missing: 0 });
    publisher.close();
  });

  it("forgets at a hint, long before the next poll", async () => {
    const publisher = publish({ acknowledgedPollMs: 600_000 });
    publisher.offer(measured(0));
    await expect.poll(() => logged(bus)).toHaveLength(1);
    await acknowledgeAll();
    await bus.hint("frames-acknowledged", "another run");
    await bus.hint("frames-acknowledged", RUN);
    await expect.poll(() => publisher.backlog).toBe(0);
    publisher.close();
  });

  it("says the last seq once every engine's final frame was handed over", async () => {
    const publisher = publish({}, 3);
    expect(publisher.lastSeq).toBe(-1);
    publisher.offer(measured(0, { engine: 0, final: true }));
    publisher.offer(measured(0, { engine: 1 }));
    await expect.poll(() => logged(bus)).toHaveLength(2);
    expect(publisher.lastSeq).toBe(-1);
    publisher.offer(measured(1, { engine: 1, final: true }));
    await expect.poll(() => logged(bus)).toHaveLength(3);
    expect(publisher.lastSeq).toBe(-1);
    publisher.engineDied(2);
    expect(publisher.lastSeq).toBe(2);
    publisher.close();
  });

  it("sends a frame whose answer was lost again, byte for byte, and it counts once", async () => {
    let lost = 0;
    bus.fault = (seq) => (seq === 1 && lost++ < 3 ? "lose-answer" : null);
    const publisher = publish();
    for (let second = 0; second < 4; second += 1) publisher.offer(measured(second, { count: 7 }));
    await expect.poll(() => bus.appended.at(-1)?.seq).toBe(3);
    const ofOne = bus.appended.filter(({ seq }) => seq === 1);
    expect(ofOne).toHaveLength(4);
    expect(new Set(ofOne.map(({ body }) => body)).size).toBe(1);
    expect((await logged(bus)).map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
    expect(sumOf(await logged(bus))).toBe(28);
    publisher.close();
  });

  it("goes on after errors that pass", async () => {
    let failures = 0;
    bus.fault = () => (failures++ < 4 ? "throw" : null);
    const publisher = publish();
    for (let second = 0; second < 3; second += 1) publisher.offer(measured(second));
    await expect.poll(async () => sumOf(await logged(bus))).toBe(3);
    expect(problems).toEqual([]);
    publisher.close();
  });

  it("takes an acknowledgement for a frame that is still in doubt", async () => {
    bus.fault = (seq) => (seq === 0 ? "lose-answer" : null);
    const publisher = publish();
    publisher.offer(measured(0));
    await expect.poll(() => logged(bus)).toHaveLength(1);
    await acknowledgeAll();
    await expect.poll(() => publisher.backlog).toBe(0);
    bus.fault = () => null;
    publisher.offer(measured(1));
    await expect.poll(async () => (await logged(bus)).map(({ seq }) => seq)).toEqual([1]);
    publisher.close();
  });

  it("widens what was not handed over while the log is full, and every sum stays exact", async () => {
    const size = measured(0).body.length + 128;
    setUp({ logBytes: size * 2 + 10 });
    const publisher = publish();
    const seconds = 3 + 8 * 5;
    for (let second = 0; second < seconds; second += 1) {
      publisher.offer(measured(second, { count: second + 1, final: second === seconds - 1 }));
      await delay(1);
    }
    // Three were handed over (two stored, one in doubt); the others wait, widened as far as they align.
    expect(publisher.backlog).toBeLessThan(15);
    const seen: { seq: number; second: number; span: number; count: number }[] = [];
    await expect
      .poll(
        async () => {
          seen.push(...(await logged(bus)));
          await acknowledgeAll();
          return publisher.backlog;
        },
        { timeout: 10_000, interval: 5 },
      )
      .toBe(0);
    expect(sumOf(seen)).toBe((seconds * (seconds + 1)) / 2);
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index));
    // Seconds follow one another without gap or overlap, and wide frames begin at multiples of their span.
    let next = 0;
    for (const { second, span } of seen) {
      expect(second).toBe(next);
      expect(second % span).toBe(0);
      next += span;
    }
    expect(next).toBe(seconds);
    expect(seen.filter(({ span }) => span === 8).length).toBeGreaterThanOrEqual(3);
    expect(problems).toEqual([]);
    publisher.close();
  });

  it("never widens a frame that was handed over, the final one, or two engines together", async () => {
    bus.fault = () => "full";
    const publisher = publish({}, 2);
    publisher.offer(measured(0, { engine: 0 }));
    await expect.poll(() => bus.appended.length).toBeGreaterThan(0);
    publisher.offer(measured(1, { engine: 0 }));
    publisher.offer(measured(0, { engine: 1 }));
    publisher.offer(measured(2, { engine: 0 }));
    publisher.offer(measured(3, { engine: 0, final: true }));
    bus.fault = () => null;
    await expect.poll(() => logged(bus)).toHaveLength(5);
    expect((await logged(bus)).map(({ span }) => span)).toEqual([1, 1, 1, 1, 1]);
    expect(new Set(bus.appended.filter(({ seq }) => seq === 0).map(({ body }) => body)).size).toBe(
      1,
    );
    publisher.close();
  });

  it("keeps the frame from before the start and those of split seconds as they are", async () => {
    bus.fault = () => "full";
    const publisher = publish();
    publisher.offer(measured(-1));
    await expect.poll(() => bus.appended.length).toBeGreaterThan(0);
    for (const second of [0, 0, 1, 2, 3]) publisher.offer(measured(second));
    bus.fault = () => null;
    await expect.poll(async () => sumOf(await logged(bus))).toBe(6);
    expect((await logged(bus)).map(({ second, span }) => [second, span])).toEqual([
      [-1, 1],
      [0, 1],
      [0, 4],
    ]);
    publisher.close();
  });

  it("hands over no more than its window, so that the rest can be widened", async () => {
    const publisher = publish({ unacknowledged: 4 });
    for (let second = 0; second < 4; second += 1) publisher.offer(measured(second));
    await expect.poll(() => logged(bus)).toHaveLength(4);
    for (let second = 4; second < 36; second += 1) publisher.offer(measured(second));
    await delay(50);
    expect(await logged(bus)).toHaveLength(4);
    // Seconds 4-7, 8-15, 16-23, 24-31 and 32-35.
    expect(publisher.backlog).toBe(4 + 5);
    await acknowledgeAll();
    await expect.poll(() => logged(bus)).toHaveLength(4);
    expect((await logged(bus)).map(({ second, span }) => [second, span])).toEqual([
      [4, 4],
      [8, 8],
      [16, 8],
      [24, 8],
    ]);
    publisher.close();
  });

  it("reports a problem when its bound is reached, and counts what it had to refuse", async () => {
    bus.fault = () => "full";
    const publisher = publish({ frames: 10 }, 16);
    // Frames of different engines cannot be joined.
    for (let engine = 0; engine < 12; engine += 1) publisher.offer(measured(0, { engine }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("10");
    expect(publisher.backlog).toBe(10);
    expect(await publisher.flush(1000)).toEqual({ missing: 12 });
    publisher.close();
  });

  it("bounds bytes too", async () => {
    bus.fault = () => "full";
    const publisher = publish({ bytes: measured(0).body.length * 3 }, 16);
    for (let engine = 0; engine < 4; engine += 1) publisher.offer(measured(0, { engine }));
    expect(problems).toHaveLength(1);
    publisher.close();
  });

  it("hands what it keeps to the late log when its epoch is fenced, all that may be missing", async () => {
    const publisher = publish();
    publisher.offer(measured(0));
    await expect.poll(() => logged(bus)).toHaveLength(1);
    await bus.fence(RUN, EPOCH);
    publisher.offer(measured(1));
    publisher.offer(measured(2, { final: true }));
    expect(await publisher.flush(5000)).toEqual({ missing: 0 });
    expect(publisher.lastSeq).toBe(2);
    const entries = await bus.readFrames(RUN, "", 10);
    // Whether the first one was read in time only the coordinator knows: it counts each once.
    expect(entries.map(({ id, late }) => [id.seq, late])).toEqual([
      [0, false],
      [0, true],
      [1, true],
      [2, true],
    ]);
    expect(problems).toEqual([]);
  });

  it("stops when the bus is closed", async () => {
    const publisher = publish();
    bus.fault = () => {
      throw busClosed();
    };
    publisher.offer(measured(0));
    expect(await publisher.flush(5000)).toEqual({ missing: 1 });
    expect(bus.appended).toHaveLength(1);
  });

  it("starts again at the first unacknowledged frame when the log lacks some", async () => {
    const publisher = publish();
    for (let second = 0; second < 3; second += 1) publisher.offer(measured(second));
    await expect.poll(() => logged(bus)).toHaveLength(3);
    // The bus has forgotten everything, as a broker without its disk would.
    await bus.forgetRun(RUN);
    publisher.offer(measured(3));
    await expect.poll(async () => (await logged(bus)).map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
    expect(problems).toEqual([]);
    publisher.close();
  });

  it("goes on in a forgotten log with the first frame that is not on the coordinator's disk", async () => {
    const publisher = publish();
    publisher.offer(measured(0));
    await expect.poll(() => logged(bus)).toHaveLength(1);
    await acknowledgeAll();
    await expect.poll(() => publisher.backlog).toBe(0);
    await bus.forgetRun(RUN);
    publisher.offer(measured(1));
    await expect.poll(async () => (await logged(bus)).map(({ seq }) => seq)).toEqual([1]);
    expect(problems).toEqual([]);
    publisher.close();
  });

  it("gives up, loudly, on a log that cannot be repaired", async () => {
    const publisher = publish();
    bus.fault = () => "out-of-order";
    publisher.offer(measured(1));
    await expect.poll(() => problems).toHaveLength(1);
    expect(problems[0]).toContain("out of order");
    expect(await publisher.flush(1000)).toEqual({ missing: 1 });
  });
});
