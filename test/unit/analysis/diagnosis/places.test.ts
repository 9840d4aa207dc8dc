/**
 * Goal: what is uneven behind a balancer is told from what is slow for everybody, and the balancer's doing from the test's own. Method: runs
 * told second by second, with samples of connections at servers that say who they are.
 */
import { describe, expect, test } from "vitest";
import { replyMs } from "../../../../coordinator/analysis/diagnosis/places/sampled.ts";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import type { Frame } from "../../../../shared/wire/frame/frame.ts";
import {
  codeOfGap,
  codeOfKind,
  codeOfReceived,
  codeOfSent,
  recentEvents,
} from "../../../../shared/wire/frame/recent-event.ts";
import { causesOf, foldOf, foldOfWorkers, healthySeconds, momentAt, type Told } from "./story.ts";

const PLAN = { connections: 200, ramp: 4 };
const load = { seed: 5, connections: 200, ramp: 4, rate: 2, medianUs: 3000 };

/** Four replies that took about so long. */
function repliesOf(ms: number): Uint8Array {
  const one = [codeOfSent(0, 64), codeOfGap(400), codeOfReceived(64), codeOfGap(ms)];
  return Uint8Array.from(Array(4).fill(one).flat());
}

interface Place {
  readonly servedBy?: string;
  readonly source?: string;
  readonly address?: string;
  readonly ms: number;
}

/** Five connections a second, no two alike: connection `at` of the run at what `placeOf` says. */
function sampled(seconds: number, placeOf: (at: number) => Place, seed = load.seed): Told[] {
  const healthy = healthySeconds({ ...load, seed, seconds, correlation: 0.5, spread: 0.3 });
  return healthy.map(({ failures: _, dropped: _1, lifetimeUs: _2, ...told }, second) => ({
    ...told,
    controls: Array.from({ length: 5 }, (_, place): Frame["controls"][number] => {
      const at = second * 5 + place;
      const { servedBy = "", source = "", address = "", ms } = placeOf(at);
      const moment = { connection: at, servedBy, source, address, recent: repliesOf(ms) };
      return { weight: 40, ...momentAt(second, moment) };
    }),
  }));
}

/** Of ten connections so many at each server; the first is slow. */
function shared(counts: readonly number[], slowMs: number, source = ""): Told[] {
  const names = counts.flatMap((count, at) => Array<string>(count).fill(`s${at + 1}`));
  return sampled(20, (at) => {
    const servedBy = names[at % names.length] ?? "";
    return { servedBy, source, ms: servedBy === "s1" ? slowMs : 3 };
  });
}

const found = (seconds: readonly Told[], second: readonly Told[] = [], url = "ws://127.0.0.1:9/") =>
  diagnose(
    new Signals(
      foldOfWorkers([seconds, ...(second.length > 0 ? [second] : [])], {
        ...PLAN,
        targets: [{ url, weight: 1, label: "" }],
      }),
    ),
    DETECTORS,
  );

describe("servers behind a balancer", () => {
  test("one of which has most connections and is slow", () => {
    const [one, ...others] = found(shared([7, 1, 1, 1], 40));
    expect(one).toMatchObject({ cause: "unbalanced-load", confidence: "likely" });
    expect(one?.sentence).toContain("s1 70 of 100 (70 %)");
    expect(one?.evidence.map(({ sentence }) => sentence).join()).toContain("over 40 ms");
    expect(others).toEqual([]);
  });

  test("are named in characters of names, so many, and cut off", () => {
    const names = [
      "`<b>[31m`",
      "x".repeat(100),
      ...Array.from({ length: 10 }, (_, at) => `s${at}`),
    ];
    const seconds = sampled(40, (at) => {
      const servedBy =
        names[at % 20 < 9 ? 0 : at % 20 < 12 ? 1 : 2 + (Math.floor(at / 3) % 10)] ?? "";
      return { servedBy, ms: servedBy === names[0] ? 40 : 3 };
    });
    const [one] = found(seconds);
    const said = [one?.sentence, ...(one?.evidence ?? []).map(({ sentence }) => sentence)].join(
      "\n",
    );
    expect(one?.cause).toBe("unbalanced-load");
    expect(said).toContain("??b??31m?");
    expect(said).toContain(`${"x".repeat(60)}… `);
    expect(said).not.toMatch(/x{61}|[`<>]/);
    expect(one?.evidence[0]?.sentence.split(", ")).toHaveLength(9);
    expect(one?.evidence[0]?.sentence).toMatch(/, …\.$/);
    expect(one?.sentence).toContain("of 12 servers");
  });

  test.each<[string, Told[]]>([
    ["share evenly, and one is slow", shared([3, 3, 2, 2], 40)],
    ["share unevenly, and none is slow", shared([7, 1, 1, 1], 4)],
    ["do not say who they are", sampled(20, (at) => ({ ms: at % 10 < 7 ? 40 : 3 }))],
    ["are one", shared([10], 40)],
  ])("that %s: no imbalance", (_, seconds) => {
    expect(causesOf(foldOf(seconds, PLAN))).toEqual([]);
  });
});

describe("a balancer that goes by the source address", () => {
  const bySource = (ofSource: readonly string[]) =>
    sampled(20, (at) => {
      const servedBy = ofSource[at % ofSource.length] ?? "";
      return {
        servedBy,
        source: `127.0.0.${2 + (at % ofSource.length)}`,
        ms: servedBy === "s1" ? 40 : 3,
      };
    });

  test("is told from one that shares unevenly: each address has its server", () => {
    const [one, ...others] = found(bySource(["s1", "s1", "s1", "s2"]));
    expect(one).toMatchObject({ cause: "few-source-addresses", confidence: "certain" });
    expect(one?.sentence).toContain("the test's doing");
    expect(one?.evidence.at(-1)?.sentence).toContain("127.0.0.4 s1, 127.0.0.5 s2");
    expect(others).toEqual([]);
  });

  test("is none when connections of an address go to several servers", () => {
    const mixed = sampled(20, (at) => {
      const servedBy = at % 10 < 7 ? "s1" : `s${2 + (at % 3)}`;
      return { servedBy, source: `127.0.0.${2 + (at % 7)}`, ms: servedBy === "s1" ? 40 : 3 };
    });
    expect(causesOf(foldOf(mixed, PLAN))).toEqual(["unbalanced-load likely"]);
  });
});

describe("a worker at another address", () => {
  const at = (address: string, ms: number, seed = 5) => sampled(20, () => ({ address, ms }), seed);
  const name = "ws://service.example/";

  test("whose replies are slow", () => {
    const [one, ...others] = found(at("10.0.0.7", 3), at("10.0.0.9", 40, 9), name);
    expect(one).toMatchObject({ cause: "stale-address", confidence: "likely" });
    expect(one?.sentence).toMatch(/^Worker w2 connects to 10\.0\.0\.9, the others to 10\.0\.0\.7/);
    expect(others).toEqual([]);
  });

  test("whose attempts fail", () => {
    const failing = at("10.0.0.9", 3, 9).map((told, second): Told => {
      const event = { kind: "upgrade-status" as const, signature: "404 Not Found", weight: 3 };
      return {
        ...told,
        failed: 3,
        failures: [{ kind: event.kind, signature: event.signature, count: 3 }],
        events: [{ ...event, ...momentAt(second, { address: "10.0.0.9" }) }],
      };
    });
    const [one] = found(at("10.0.0.7", 3), failing, name);
    expect(one).toMatchObject({ cause: "stale-address" });
    expect(one?.evidence[0]?.sentence).toContain("attempts to connect failed");
  });

  test.each<[string, Told[], string]>([
    ["is as good", at("10.0.0.9", 4, 9), name],
    ["is the same one, and slow", at("10.0.0.7", 40, 9), name],
    ["is what the scenario names", at("10.0.0.9", 40, 9), "ws://10.0.0.7/"],
  ])("that %s: nothing", (_, second, url) => {
    expect(found(at("10.0.0.7", 3), second, url)).toEqual([]);
  });
});

test("each of many workers at an address of its own: it is the resolver, and nothing is said", () => {
  const runs = [3, 3, 40].map((ms, at) => sampled(20, () => ({ address: `10.0.0.${at}`, ms }), at));
  const target = { url: "ws://service.example/", weight: 1, label: "" };
  const fold = foldOfWorkers(runs, { ...PLAN, targets: [target] });
  expect(causesOf(fold).join()).not.toContain("stale-address");
});

describe("times of replies", () => {
  const sent = (gap: number) => [codeOfSent(0, 64), codeOfGap(gap)];
  const received = (gap: number) => [codeOfReceived(64), codeOfGap(gap)];
  const of = (inFlight: number, ...events: readonly (readonly number[])[]) =>
    replyMs({ recent: recentEvents(Uint8Array.from(events.flat())), inFlight });

  test("are those of messages in their order, the last ones still waiting", () => {
    expect(of(0, sent(3), received(5), sent(7), received(2))).toEqual([2, 5]);
    expect(of(2, sent(0), sent(4), received(2), sent(1), received(3), sent(6))).toEqual([6, 6]);
    expect(of(0, received(5), sent(7), received(2))).toEqual([2]);
  });

  test("are none where a reply did not come", () => {
    expect(of(0, sent(3), received(5), [codeOfKind("reply-timeout"), 0])).toEqual([]);
  });
});
