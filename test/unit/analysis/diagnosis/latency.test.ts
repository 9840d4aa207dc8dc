/**
 * Goal: slowness is traced to its cause, with its number. Method: runs told second by second, each with one thing wrong.
 */
import { describe, expect, test, vi } from "vitest";
import { loss } from "../../../../coordinator/analysis/diagnosis/latency/loss.ts";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { causesOf, foldOf, type Healthy, healthySeconds, type Told } from "./story.ts";

const PLAN = { connections: 200, ramp: 4 };

function healthy(seconds: number, change: Partial<Healthy> = {}): Told[] {
  const load = { seed: 3, seconds, connections: 200, ramp: 4, rate: 2, medianUs: 3000 };
  return healthySeconds({ ...load, correlation: 0.5, spread: 0.3, ...change }).map((told) => {
    const { failures: _, dropped: _1, lifetimeUs: _2, ...rest } = told;
    return rest;
  });
}

/** Nothing comes for 300 ms from the third tick of these seconds on, and then all of it. */
function paused(at: readonly number[], pings: "held" | "answered" | "none"): Told[] {
  return healthy(30).map((told, second) => {
    const isPaused = at.includes(second);
    const pingUs =
      pings === "none" ? [] : Array(30).fill(isPaused && pings === "held" ? 280_000 : 900);
    if (!isPaused) return { ...told, pingUs };
    return {
      ...told,
      pingUs,
      sent: Array(10).fill(40),
      received: [40, 40, 0, 0, 0, 160, 40, 40, 40, 40],
    };
  });
}

describe("pauses", () => {
  test("of the process hold pings, too", () => {
    const [found, ...others] = diagnose(
      new Signals(foldOf(paused([7, 12, 14, 23], "held"), PLAN)),
      DETECTORS,
    );
    expect(found).toMatchObject({ cause: "event-loop-pauses", confidence: "certain" });
    expect(found?.sentence).toContain("4 times, for up to 300 ms");
    expect(others).toEqual([]);
  });

  test("of the handlers do not", () => {
    expect(causesOf(foldOf(paused([7, 12, 14, 23], "answered"), PLAN))).toEqual([
      "periodic-stall certain",
    ]);
  });

  test("at regular intervals are a timer's, as far as can be told without pings", () => {
    const [found] = diagnose(
      new Signals(foldOf(paused([6, 11, 16, 21, 26], "none"), PLAN)),
      DETECTORS,
    );
    expect(found).toMatchObject({ cause: "periodic-stall", confidence: "likely" });
    expect(found?.sentence).toContain("every 5 s");
  });

  test("twice are chance", () => {
    expect(causesOf(foldOf(paused([7, 19], "held"), PLAN))).toEqual([]);
  });
});

describe("pauses that get longer", () => {
  /** One every second from second 6 on, of so many milliseconds; whoever asked first waited for all of it. */
  const growing = (lengthMs: (at: number) => number, until = 30): Told[] =>
    healthy(30).map((told, second) => {
      const pingUs = Array(30).fill(900);
      if (second < 6 || second >= until) return { ...told, pingUs };
      const forMs = lengthMs(second - 6);
      const still = Math.floor(forMs / 100);
      const received = [
        ...[40, 40],
        ...Array(still).fill(0),
        40 * (still + 1),
        ...Array(7 - still).fill(40),
      ];
      return {
        ...told,
        pingUs: [...pingUs, forMs * 1000],
        sent: Array(10).fill(40),
        received,
        latencyUs: [...(told.latencyUs ?? []), forMs * 1000],
      };
    });

  const dies: Told = {
    ...{ open: 0, dropped: 200, lifetimeUs: [6e6, 7e6, 8e6, 9e6, 10e6] },
    failures: [{ kind: "abnormal-close", signature: "ECONNRESET", count: 200 }],
  };
  const refused: Told = {
    ...{ open: 0, opened: 0, failed: 60, sent: [], received: [], latencyUs: [] },
    failures: [{ kind: "tcp-refused", signature: "ECONNREFUSED", count: 60, attempt: 1 }],
  };

  test("are those of a leak", () => {
    const found = diagnose(
      new Signals(
        foldOf(
          growing((at) => 110 + 12 * at),
          PLAN,
        ),
      ),
      DETECTORS,
    );
    expect(found).toMatchObject([{ cause: "memory-leak", confidence: "likely" }]);
    expect(found[0]?.sentence).toContain("longer and longer");
  });

  test("until it dies: that is its end, and no crash of its own", () => {
    const seconds = growing((at) => 110 + 25 * at, 18).map((told, second) =>
      second === 18 ? { ...told, ...dies } : second === 19 ? { ...told, ...refused } : told,
    );
    const found = diagnose(new Signals(foldOf(seconds, PLAN)), DETECTORS);
    expect(found).toMatchObject([{ cause: "memory-leak", confidence: "likely" }]);
    expect(found[0]?.sentence).toContain("until it died at second 18");
  });

  test("of one length before it dies are none of a leak", () => {
    const seconds = growing((at) => 150 + 60 * ((at * 7) % 3), 18).map((told, second) =>
      second === 18 ? { ...told, ...dies } : second === 19 ? { ...told, ...refused } : told,
    );
    const causes = causesOf(foldOf(seconds, PLAN));
    expect(causes).toContain("crash-and-restart certain");
    expect(causes.join()).not.toContain("memory-leak");
  });
});

describe("a limit", () => {
  /** Offered from 100 to 580 a second; answered at most 300. */
  const limited = (pingUs: number): Told[] =>
    Array.from({ length: 24 }, (_, second) => {
      const offered = 100 + 20 * second;
      const answered = Math.min(offered, 300);
      const behind = Math.max(0, offered - 300);
      return {
        ...{ open: 200, opened: second === 0 ? 200 : 0 },
        sent: Array(10).fill(offered / 10),
        received: Array(10).fill(answered / 10),
        latencyUs: Array(100).fill(4000 + behind * 5000),
        pingUs: Array(20).fill(pingUs),
      };
    });

  test("of the process", () => {
    const [found, ...others] = diagnose(new Signals(foldOf(limited(600_000), PLAN)), DETECTORS);
    expect(found).toMatchObject({ cause: "saturation", confidence: "likely" });
    expect(found?.sentence).toContain("300/s");
    expect(others).toEqual([]);
  });

  test("of the process, which attempts to connect then do not get through, is one cause", () => {
    const seconds = limited(600_000).map((told, second) =>
      second < 20
        ? told
        : {
            ...told,
            ...{ opened: 20, failed: 20 },
            failures: [{ kind: "upgrade-timeout" as const, signature: "", count: 20 }],
          },
    );
    expect(causesOf(foldOf(seconds, PLAN))).toEqual(["saturation likely"]);
    const alone = healthy(24).map((told, second) => ({
      ...told,
      ...(second >= 20 && { failures: seconds[second]?.failures ?? [], opened: 20, failed: 20 }),
    }));
    expect(causesOf(foldOf(alone, PLAN))).toEqual(["unknown possible"]);
  });

  test("of what is behind it", () => {
    expect(causesOf(foldOf(limited(900), PLAN))).toEqual(["dependency-pool likely"]);
  });
});

test("one kind of message is slow", () => {
  const seconds = healthy(25).map((told) => ({
    ...told,
    byName: [Array(100).fill(3000), Array(40).fill(90_000)],
  }));
  const [found] = diagnose(new Signals(foldOf(seconds, PLAN)), DETECTORS);
  expect(found).toMatchObject({ cause: "slow-message-type", scope: { name: "ask" } });
});

describe("a step", () => {
  const stepped = (
    change: (us: readonly number[]) => readonly number[],
    pingUs: readonly number[],
  ): Told[] =>
    healthy(40).map((told, at) =>
      at < 20
        ? { ...told, pingUs: Array(20).fill(800) }
        : { ...told, latencyUs: change(told.latencyUs ?? []), pingUs },
    );

  test("of all replies and pings alike is the way's", () => {
    const seconds = stepped((us) => us.map((one) => one + 60_000), Array(20).fill(60_800));
    const [found] = diagnose(new Signals(foldOf(seconds, PLAN)), DETECTORS);
    expect(found).toMatchObject({ cause: "network-latency", confidence: "likely", from: 20 });
  });

  test("of replies alone is not", () => {
    const seconds = stepped((us) => us.map((one) => one + 60_000), Array(20).fill(800));
    expect(causesOf(foldOf(seconds, PLAN))).toEqual([]);
  });

  test("of replies alone, by times that vary, is a queue behind the process", () => {
    const change = (us: readonly number[]) => us.map((one, at) => one + 24_000 + (at % 10) * 4000);
    expect(causesOf(foldOf(stepped(change, Array(20).fill(800)), PLAN))).toEqual([
      "dependency-pool possible",
    ]);
  });

  test("of replies alone, mostly by times that vary, is one that is nearly full", () => {
    const change = (us: readonly number[]) =>
      us.map((one, at) => one + 24_000 + (at % 10) * 30_000);
    expect(causesOf(foldOf(stepped(change, Array(20).fill(800)), PLAN))).toEqual([
      "dependency-pool possible",
    ]);
  });

  test("of the slow ones alone is not", () => {
    const seconds = stepped(
      (us) => us.map((one, at) => one * (at % 3 === 0 ? 1 : 20)),
      Array(20).fill(800),
    );
    expect(causesOf(foldOf(seconds, PLAN))).toEqual([]);
  });
});

test("replies that take longer and longer", () => {
  const seconds = healthy(400).map((told, at) => ({
    ...told,
    latencyUs: (told.latencyUs ?? []).map((us) => us * (1 + at / 300)),
  }));
  expect(causesOf(foldOf(seconds, PLAN))).toEqual(["memory-leak possible"]);
});

test("a few that take 200 ms longer, one by one", () => {
  const seconds = healthy(40).map((told) => ({
    ...told,
    latencyUs: (told.latencyUs ?? []).map((us, at) => (at < 3 ? us + 205_000 : us)),
  }));
  expect(causesOf(foldOf(seconds, PLAN))).toEqual(["network-loss possible"]);
});

describe("lost packets of a long run", () => {
  /** Twenty replies a second, one of which takes 200 ms longer in these seconds. */
  const signalsOf = (seconds: number, isSlow: (second: number) => boolean) =>
    new Signals(
      foldOf(
        Array.from({ length: seconds }, (_, second): Told => {
          const latencyUs = Array<number>(20)
            .fill(3000)
            .fill(207_000, 0, isSlow(second) ? 1 : 0);
          return { open: 200, sent: [20], received: [20], latencyUs };
        }),
        PLAN,
      ),
    );

  test("are told of a part of its seconds, spread evenly", () => {
    const [found] = loss.detect(signalsOf(4001, (second) => second % 9 < 4));
    expect(found?.cause).toBe("network-loss");
    expect(found?.evidence[0]?.sentence).toMatch(/ of 1,334 \(.* of the seconds looked at\.$/);
    expect(found?.from).toBe(0);
    expect(found?.to).toBeGreaterThan(3990);
  });

  test("are looked for once a second where no reply is slow", () => {
    const signals = signalsOf(100, (second) => second % 5 < 2);
    const times = vi.spyOn(signals, "times");
    const [found] = loss.detect(signals);
    expect(found?.evidence[0]?.sentence).toContain("in 40 of 100 (40 %) of the seconds.");
    const asked = times.mock.calls.filter(([, [from, to]]) => to - from === 1);
    expect(asked.length).toBe(100 + 40);
  });
});
