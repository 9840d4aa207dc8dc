/**
 * Goal: the network of a connection is as slow, as narrow and as deaf as its fault says, for as long. Method: a real engine against a
 * real server; what it measured, and when the server got what, is compared with what was asked for. Each test states its n.
 */
import { afterAll, describe, expect, it } from "vitest";
import { buildPopulation } from "../../../shared/load/arrivals.ts";
import { victimsOf } from "../../../shared/load/victims.ts";
import { faultWindows } from "../../../shared/scenario/fault-windows.ts";
import type { StrictFault } from "../../../shared/scenario/strict-fault.ts";
import { METRICS, PHASE_COUNTERS } from "../../../shared/stats/counters.ts";
import { MergedHistogram } from "../../../shared/stats/histogram.ts";
import { drawUnit, Stream } from "../../../shared/time/random.ts";
import { makeAuthority, makeLeaf } from "../../conformance/certificates.ts";
import {
  CONNECTIONS,
  closeServers,
  countsOf,
  DRIVERS,
  ended,
  fault,
  phaseSums,
  phasesOf,
  play,
  SECOND,
  TOLERANCE_US,
} from "../../support/fault-run.ts";
import { echoMessage, messages } from "../../support/scenario.ts";

afterAll(closeServers);

const MS = 1000;
type Act = StrictFault["act"];
type Done = Awaited<ReturnType<typeof play>>;

/** Latencies of those that faults act on, or of the others. */
function latencies({ run, whole }: Done, apart: boolean): MergedHistogram {
  const merged = new MergedHistogram();
  for (const { histograms } of run.frames) {
    for (const { metric, phase, bytes } of histograms) {
      if (metric !== METRICS.indexOf("latency") || phase >= whole.phases.length !== apart) continue;
      merged.add(bytes);
    }
  }
  return merged;
}

/** With TLS, by a certificate that nobody has signed. */
const SECURE = { tls: makeLeaf(makeAuthority("network"), { name: "network", ips: ["127.0.0.1"] }) };
const UNVERIFIED = { ca: null, cert: null, key: null, servername: null, rejectUnauthorized: false };
const securityOf = (scheme: string) => (scheme === "wss" ? SECURE : {});

const everybody = { share: 1, count: null, role: null, target: null, worker: null };

function latency(over: Partial<Extract<Act, { kind: "latency" }>>): Act {
  return {
    ...{ kind: "latency", delayUs: 80 * MS, jitterUs: 0, distribution: "uniform", direction: "in" },
    ...over,
  };
}

describe.each(DRIVERS)("latency, with the %s driver", (driver) => {
  it.each([
    ["in", 1, "ws"],
    ["out", 1, "ws"],
    ["both", 2, "ws"],
    ["both", 2, "wss"],
  ] as const)("%s: a reply is later by the delay, %i times, by %s", async (...one) => {
    const [direction, times, scheme] = one;
    const done = await play(
      [fault({ forUs: 2.9 * SECOND, act: latency({ direction }) })],
      { connect: { driver, tls: UNVERIFIED } },
      undefined,
      securityOf(scheme),
    );
    const [others, hit] = [latencies(done, false), latencies(done, true)];
    // 12 of 40 connections, 10 messages a second each, 3 seconds.
    expect(hit.count).toBeGreaterThanOrEqual(300);
    expect(others.count).toBeGreaterThanOrEqual(700);
    const addedUs = hit.quantile(0.5) - others.quantile(0.5);
    expect(Math.abs(addedUs - times * 80 * MS)).toBeLessThan(2 * MS);
    expect(phaseSums(done, false)["matched"]).toBe(phaseSums(done, false)["expected"]);
  });
});

describe("latency", () => {
  /** Distribution functions of the delay, in units of 1. */
  const cases = {
    uniform: (us: number) => Math.min(1, Math.max(0, (us - 50 * MS) / (60 * MS))),
    exponential: (us: number) => 1 - Math.exp(-Math.max(0, us - 80 * MS) / (30 * MS)),
    normal: (us: number) => normalCdf((us - 80 * MS) / (30 * MS)),
  };

  it.each([
    ["uniform", "ws"],
    ["exponential", "ws"],
    ["normal", "ws"],
    ["normal", "wss"],
  ] as const)("has the jitter it says: %s, by %s", async (distribution, scheme) => {
    const act = latency({ jitterUs: 30 * MS, distribution });
    const cdf = cases[distribution];
    const done = await play(
      [fault({ forUs: 9.9 * SECOND, act, victims: everybody })],
      {
        connect: { tls: UNVERIFIED },
        phases: phasesOf(CONNECTIONS, 10 * SECOND),
        // Far enough apart for none to wait for another but once in a thousand.
        messages: messages({ rate: { kind: "perConnection", perSec: 2.5 } }),
      },
      undefined,
      securityOf(scheme),
    );
    const hit = latencies(done, true);
    // Kolmogorov and Smirnov: with n = 960 a true one is further off than this once in a thousand times.
    expect(hit.count).toBeGreaterThanOrEqual(950);
    const most = 1.95 / Math.sqrt(hit.count);
    let distance = 0;
    for (let percent = 1; percent < 100; percent++) {
      // Loopback and the engine's turns: half a millisecond or so.
      const us = hit.quantile(percent / 100);
      const off = Math.min(
        ...[0, 500, 1000, 1500].map((own) => Math.abs(cdf(us - own) - percent / 100)),
      );
      distance = Math.max(distance, off);
    }
    expect(distance).toBeLessThan(most);
  });
});

describe("numbers that change while a fault acts", () => {
  it("a delay is at each moment what is due then", async () => {
    const act = latency({ delayUs: { from: 0, to: 200 * MS } });
    const done = await play([fault({ forUs: 2.9 * SECOND, act, victims: everybody })]);
    const hit = latencies(done, true);
    // n = 1,160 messages, evenly over the window: a delay of x is reached after x / 200 ms of it, and what is under way when it is over
    // arrives then, so that of the last 200 ms as many as x / 2.9 s have one of at most x, too.
    expect(hit.count).toBeGreaterThan(1100);
    const perMs = 1 / 200 + 1 / 2900;
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      expect(Math.abs(hit.quantile(share) - (share / perMs) * MS)).toBeLessThan(8 * MS);
    }
    expect(hit.max).toBeLessThan(215 * MS);
  });

  it("a share hits each of its victims at a time of its own", async () => {
    const victims = { ...everybody, share: { from: 0.1, to: 0.9 } };
    const one = fault({ forUs: 2 * SECOND, act: { kind: "blackhole" }, victims });
    const done = await play([one], {
      messages: messages({ rate: { kind: "perConnection", perSec: 20 } }),
    });
    const { seen, at, whole } = done;
    const [window] = faultWindows(whole);
    if (window === undefined) throw new Error("no window");
    const whom = victimsOf(whole, buildPopulation(whole), window);
    expect([whom.count, countsOf(done)["started"]]).toEqual([36, 36]);
    for (const { index, arrivals } of seen) {
      const inside = arrivals.map(at).filter((us) => us > 0 && us < 1.99 * SECOND);
      if (!whom.has(index)) {
        expect(inside.length).toBeGreaterThan(30);
        continue;
      }
      const ownUs = [...Array(200).keys()]
        .map((part) => (part * 2 * SECOND) / 200)
        .find((us) => whom.has(index, window.fromUs + us));
      const lastUs = Math.max(0, ...inside);
      expect(lastUs).toBeGreaterThan((ownUs ?? 0) - 0.15 * SECOND);
      expect(lastUs).toBeLessThan((ownUs ?? 0) + TOLERANCE_US);
    }
  });
});

describe.each(DRIVERS)("a combination, with the %s driver", (driver) => {
  it("does what its parts do, to the same connections, as one fault", async () => {
    const parts = [
      latency({ delayUs: 100 * MS }),
      latency({ delayUs: 50 * MS, direction: "out" }),
      { kind: "flood", perSec: 20, factor: 0, bytes: 10 },
    ] as const;
    const act = { kind: "combination", parts } as Act;
    const done = await play([fault({ forUs: 2 * SECOND, act })], { connect: { driver } });
    const [others, hit] = [latencies(done, false), latencies(done, true)];
    expect(Math.abs(hit.quantile(0.5) - others.quantile(0.5) - 150 * MS)).toBeLessThan(10 * MS);
    const { victims, run } = done;
    const counts = countsOf(done);
    expect(counts).toMatchObject({ started: victims.length, completed: victims.length });
    expect(Math.abs((counts["extra"] ?? 0) / (victims.length * 40) - 1)).toBeLessThan(0.1);
    // When it is over nothing of it is left.
    expect(run.histogram("restore").count).toBe(victims.length);
    expect(phaseSums(done, false)).toMatchObject({ timedOut: 0, late: 0, unanswered: 0 });
  });

  it("acts on those that come back while it lasts, all of it again", async () => {
    const parts = [
      latency({ delayUs: 100 * MS }),
      { kind: "cut", afterUs: SECOND / 2, bytes: null },
    ];
    const act = { kind: "combination", parts } as Act;
    const done = await play([fault({ forUs: 2 * SECOND, act })], { connect: { driver } });
    const { run, victims } = done;
    const cuts = run.closes["injected"] ?? 0;
    expect(cuts).toBeGreaterThanOrEqual(2 * victims.length);
    expect(run.failures).toEqual([{ kind: "injected", signature: "cut by time", count: cuts }]);
    expect(countsOf(done)).toMatchObject({ started: victims.length, completed: victims.length });
    expect(latencies(done, true).quantile(0.5)).toBeGreaterThan(95 * MS);
  });
});

/** Abramowitz and Stegun 26.2.17; to 1e-7. */
function normalCdf(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    Math.exp((-z * z) / 2) *
    (1 / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z >= 0 ? 1 - tail : tail;
}

describe.each(DRIVERS)("network faults, with the %s driver", (driver) => {
  const connect = { driver };

  it("a blackhole lets nothing pass, and what it held back afterwards", async () => {
    const act = { kind: "blackhole" } as const;
    const within = { ...echoMessage().reply, withinUs: 5 * SECOND };
    const done = await play([fault({ offsetUs: SECOND, forUs: SECOND, act })], {
      connect,
      messages: messages({ mix: [echoMessage({ reply: within as never })] }),
    });
    const { run, seen, at, victims } = done;
    for (const { index, arrivals } of seen) {
      const inside = arrivals.filter((us) => at(us) > 1.05 * SECOND && at(us) < 1.95 * SECOND);
      if (victims.includes(index)) expect(inside).toEqual([]);
      else expect(inside.length).toBeGreaterThan(5);
    }
    expect(seen).toHaveLength(CONNECTIONS);
    expect(seen.reduce((sum, { received }) => sum + received, 0)).toBe(run.counters.sent);
    expect(run.counters.planned).toBe(run.counters.sent);
    expect(run.counters.matched).toBe(run.counters.expected);
    expect(latencies(done, false).max).toBeLessThan(SECOND / 2);
    expect(latencies(done, true).max).toBeGreaterThan(0.9 * SECOND);
  });

  it.each([
    ["out", "ws"],
    ["in", "ws"],
    ["out", "wss"],
    ["in", "wss"],
  ] as const)(
    "a narrow path passes what it says, to three percent, %s, by %s",
    async (direction, scheme) => {
      const size = 2000;
      const act = { kind: "bandwidth", ratePerSec: 20_000, direction } as const;
      const mix = [
        echoMessage({
          send: { kind: "binary", sizes: [size], fill: "random" },
          reply: { ...echoMessage().reply, withinUs: 9 * SECOND } as never,
        }),
      ];
      const done = await play(
        [fault({ forUs: 2.95 * SECOND, act })],
        {
          connect: { ...connect, tls: UNVERIFIED },
          messages: messages({ rate: { kind: "perConnection", perSec: 20 }, mix }),
        },
        undefined,
        securityOf(scheme),
      );
      const { run, seen, at, victims, whole } = done;
      expect(run.counters.planned).toBe(run.counters.sent);
      expect(run.counters.matched).toBe(run.counters.expected);
      const inside = (us: number) => us >= SECOND && us < 2 * SECOND;
      // n = 12 connections, one second, from a second after it began.
      const got =
        direction === "out"
          ? seen
              .filter(({ index }) => victims.includes(index))
              .flatMap(({ arrivals }) => arrivals.filter((us) => inside(at(us)))).length
          : run.frames
              .filter(({ second }) => second === 2)
              .flatMap(({ phases }) => phases.filter(({ phase }) => phase >= whole.phases.length))
              .reduce(
                (sum, { counters }) => sum + (counters[PHASE_COUNTERS.indexOf("matched")] ?? 0),
                0,
              );
      // A frame of ours has 8 bytes beside its payload, the target's 4.
      const bytes = got * (size + (direction === "out" ? 8 : 4));
      expect(Math.abs(bytes / (victims.length * 20_000) - 1)).toBeLessThan(0.03);
    },
  );

  it("cuts each of its victims at a time of its own, the one of the seed", async () => {
    const act = { kind: "cut", afterUs: SECOND, bytes: null } as const;
    const one = fault({ offsetUs: SECOND / 2, forUs: SECOND, act });
    const done = await play([one], {
      connect: {
        ...connect,
        reconnect: { policy: "fixed", minUs: 1.2 * SECOND, maxUs: 1.2 * SECOND, attempts: 5 },
      },
    });
    const { run, seen, at: after, victims, whole } = done;
    const cut = ended(seen, 2 * SECOND, after);
    expect(cut.map(({ index }) => index).sort((a, b) => a - b)).toEqual(victims);
    for (const { index, closedUs, code } of cut) {
      const plannedUs = SECOND / 2 + (1 - drawUnit(whole.seed, Stream.network, 0, index)) * SECOND;
      expect(Math.abs(after(closedUs ?? 0) - plannedUs)).toBeLessThan(TOLERANCE_US);
      expect(code).toBe(1006);
    }
    expect(run.closes).toEqual({ injected: victims.length, plan: CONNECTIONS });
    expect(run.failures).toEqual([
      { kind: "injected", signature: "cut by time", count: victims.length },
    ]);
    expect(countsOf(done)).toMatchObject({ started: victims.length, noticed: 0 });
  });

  it("cuts by bytes, again and again until it is over", async () => {
    const act = { kind: "cut", afterUs: null, bytes: 600 } as const;
    const done = await play([fault({ offsetUs: SECOND / 2, forUs: 2 * SECOND, act })], {
      connect,
    });
    const { run, seen, victims } = done;
    const cut = seen.filter(({ code }) => code === 1006);
    expect(new Set(cut.map(({ index }) => index))).toEqual(new Set(victims));
    expect(cut.length).toBeGreaterThan(2 * victims.length);
    expect(run.closes).toEqual({ injected: cut.length, plan: CONNECTIONS });
    expect(countsOf(done)["completed"]).toBe(victims.length);
    expect(phaseSums(done, false)).toMatchObject({ dropped: 0, reconnects: 0, unanswered: 0 });
  });

  it("stalls as often as packets are lost", async () => {
    const act = { kind: "stall", loss: 0.2, timeoutUs: 40 * MS, direction: "in" } as const;
    const done = await play([fault({ forUs: 2.9 * SECOND, act, victims: everybody })], {
      connect,
    });
    const hit = latencies(done, true);
    // n = 1,160; of them 20 % are lost, and 3 % wait behind one that was lost twice or more: by four standard errors.
    expect(hit.count).toBeGreaterThan(1100);
    expect(hit.quantile(1 - 0.29)).toBeLessThan(35 * MS);
    expect(hit.quantile(1 - 0.15)).toBeGreaterThan(35 * MS);
  });

  it("has connections overtake one another, and none itself", async () => {
    const act = { kind: "reorder", spreadUs: 80 * MS, direction: "in" } as const;
    const done = await play([fault({ forUs: 2.9 * SECOND, act, victims: everybody })], {
      connect,
    });
    const hit = latencies(done, true);
    // 40 delays, uniform in 0 to 80 ms.
    expect(hit.quantile(0.1)).toBeLessThan(25 * MS);
    expect(hit.quantile(0.9)).toBeGreaterThan(55 * MS);
    expect(hit.max).toBeLessThan(100 * MS);
    expect(phaseSums(done, true)["reordered"]).toBe(0);
  });
});
