/**
 * Goal: whatever network faults do to a connection, its bytes arrive once, whole and in order, both ways. Method: random conditions are
 * put on and taken off links of real connections, by both drivers, with and without TLS, while both sides send random messages; what
 * each side gets is compared with what the other has sent. And a pipe alone, on a clock of the test's, against arithmetic.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LinkCondition } from "../../shared/scenario/sections/faults/link-condition.ts";
import { heldBytes } from "../../worker/socket/link/held-bytes.ts";
import { MAX_PIPE_BYTES, Pipe } from "../../worker/socket/link/pipe.ts";
import { type LinkedPair, linkedPair, startPairs, stopPairs } from "../support/linked-pair.ts";

beforeAll(startPairs);
afterAll(stopPairs);

const MS = 1000;

const condition: fc.Arbitrary<LinkCondition> = fc
  .record({
    direction: fc.constantFrom("both", "in", "out"),
    kind: fc.constantFrom("delay", "rate", "blocked", "stall"),
    size: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ direction, kind, size }) => {
    switch (kind) {
      case "delay":
        return { direction, delayUs: (draw) => draw() * size * MS } satisfies LinkCondition;
      case "rate":
        return { direction, ratePerSec: size * 200_000 };
      case "blocked":
        return { direction, blocked: true };
      default:
        return {
          direction,
          delayUs: (draw) => (draw() < 0.1 ? size * MS : 0),
        } satisfies LinkCondition;
    }
  });

/** What happens next on a connection. */
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("send" as const), size: sizes() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("receive" as const), size: sizes() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("add" as const), condition }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("remove" as const), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("hold" as const), held: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(8) }) },
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

function sizes() {
  return fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 200_000 }));
}

async function playOn(pair: LinkedPair, events: readonly Event[]): Promise<void> {
  const acting: LinkCondition[] = [];
  for (const one of events) {
    if (one.do === "send") pair.send(one.size);
    else if (one.do === "receive") pair.receive(one.size);
    else if (one.do === "hold") pair.hold(one.held);
    else if (one.do === "wait") await pair.wait(one.ms);
    else if (one.do === "add") {
      acting.push(one.condition);
      pair.add(one.condition);
    } else {
      const [removed] = acting.splice(one.which % Math.max(1, acting.length), 1);
      if (removed) pair.remove(removed);
    }
  }
  for (const left of acting) pair.remove(left);
  pair.hold(false);
}

describe.each(["lean", "ws"] as const)("links, with the %s driver", (driver) => {
  it.each([false, true])(
    "lose, repeat and reorder nothing (TLS: %s)",
    async (secure) => {
      let linked = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 40 }), async (events) => {
          const pair = await linkedPair(driver, secure);
          await playOn(pair, events);
          await expect.poll(() => pair.isComplete, { timeout: 30_000, interval: 2 }).toBe(true);
          linked += pair.links;
          expect(pair.toTarget.received).toEqual(pair.toTarget.sent);
          expect(pair.toClient.received).toEqual(pair.toClient.sent);
          // It is out of the way again, and holds nothing.
          expect(pair.isLinked).toBe(false);
          pair.close();
        }),
        { numRuns: 40 },
      );
      expect(linked).toBeGreaterThan(20);
      expect(heldBytes()).toBe(0);
    },
    120_000,
  );
});

describe.each(["lean", "ws"] as const)(
  "ends of linked connections, with the %s driver",
  (driver) => {
    const late: LinkCondition = { direction: "both", delayUs: () => 100 * MS };

    it("come behind what was sent before them", async () => {
      const pair = await linkedPair(driver, false);
      pair.add(late);
      for (let message = 0; message < 5; message++) pair.receive(1000);
      pair.target?.close(1000);
      await expect.poll(() => pair.lines).toContain("closed 1000");
      expect(pair.toClient.received).toEqual(pair.toClient.sent);
      await expect.poll(() => pair.lines).toContain("target closed 1000");
      await expect.poll(() => pair.isLinked).toBe(false);
    });

    it("reach the target behind what we sent before them", async () => {
      const pair = await linkedPair(driver, true);
      pair.add(late);
      for (let message = 0; message < 5; message++) pair.send(100_000);
      pair.socket?.close(1000);
      await expect.poll(() => pair.lines).toContain("target closed 1000");
      expect(pair.toTarget.received).toEqual(pair.toTarget.sent);
      await expect.poll(() => pair.isLinked).toBe(false);
    });

    it("come behind what was under way when the target resets", async () => {
      const pair = await linkedPair(driver, false);
      pair.add({ direction: "in", delayUs: () => 300 * MS });
      for (let message = 0; message < 5; message++) pair.receive(1000);
      // Whatever the system holds of it, a reset takes away.
      await expect.poll(() => heldBytes()).toBeGreaterThan(5000);
      pair.reset();
      await expect.poll(() => pair.lines).toContain("closed 1006 ECONNRESET");
      expect(pair.toClient.received).toEqual(pair.toClient.sent);
      await expect.poll(() => [pair.isLinked, heldBytes()]).toEqual([false, 0]);
    });

    it("by us come at once, and leave nothing behind", async () => {
      const pair = await linkedPair(driver, false);
      pair.add({ direction: "both", blocked: true });
      pair.send(100_000);
      pair.receive(100_000);
      await expect.poll(() => heldBytes()).toBeGreaterThan(200_000);
      pair.socket?.abort(true);
      await expect.poll(() => pair.lines).toEqual(["target closed 1006"]);
      await expect.poll(() => [pair.isLinked, heldBytes()]).toEqual([false, 0]);
    });

    it.each([false, true])("hold no more than their bound (TLS: %s)", async (secure) => {
      const pair = await linkedPair(driver, secure);
      const blocked: LinkCondition = { direction: "both", blocked: true };
      pair.add(blocked);
      for (let message = 0; message < 20; message++) {
        pair.send(1 << 20);
        pair.receive(1 << 20);
      }
      await expect.poll(() => pair.socket?.bufferedBytes()).toBeGreaterThan(16 << 20);
      await expect.poll(() => pair.target?.bufferedAmount).toBeGreaterThan(4 << 20);
      // A message, and a read of 64 KiB, beyond the bounds of both ways.
      expect(heldBytes()).toBeLessThan(2 * MAX_PIPE_BYTES + (1 << 20) + 70_000);
      expect(heldBytes()).toBeGreaterThan(MAX_PIPE_BYTES);
      pair.remove(blocked);
      await expect.poll(() => pair.isComplete).toBe(true);
      expect(pair.toTarget.received).toEqual(pair.toTarget.sent);
      expect(pair.toClient.received).toEqual(pair.toClient.sent);
      expect([pair.isLinked, heldBytes()]).toEqual([false, 0]);
      pair.close();
    });
  },
);

describe("a pipe", () => {
  const never = () => 0;

  it("lets pass what came in, and nothing else, whatever its conditions", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.record({ do: fc.constant("put" as const), size: fc.nat(5000) }),
            fc.record({
              do: fc.constant("follow" as const),
              list: fc.array(condition, { maxLength: 3 }),
            }),
            fc.record({ do: fc.constant("pass" as const), us: fc.nat(30_000) }),
          ),
        ),
        (events) => {
          let draws = 0;
          const pipe = new Pipe(() => ((draws++ * 37) % 100) / 100);
          const sent: number[] = [];
          const passed: number[] = [];
          let nowUs = 0;
          const drain = () => {
            for (let bytes = pipe.take(nowUs); bytes; bytes = pipe.take(nowUs))
              passed.push(...bytes);
          };
          for (const one of events) {
            if (one.do === "put") {
              const bytes = Buffer.from(
                Array.from({ length: one.size }, (_, at) => (sent.length + at) & 255),
              );
              sent.push(...bytes);
              pipe.put(bytes, nowUs);
            } else if (one.do === "follow") pipe.follow(one.list, nowUs);
            else {
              nowUs += one.us;
              const due = pipe.nextUs <= nowUs;
              const before = passed.length;
              drain();
              expect(passed.length > before).toBe(due);
            }
            expect(pipe.heldBytes).toBe(sent.length - passed.length);
          }
          pipe.follow([], nowUs);
          drain();
          expect(passed).toEqual(sent);
          expect(pipe.isEmpty).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
    expect(heldBytes()).toBe(0);
  });

  it("keeps to its rate to the byte, however it is asked", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000_000 }),
        fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 30 }),
        (ratePerSec, sizesOfAll) => {
          const pipe = new Pipe(never);
          pipe.follow([{ direction: "both", ratePerSec }], 0);
          for (const size of sizesOfAll) pipe.put(Buffer.alloc(size), 0);
          const total = sizesOfAll.reduce((sum, size) => sum + size, 0);
          let passed = 0;
          while (!pipe.isEmpty) {
            const atUs = pipe.nextUs;
            for (let bytes = pipe.take(atUs); bytes; bytes = pipe.take(atUs))
              passed += bytes.length;
            expect(passed).toBeLessThanOrEqual((atUs * ratePerSec) / 1e6 + 1);
          }
          expect(passed).toBe(total);
          expect(pipe.nextUs).toBe(Number.POSITIVE_INFINITY);
        },
      ),
    );
  });

  it("follows a rate that changes, to a fiftieth, and waits for none that is to come", () => {
    const rates = fc.integer({ min: 2000, max: 500_000 });
    const piece = Buffer.alloc(50_000);
    fc.assert(
      fc.property(rates, rates, fc.integer({ min: 1, max: 4 }), (from, to, seconds) => {
        const untilUs = seconds * 1e6;
        const rateAt = (us: number) => from + ((to - from) * Math.min(us, untilUs)) / untilUs;
        const pipe = new Pipe(never);
        pipe.follow([{ direction: "both", ratePerSec: rateAt }], 0);
        const wanted = ((from + to) / 2) * seconds;
        for (let put = 0; put < 2 * wanted; put += piece.length) pipe.put(piece, 0);
        let passed = 0;
        let looks = 0;
        for (let atUs = pipe.nextUs; atUs <= untilUs; atUs = Math.max(atUs + 1, pipe.nextUs)) {
          for (let bytes = pipe.take(atUs); bytes; bytes = pipe.take(atUs)) passed += bytes.length;
          looks++;
        }
        expect(Math.abs(passed / wanted - 1)).toBeLessThan(0.02);
        expect(looks).toBeLessThan(200 * seconds);
        pipe.drop();
      }),
      { numRuns: 40 },
    );
  });

  it("has a rate that has risen from next to nothing at once", () => {
    const pipe = new Pipe(never);
    pipe.follow([{ direction: "both", ratePerSec: (us: number) => 1 + us }], 0);
    pipe.put(Buffer.alloc(10), 0);
    // A byte takes a second at the rate of the beginning.
    expect(pipe.nextUs).toBeLessThanOrEqual(100_000);
    expect(pipe.take(pipe.nextUs)?.length).toBeGreaterThan(0);
    pipe.drop();
  });

  it("is full at its bound, and takes nothing in vain", () => {
    const pipe = new Pipe(never);
    pipe.follow([{ direction: "both", blocked: true }], 0);
    expect(pipe.isFull).toBe(false);
    pipe.put(Buffer.alloc(MAX_PIPE_BYTES), 0);
    expect(pipe.isFull).toBe(true);
    pipe.drop();
    expect([pipe.isFull, pipe.isEmpty, heldBytes()]).toEqual([false, true, 0]);
  });
});
