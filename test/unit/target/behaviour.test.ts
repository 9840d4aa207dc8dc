/**
 * Goal: rates and counts are exact, not approximate. Method: the laws of shuffle, pick, delay and pause,
 * for many seeds; the delay queue against real time, without asserting how fast the machine is.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { monotonicUs } from "../../../shared/time/clock.ts";
import { samplerOf } from "../../../target/behaviour/delay.ts";
import { DelayQueue, type Due } from "../../../target/behaviour/delay-queue.ts";
import { corrupted, MALFORMED_FRAMES, malformed } from "../../../target/behaviour/malform.ts";
import { PauseSchedule } from "../../../target/behaviour/pause.ts";
import { Picker, partOf } from "../../../target/behaviour/pick.ts";
import { Rules } from "../../../target/behaviour/rules.ts";
import { blockSize, Shuffle } from "../../../target/behaviour/shuffle.ts";
import { TokenBucket } from "../../../target/behaviour/token-bucket.ts";
import { fragmentsOf, frameOf, payloadStart, textFrame } from "../../../target/connection/frame.ts";
import { behaviourOf, sleep } from "./harness.ts";

const WHOLE = { index: 0, count: 1 };
const NOTHING = Buffer.alloc(0);

function picks(picker: Picker, events: number): number[] {
  return Array.from({ length: events }, (_, event) => event).filter(() => picker.next());
}

describe("exact shares", () => {
  it("a shuffle gives each rank once per block, in an order that follows the seed", () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 20; seed += 1) {
      const shuffle = new Shuffle(100, { seed, index: 0 });
      for (let block = 0; block < 5; block += 1) {
        const ranks = Array.from({ length: 100 }, () => shuffle.next());
        orders.add(ranks.join());
        expect(ranks.toSorted((one, other) => one - other)).toEqual(
          Array.from({ length: 100 }, (_, rank) => rank),
        );
      }
    }
    expect(orders.size).toBe(100);
  });

  it("the block is the smallest in which all shares are whole", () => {
    expect(blockSize([0.1, 0.9])).toBe(10);
    expect(blockSize([0.9, 0.09, 0.01])).toBe(100);
    expect(blockSize([0.001])).toBe(1000);
    expect(blockSize([0.0003])).toBe(10_000);
    expect(blockSize([1 / 3])).toBe(0);
  });

  it("a share is hit exactly in every block, for any seed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.nat(), (thousandths, seed) => {
        const picker = new Picker({ share: thousandths / 1000 }, { seed, index: 3 }, WHOLE);
        expect(picks(picker, 3000).length).toBe(3 * thousandths);
      }),
      { numRuns: 50 },
    );
  });

  it("after, every and count choose exact places", () => {
    const draws = { seed: 1, index: 0 };
    const pick = (rule: object, events: number): number[] =>
      picks(new Picker(rule, draws, WHOLE), events);
    expect(pick({ count: 3 }, 10)).toEqual([0, 1, 2]);
    expect(pick({ after: 4, count: 2 }, 10)).toEqual([4, 5]);
    expect(pick({ every: 3 }, 10)).toEqual([0, 3, 6, 9]);
    expect(pick({ after: 2, every: 4, count: 2 }, 100)).toEqual([2, 6]);
    expect(pick({ share: 0.5, count: 7, after: 10 }, 1000).length).toBe(7);
    expect(pick({ share: 0.5, count: 7, after: 10 }, 1000).every((event) => event >= 10)).toBe(
      true,
    );
  });

  it("parts of a group add up exactly", () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 64 }), (total, count) => {
        const parts = Array.from({ length: count }, (_, index) => partOf(total, { index, count }));
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(total);
        expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("delays", () => {
  const draw = (delay: unknown, count: number, seed = 7): number[] => {
    const behaviour = behaviourOf({ reply: { delay } });
    const sampler = samplerOf(behaviour.reply.delay ?? {}, { seed, index: 5 });
    return Array.from({ length: count }, () => sampler.nextUs());
  };

  it("a mixture has exactly its shares in each hundred", () => {
    const mixture = [
      { share: 0.9, delay: 20 },
      { share: 0.09, delay: 100 },
      { share: 0.01, delay: { fixedMs: 400 } },
    ];
    for (const seed of [1, 2, 3]) {
      const delays = draw({ mixture }, 1000, seed);
      for (let block = 0; block < 10; block += 1) {
        const hundred = delays.slice(100 * block, 100 * block + 100);
        const times = (us: number): number => hundred.filter((delay) => delay === us).length;
        expect([times(20_000), times(100_000), times(400_000)]).toEqual([90, 9, 1]);
      }
    }
    expect(draw({ mixture }, 1000, 1)).not.toEqual(draw({ mixture }, 1000, 2));
    expect(draw({ mixture }, 1000, 1)).toEqual(draw({ mixture }, 1000, 1));
  });

  it("the distributions have the moments they are named for", () => {
    const mean = (values: number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const median = (values: number[]): number => values.toSorted((a, b) => a - b)[10_000] ?? 0;
    const uniform = draw({ uniformMs: [10, 30] }, 20_001);
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(...uniform)).toBeLessThanOrEqual(30_000);
    expect(mean(uniform)).toBeCloseTo(20_000, -3);
    expect(Math.abs(mean(draw({ exponential: { meanMs: 50 } }, 20_001)) / 50_000 - 1)).toBeLessThan(
      0.03,
    );
    const lognormal = draw({ lognormal: { medianMs: 20, sigma: 1 } }, 20_001);
    expect(Math.abs(median(lognormal) / 20_000 - 1)).toBeLessThan(0.04);
    // The mean of a lognormal is median x exp(sigma^2 / 2).
    expect(Math.abs(mean(lognormal) / (20_000 * Math.exp(0.5)) - 1)).toBeLessThan(0.05);
    expect(Math.max(...draw({ exponential: { meanMs: 50, maxMs: 60 } }, 1000))).toBe(60_000);
  });
});

describe("delay queue", () => {
  it("fires everything, never early, in order of time and then of arrival", async () => {
    const queue = new DelayQueue();
    const fired: { due: number; put: number; earlyUs: number }[] = [];
    const startUs = monotonicUs();
    const item = (dueUs: number, put: number): Due => ({
      dueUs,
      order: 0,
      fire: () => fired.push({ due: dueUs, put, earlyUs: dueUs - monotonicUs() }),
    });
    for (let put = 0; put < 2000; put += 1) {
      queue.push(item(startUs + 1000 * ((put * 7919) % 50), put));
    }
    while (fired.length < 2000) await sleep(5);
    expect(fired.every(({ earlyUs }) => earlyUs <= 0)).toBe(true);
    const sorted = fired.toSorted((a, b) => a.due - b.due || a.put - b.put);
    expect(fired).toEqual(sorted);
  });

  it("fires what is put in while firing", async () => {
    const queue = new DelayQueue();
    let fired = 0;
    const chain = (left: number): Due => ({
      dueUs: monotonicUs(),
      order: 0,
      fire: () => {
        fired += 1;
        if (left > 0) queue.push(chain(left - 1));
      },
    });
    queue.push(chain(20));
    while (fired < 21) await sleep(2);
    expect(fired).toBe(21);
  });
});

describe("pauses", () => {
  it("moves a time inside a pause to its end and leaves others alone", () => {
    const pause = new PauseSchedule({ everyMs: 5000, forMs: 1000, mode: "stall" }, 0);
    const release = (ms: number): number => pause.releaseUs(1000 * ms) / 1000;
    expect([0, 4999, 5000, 5500, 5999, 6000, 9999, 10_000, 10_999].map(release)).toEqual([
      0, 4999, 6000, 6000, 6000, 6000, 9999, 11_000, 11_000,
    ]);
    expect(pause.nextStartUs(0)).toBe(5_000_000);
    expect(pause.nextStartUs(5_000_001)).toBe(10_000_000);
  });

  it("is not missed when its timer is early by less than a millisecond", () => {
    const pause = new PauseSchedule({ everyMs: 5000, forMs: 1000, mode: "block" }, 0);
    const left = (nowUs: number) => pause.leftUs(5_000_000, nowUs);
    expect([4_999_300, 5_000_000, 5_400_000, 6_000_000, 6_000_400].map(left)).toEqual([
      1_000_700, 1_000_000, 600_000, 0, 0,
    ]);
  });
});

describe("rules", () => {
  it("two rules that want the same reply both get their exact count", () => {
    const rules = new Rules(
      behaviourOf({
        reply: { drop: { share: 0.1 }, duplicate: { share: 0.1 }, corrupt: { every: 10 } },
      }),
      WHOLE,
      0,
    );
    const deeds = Array.from(
      { length: 10_000 },
      () => rules.nextReply("echo", NOTHING)?.behaviour.meta.name ?? "none",
    );
    const times = (name: string): number => deeds.filter((deed) => deed === name).length;
    expect(times("drop")).toBe(1000);
    // The last may still be owed one each.
    expect(1000 - times("duplicate")).toBeLessThanOrEqual(1);
    expect(1000 - times("corrupt")).toBeLessThanOrEqual(1);
  });

  it("a rule for some kinds neither sees nor touches the others", () => {
    const rules = new Rules(behaviourOf({ reply: { drop: { count: 2, of: ["ack"] } } }), WHOLE, 0);
    expect(rules.nextReply("echo", NOTHING)).toBeNull();
    expect(rules.nextReply("ack", NOTHING)?.behaviour.meta.name).toBe("drop");
    expect(rules.nextReply("said", NOTHING)).toBeNull();
    expect(rules.nextReply("ack", NOTHING)?.behaviour.meta.name).toBe("drop");
    expect(rules.nextReply("ack", NOTHING)).toBeNull();
  });

  it("a pool serves as many as it has places, one after another", () => {
    const rules = new Rules(
      behaviourOf({ reply: { pool: { size: 2, serviceMs: 100 } } }),
      WHOLE,
      0,
    );
    const served = Array.from({ length: 5 }, () => rules.servedUs(1_000_000));
    expect(served).toEqual([1_100_000, 1_100_000, 1_200_000, 1_200_000, 1_300_000]);
    expect(rules.servedUs(9_000_000)).toBe(9_100_000);
  });

  it("an echo without dials is plain, any dial on replies is not", () => {
    const isPlain = (document: unknown): boolean =>
      new Rules(behaviourOf(document), WHOLE, 0).plain;
    expect(isPlain({})).toBe(true);
    expect(
      isPlain({ upgrade: { refuse: [{ status: 503, count: 1 }] }, zombie: { count: 1 } }),
    ).toBe(true);
    expect(isPlain({ reply: { delay: 1 } })).toBe(false);
    expect(isPlain({ reply: { drop: { count: 1 } } })).toBe(false);
    expect(isPlain({ close: [{ afterMessages: 3 }] })).toBe(false);
    expect(isPlain({ limits: { rate: { perSec: 5 } } })).toBe(false);
  });

  it("a token bucket lets the burst and then the rate pass", () => {
    const bucket = new TokenBucket(10, 5);
    const passed = (atMs: number, tries: number): number =>
      Array.from({ length: tries }, () => bucket.take(1000 * atMs)).filter(Boolean).length;
    expect(passed(0, 20)).toBe(5);
    expect(passed(100, 20)).toBe(1);
    expect(passed(1000, 20)).toBe(5);
  });
});

describe("damage", () => {
  it("flips exactly one bit, where it was told to", () => {
    const bits = (one: Buffer, other: Buffer): number[] => {
      const places: number[] = [];
      for (const [at, byte] of one.entries()) {
        for (let bit = 0; bit < 8; bit += 1) {
          if ((((other[at] ?? 0) ^ byte) >> bit) & 1) places.push(at);
        }
      }
      return places;
    };
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.constantFrom("any", "stamp", "body"),
        fc.nat(0xffffffff),
        (payload, where, draw) => {
          const frame = frameOf(2, payload);
          const damaged = corrupted(frame, { where, stampBytes: 16 }, draw);
          if (where === "body" && payload.length <= 16) {
            expect(damaged).toBeNull();
            return;
          }
          const [place, ...others] = bits(frame, damaged ?? frame);
          expect(others).toEqual([]);
          const at = (place ?? -1) - payloadStart(frame);
          expect(at).toBeGreaterThanOrEqual(where === "body" ? 16 : 0);
          expect(at).toBeLessThan(where === "stamp" ? 16 : payload.length);
        },
      ),
    );
  });

  it("keeps text UTF-8, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), fc.nat(0xffffffff), (text, draw) => {
        const clean = Buffer.from(text).toString();
        const frame = textFrame(clean);
        const damaged = corrupted(frame, { where: "any", stampBytes: 16 }, draw);
        const payload = damaged?.subarray(payloadStart(frame)) ?? Buffer.alloc(0);
        expect(Buffer.from(payload.toString()).equals(payload)).toBe(true);
        expect(payload.toString()).not.toBe(clean);
      }),
    );
  });

  it("has no corruption for an empty payload", () => {
    expect(corrupted(frameOf(2, Buffer.alloc(0)), { where: "any", stampBytes: 16 }, 1)).toBeNull();
  });

  it("makes every malformed frame differ from the reply", () => {
    const reply = frameOf(2, Buffer.from("hello"));
    const frames = MALFORMED_FRAMES.map((kind) => malformed(kind, reply).toString("hex"));
    expect(new Set([...frames, reply.toString("hex")]).size).toBe(MALFORMED_FRAMES.length + 1);
  });

  it("cuts a message into the parts it was told to", () => {
    const bytes = fragmentsOf(textFrame("abcdef"), 3);
    expect(bytes.toString("latin1")).toBe("\x01\x02ab\x00\x02cd\x80\x02ef");
  });
});
