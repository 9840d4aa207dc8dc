/**
 * Goal: whatever another build has in its lists, in whatever order, a frame of it says here what it says there of all that
 * both know. Method: this build's lists shuffled, thinned and padded with names of their own.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { COUNTER_LISTS, type CounterLists } from "../../shared/wire/frame/counter-lists.ts";
import { decodeFrame } from "../../shared/wire/frame/frame-codec.ts";
import { FrameDictionaries } from "../../shared/wire/frame/frame-dictionary.ts";
import { encodeAs } from "../support/other-lists.ts";
import { frameOf } from "../unit/wire/frames.ts";

type List = keyof typeof COUNTER_LISTS;
/** Whose entries are named by rows, so that all of the frame's have to be there. */
const NAMED: readonly List[] = ["metrics", "failures", "closes", "codes", "connectFailures"];

function otherList(list: List): fc.Arbitrary<readonly string[]> {
  const own: readonly string[] = COUNTER_LISTS[list];
  const extra = fc.uniqueArray(fc.stringMatching(/^x[a-z]{1,6}Extra$/), { maxLength: 3 });
  const kept = NAMED.includes(list) ? fc.constant([...own]) : fc.subarray([...own]);
  return fc
    .tuple(kept, extra)
    .chain(([names, more]) =>
      fc.shuffledSubarray([...names, ...more], { minLength: names.length + more.length }),
    );
}

const otherLists: fc.Arbitrary<CounterLists> = fc.record(
  Object.fromEntries((Object.keys(COUNTER_LISTS) as List[]).map((list) => [list, otherList(list)])),
);

it("a frame of any other build is read by name", () => {
  const frame = frameOf(7, {
    cumulative: { counters: COUNTER_LISTS.phases.map((_, at) => at * 1e6), histogramValues: 4 },
  });
  fc.assert(
    fc.property(otherLists, (lists) => {
      const dictionaries = new FrameDictionaries();
      dictionaries.add(lists);
      const read = decodeFrame(encodeAs(lists, frame), dictionaries);
      const known = (list: List, counters: readonly unknown[]) =>
        COUNTER_LISTS[list].map((name, at) =>
          lists[list]?.includes(name) ? counters[at] : undefined,
        );
      const full = (list: List, counters: readonly unknown[] | undefined) =>
        COUNTER_LISTS[list].map((_, at) => counters?.[at]);
      const rows = ["shards", "phases", "names", "targets", "roles"] as const;
      for (const section of rows) {
        expect(read[section].map(({ counters }) => full(section, counters))).toEqual(
          frame[section].map(({ counters }) => known(section, counters)),
        );
      }
      expect(full("phases", read.cumulative?.counters)).toEqual(
        known("phases", frame.cumulative?.counters ?? []),
      );
      expect(read.ticks).toEqual(known("ticks", frame.ticks).map((row) => row ?? []));
      for (const field of COUNTER_LISTS.health) {
        expect(read.health[field]).toBe(lists["health"]?.includes(field) ? frame.health[field] : 0);
      }
      expect(full("kernel", read.kernel)).toEqual(known("kernel", frame.kernel ?? []));
      expect(read.events.map(({ kind, weight }) => [kind, weight])).toEqual(
        frame.events.map(({ kind, weight }) => [kind, weight]),
      );
      expect(read.histograms.map(({ bytes: _, ...row }) => row)).toEqual(
        frame.histograms.map(({ bytes: _, ...row }) => row),
      );
      expect([read.failures, read.closes, read.codes]).toEqual([
        frame.failures,
        frame.closes,
        frame.codes,
      ]);
    }),
    { numRuns: 300 },
  );
});
