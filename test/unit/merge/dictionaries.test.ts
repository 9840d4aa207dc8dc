/**
 * Goal: a run whose frames are of several builds adds up by name, and a journal whose dictionary is none is refused. Method:
 * synthetic engines, some of whose frames are written as another build would.
 */
import { describe, expect, it } from "vitest";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { COUNTER_LISTS } from "../../../shared/wire/frame/counter-lists.ts";
import { decodeFrame } from "../../../shared/wire/frame/frame-codec.ts";
import { encodeAs } from "../../support/other-lists.ts";
import { facts, joined, SyntheticEngine, tell } from "./synthetic-run.ts";

const OTHER = {
  ...COUNTER_LISTS,
  phases: ["extra", ...COUNTER_LISTS.phases.filter((name) => name !== "pongs")],
  shards: [...COUNTER_LISTS.shards].reverse(),
};
const content = {
  final: true,
  phases: { 0: { attempted: 3, established: 3, closed: 3, pongs: 4 } },
  shards: { 0: { attempted: 3, established: 3, closed: 3, open: 0 } },
  closes: [{ cause: "plan" as const, count: 3 }],
};

function frame(epoch: number, body: Uint8Array) {
  return { type: "frame", epoch, seq: 0, body, late: false } as const;
}

describe("frames of two builds in one run", () => {
  const own = () => new SyntheticEngine().frame(content);
  const other = () => encodeAs(OTHER, decodeFrame(own()));

  it("add up by name; what one of them does not count is no figure", () => {
    const fold = new RunFold(facts());
    tell(fold, joined(1), joined(2), { type: "counters", counters: OTHER });
    fold.apply(frame(1, own()));
    fold.apply(frame(2, other()));
    expect(fold.merge.unreadable).toEqual([]);
    expect(fold.merge.counters()).toMatchObject({ attempted: 6, established: 6, pongs: 4 });
    expect(fold.merge.phases.has("pongs")).toBe(false);
    expect(fold.merge.phases.has("pings")).toBe(true);
    const shards = [...fold.merge.workers.values()].map(({ shards }) => shards.get(0));
    expect(shards[1]).toEqual(shards[0]);
    expect(fold.merge.worker(2).audit).toMatchObject({ compared: 1, differences: [] });
  });

  it("are read by the header alone, whatever lists this build has", () => {
    const fold = new RunFold({ ...facts(), counters: OTHER });
    fold.apply(frame(1, other()));
    expect(fold.merge.counters()).toMatchObject({ attempted: 3, pongs: 0 });
  });

  it("are refused, one by one, when nobody has said what they count", () => {
    const fold = new RunFold(facts());
    fold.apply(frame(1, other()));
    expect(fold.merge.frames).toBe(0);
    expect(fold.merge.unreadable).toEqual([expect.stringContaining("has announced")]);
  });
});

it.each([
  ["a text", "attempted"],
  ["a name that is none", { phases: ["<b>"] }],
])("a journal whose counters are %s is corrupt", (_, counters) => {
  const fold = new RunFold(facts());
  expect(() => tell(fold, { type: "counters", counters } as never)).toThrow(
    expect.objectContaining({ code: "ONRUSH_JOURNAL_CORRUPT" }),
  );
});
