/** First, median and last receiver over several engines, against all times in one list. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { receiverTimes } from "../../coordinator/merge/push/receiver-times.ts";
import { OpenMessage } from "../../worker/push/open-message.ts";

const engines = (most: number) =>
  fc.array(fc.array(fc.integer({ min: -1000, max: 5_000_000 }), { maxLength: most }), {
    minLength: 1,
    maxLength: 4,
  });

/** As an engine tells of them. */
function told(times: readonly number[]) {
  const message = new OpenMessage();
  message.begin(0, 0, 0);
  for (const time of times) message.receive(time);
  return { timesUs: message.timesUs(), receivers: times.length };
}

describe("receiver times", () => {
  it("are exact where each receiver is told", () => {
    fc.assert(
      fc.property(engines(33), (all) => {
        const sorted = all.flat().sort((a, b) => a - b);
        const expected =
          sorted.length === 0
            ? null
            : {
                first: sorted[0],
                median: sorted[Math.ceil(sorted.length / 2) - 1],
                last: sorted.at(-1),
              };
        expect(receiverTimes(all.map(told))).toEqual(expected);
      }),
    );
  });

  it("are within a thirtieth in rank where some stand for all", () => {
    fc.assert(
      fc.property(engines(400), (all) => {
        const sorted = all.flat().sort((a, b) => a - b);
        const got = receiverTimes(all.map(told));
        if (sorted.length === 0) return;
        expect([got?.first, got?.last]).toEqual([sorted[0], sorted.at(-1)]);
        const below = sorted.filter((time) => time < (got?.median ?? 0)).length;
        const upTo = sorted.filter((time) => time <= (got?.median ?? 0)).length;
        const slack = sorted.length / 30 + all.length;
        expect(below).toBeLessThanOrEqual(sorted.length / 2 + slack);
        expect(upTo).toBeGreaterThanOrEqual(sorted.length / 2 - slack);
      }),
    );
  });
});
