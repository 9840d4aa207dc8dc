/** Goal: frames of builds with other lists are read by name; dictionaries that are none, or too large, are refused. */
import { describe, expect, it } from "vitest";
import { PHASE_COUNTERS } from "../../../shared/stats/counters.ts";
import {
  COUNTER_LISTS,
  type CounterLists,
  checksumOf,
  counterListsSchema,
  LIST_LIMITS,
} from "../../../shared/wire/frame/counter-lists.ts";
import { FIRST_COUNTER_LISTS } from "../../../shared/wire/frame/first-counter-lists.ts";
import { decodeFrame, dictionaryOf, encodeFrame } from "../../../shared/wire/frame/frame-codec.ts";
import {
  FrameDictionaries,
  FrameDictionary,
  MAX_DICTIONARIES,
  OWN_DICTIONARY,
} from "../../../shared/wire/frame/frame-dictionary.ts";
import { encodeAs, relabelled } from "../../support/other-lists.ts";
import { frameOf } from "./frames.ts";

function reading(lists: CounterLists): FrameDictionaries {
  const dictionaries = new FrameDictionaries();
  dictionaries.add(lists);
  return dictionaries;
}

const withExtra = (list: keyof typeof COUNTER_LISTS, name: string): CounterLists => ({
  ...COUNTER_LISTS,
  [list]: COUNTER_LISTS[list].toSpliced(1, 0, name as never),
});

describe("a frame of another build", () => {
  it("with one counter more in the middle, and one of another name", () => {
    const phases = PHASE_COUNTERS.map((name) => (name === "pongs" ? "pongFrames" : name));
    const lists = { ...COUNTER_LISTS, phases: ["extra", ...phases] };
    const frame = decodeFrame(encodeAs(lists, frameOf(7)), reading(lists));
    const { phases: own } = decodeFrame(encodeFrame(frameOf(7)));
    const pongs = PHASE_COUNTERS.indexOf("pongs");
    expect(frame.phases).toEqual([
      { phase: 2, counters: own[0]?.counters.map((v, at) => (at === pongs ? undefined : v)) },
    ]);
    const { unknown, lacking } = new FrameDictionary(lists);
    expect(unknown).toEqual(["extra", "pongFrames"]);
    expect(lacking).toEqual(["pongs"]);
  });

  it("has histograms of a metric that is unknown here: they count for the audit only", () => {
    const metrics = COUNTER_LISTS.metrics.map((name) => (name === "latency" ? "renderTime" : name));
    const lists = { ...COUNTER_LISTS, metrics };
    const { histograms } = frameOf(7);
    const frame = decodeFrame(relabelled(lists, frameOf(7)), reading(lists));
    expect(frame.unknownHistograms).toHaveLength(1);
    expect(frame.histograms).toHaveLength(histograms.length - 1);
  });

  it("counts failures and closes of kinds that are unknown here, each kind by its name", () => {
    const failures = [
      ...COUNTER_LISTS.failures.map((kind) =>
        kind === "upgrade-status" ? "quota" : kind === "lost" ? "vanished" : kind,
      ),
    ];
    const lists = {
      ...COUNTER_LISTS,
      failures,
      connectFailures: ["quota"],
      closes: COUNTER_LISTS.closes.map((cause) => (cause === "peer" ? "kicked" : cause)),
      codes: ["quota", "close-code"],
    };
    const group = { phase: 2, target: 0, count: 3, sample: null } as const;
    const frame = frameOf(7, {
      failures: [
        { kind: "upgrade-status", signature: "503", ...group },
        { kind: "upgrade-status", signature: "429", ...group },
        { kind: "lost", signature: "", ...group },
        { kind: "dns", signature: "ENOTFOUND", ...group },
      ],
      closes: [
        { cause: "peer", count: 3 },
        { cause: "plan", count: 4 },
      ],
      codes: [
        { kind: "upgrade-status", code: 429, count: 9 },
        { kind: "close-code", code: 1001, count: 2 },
      ],
    });
    const decoded = decodeFrame(relabelled(lists, frame), reading(lists));
    expect(decoded.failures).toEqual([
      { kind: "unknown-connect", signature: "quota", ...group, count: 6 },
      { kind: "unknown-open", signature: "vanished", ...group },
      { kind: "dns", signature: "ENOTFOUND", ...group },
    ]);
    expect(decoded.closes).toEqual([
      { cause: "plan", count: 4 },
      { cause: "unknown", count: 3 },
    ]);
    expect(decoded.codes).toEqual([{ kind: "close-code", code: 1001, count: 2 }]);
  });

  it("is refused when nobody has announced its dictionary, and never read by another", () => {
    const lists = withExtra("phases", "extra");
    const bytes = encodeAs(lists, frameOf(7));
    expect(dictionaryOf(bytes)).toBe(checksumOf(lists));
    expect(() => decodeFrame(bytes)).toThrow(
      expect.objectContaining({ code: "ONRUSH_FRAME_INVALID" }),
    );
    expect(() => decodeFrame(bytes)).toThrow("that no worker of this run has announced");
  });
});

describe("a frame from before dictionaries", () => {
  it("names none and is read by the lists of that time", () => {
    // Nobody looked at the kernel then.
    const { kernel: _, ...frame } = frameOf(7);
    const bytes = encodeAs(FIRST_COUNTER_LISTS, frame, 1);
    expect(dictionaryOf(bytes)).toBeNull();
    const now = decodeFrame(encodeFrame(frame));
    const first = <R extends { counters: readonly unknown[] }>(rows: readonly R[], list: string) =>
      rows.map((row) => {
        const count = FIRST_COUNTER_LISTS[list]?.length;
        return { ...row, counters: row.counters.slice(0, count) };
      });
    expect(decodeFrame(bytes)).toEqual({
      ...now,
      phases: first(now.phases, "phases"),
      names: first(now.names, "names"),
      targets: first(now.targets, "targets"),
      health: { ...now.health, throttled: 0, processorWait: 0 },
    });
  });

  it("has lists that are those of today, as far as they went", () => {
    for (const [name, names] of Object.entries(FIRST_COUNTER_LISTS)) {
      const today: readonly string[] = COUNTER_LISTS[name as keyof typeof COUNTER_LISTS];
      expect(today.slice(0, names.length), name).toEqual(names);
    }
  });
});

describe("a dictionary", () => {
  it("is this build's own, and has a checksum that does not depend on the order of its lists", () => {
    expect(counterListsSchema.parse(COUNTER_LISTS)).toEqual(COUNTER_LISTS);
    const turned = Object.fromEntries(Object.entries(COUNTER_LISTS).reverse());
    expect(checksumOf(turned)).toBe(OWN_DICTIONARY.checksum);
    expect(checksumOf(withExtra("ticks", "extra"))).not.toBe(OWN_DICTIONARY.checksum);
    expect(dictionaryOf(encodeFrame(frameOf(7)))).toBe(OWN_DICTIONARY.checksum);
  });

  const names = (count: number) => Array.from({ length: count }, (_, at) => `n${at}`);
  it.each<[what: string, lists: unknown]>([
    ["no object", [["phases"]]],
    ["a list as a text", { phases: "attempted" }],
    ["a number as a name", { phases: [1] }],
    ["a name twice", { phases: ["sent", "sent"] }],
    ["a name with a control character", { phases: ["a\u001b[2J"] }],
    ["a name of markup", { phases: ["<script>"] }],
    ["a long name", { phases: ["x".repeat(65)] }],
    ["an empty name", { phases: [""] }],
    ["a list of many names", { phases: names(LIST_LIMITS.names + 1) }],
    ["many lists", Object.fromEntries(names(LIST_LIMITS.lists + 1).map((name) => [name, []]))],
    ["a list of an odd name", { "__proto__ x": [] }],
  ])("is refused with %s", (_, lists) => {
    expect(counterListsSchema.safeParse(lists).success).toBe(false);
  });

  it("is one of a bounded number in a run", () => {
    const dictionaries = new FrameDictionaries();
    for (let at = 0; at < MAX_DICTIONARIES; at++) dictionaries.add({ phases: [`n${at}`] });
    dictionaries.add({ phases: ["n0"] });
    expect(dictionaries.full).toBe(true);
    expect(() => dictionaries.add({ phases: ["more"] })).toThrow("more than 64 different builds");
  });
});
