/**
 * Goal: what probes, kernels and the target's own figures say is told with a cause, makes it surer where it speaks for it, and never does by
 * being away. Method: runs told second by second, with and without each of them.
 */
import { describe, expect, test } from "vitest";
import type { Hypothesis } from "../../../../coordinator/analysis/diagnosis/detector.ts";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { metrics } from "../../../../coordinator/analysis/diagnosis/witness/metrics.ts";
import { normal } from "../stats/noise.ts";
import { foldOf, type Healthy, healthySeconds, type Told } from "./story.ts";

const PLAN = { connections: 200, ramp: 4 };

function first(seconds: readonly Told[], change = {}): Hypothesis {
  const [found] = diagnose(new Signals(foldOf(seconds, { ...PLAN, ...change })), DETECTORS);
  if (found === undefined) throw new Error("nothing was found");
  return found;
}

const evidenceOf = ({ evidence }: Hypothesis) => evidence.map(({ sentence }) => sentence).join(" ");

function healthy(seconds: number, change: Partial<Healthy> = {}): Told[] {
  const load = { seed: 3, seconds, connections: 200, ramp: 4, rate: 2, medianUs: 3000 };
  return healthySeconds({ ...load, correlation: 0.5, spread: 0.3, ...change }).map(
    ({ failures: _, dropped: _1, lifetimeUs: _2, ...told }) => told,
  );
}

type Probes = NonNullable<Told["probes"]>;
const FAST: Probes = { wake: 100, tcp: 300, ping: 600, echo: 900 };

describe("the ladder", () => {
  /** Offered from 100 to 580 a second; answered at most 300: from second 10 on it is behind. */
  const limited = (probes: Probes | null, pingUs = 900): Told[] =>
    Array.from({ length: 24 }, (_, second) => {
      const offered = 100 + 20 * second;
      const answered = Math.min(offered, 300);
      return {
        ...{ open: 200, opened: second === 0 ? 200 : 0 },
        sent: Array(10).fill(offered / 10),
        received: Array(10).fill(answered / 10),
        latencyUs: Array(100).fill(4000 + Math.max(0, offered - 300) * 5000),
        pingUs: Array(20).fill(pingUs),
        ...(probes && { probes: second < 11 ? FAST : { ...FAST, ...probes } }),
      };
    });

  test("says that a handler waits: its message is slow, its ping is not", () => {
    const found = first(limited({ echo: 400_000 }));
    expect(found).toMatchObject({ cause: "dependency-pool", against: [] });
    expect(evidenceOf(found)).toContain(
      "a message took 400 ms (0.9 ms in other seconds), a ping took 0.6 ms",
    );
    expect(evidenceOf(found)).toContain("`probe_echo_max_ms`");
  });

  test("says what does not fit", () => {
    const { cause, confidence, against } = first(limited({ echo: 400_000, ping: 390_000 }));
    expect({ cause, confidence }).toEqual({ cause: "dependency-pool", confidence: "likely" });
    expect(against.join()).toContain("the process itself was busy");
  });

  test("says that the process is busy, and its machine is not", () => {
    const found = first(limited({ echo: 500_000, ping: 400_000 }, 400_000));
    expect(found.cause).toBe("saturation");
    expect(evidenceOf(found)).toContain("a ping took 400 ms (0.6 ms in other seconds)");
  });

  test("says nothing when its own timer is late, or it was not there", () => {
    const plain = first(limited(null));
    expect(first(limited({ wake: 300_000, echo: 400_000 }))).toEqual(plain);
  });

  test("makes a longer way likely where no pings were sent", () => {
    const longer = (probes: Probes | null) =>
      healthy(40).map((told, at) => ({
        ...told,
        ...(at >= 20 && { latencyUs: (told.latencyUs ?? []).map((us) => us + 60_000) }),
        ...(probes && { probes: at < 20 ? FAST : { ...FAST, ...probes } }),
      }));
    const slow = { tcp: 60_300, ping: 60_600, echo: 60_900 };
    expect(first(longer(slow))).toMatchObject({ cause: "network-latency", confidence: "likely" });
    const without = first(longer({ ping: 60_600, echo: 60_900 }));
    expect(without).toMatchObject({ cause: "network-latency", confidence: "possible" });
    expect(without.against.join()).toContain("the way to the target was as fast as before");
    expect(first(longer(null)).confidence).toBe("possible");
  });
});

describe("kernels", () => {
  const losing = (kernel: Told["kernel"]): Told[] =>
    healthy(40).map((told) => ({
      ...told,
      latencyUs: (told.latencyUs ?? []).map((us, at) => (at < 3 ? us + 205_000 : us)),
      ...(kernel && { kernel }),
    }));

  test("that send segments again make the loss of packets likely", () => {
    const found = first(losing({ segmentsSent: 800, segmentsRetransmitted: 5 }));
    expect(found).toMatchObject({ cause: "network-loss", confidence: "likely" });
    expect(evidenceOf(found)).toContain("200 of up to 32,000 segments again (0.625 %)");
  });

  test.each<[string, Told["kernel"]]>([
    ["that send none again", { segmentsSent: 800 }],
    [
      "that send only SYNs again",
      { segmentsSent: 800, segmentsRetransmitted: 5, synRetransmits: 5 },
    ],
    ["that tell nothing", undefined],
  ])("%s make nothing surer", (_, kernel) => {
    expect(first(losing(kernel))).toMatchObject({ cause: "network-loss", confidence: "possible" });
  });
});

describe("figures of the target", () => {
  const observe = (...pick: string[]) => ({
    ...PLAN,
    observe: { ladder: null, metrics: [{ url: "http://127.0.0.1:9/", everyUs: 1e6, pick }] },
  });
  /** Slower and slower. */
  const leaking = (seconds: number, reading: (second: number) => number): Told[] =>
    healthy(seconds).map((told, at) => ({
      ...told,
      latencyUs: (told.latencyUs ?? []).map((us) => us * (1 + at / 150)),
      ...(at % 2 === 0 && { readings: [reading(at)] }),
    }));
  const noise = (at: number) => 1 + 0.02 * normal(1, at, 0);
  const memory = (at: number) => (1e8 + 1e6 * at) * noise(at);

  test("of its memory make a leak likely", () => {
    const found = first(leaking(300, memory), observe("process_resident_memory_bytes"));
    expect(found).toMatchObject({ cause: "memory-leak", confidence: "likely", against: [] });
    expect(evidenceOf(found)).toMatch(/process_resident_memory_bytes rose from \S+, where/);
  });

  /** What is said of a leak in so many seconds. */
  function said(pick: string, reading: (at: number) => number, seconds = 150) {
    const fold = foldOf(leaking(seconds, reading), observe(pick));
    const rest = { sentence: "", evidence: [], against: [], nextProbe: "", symptoms: [] };
    const of = { cause: "memory-leak", confidence: "possible", from: 0, to: seconds } as const;
    return metrics.hear(new Signals(fold), { ...of, ...rest, impact: 1 });
  }

  test.each(["queue.length", "room_members", "members_online"])(
    "of something else are told, and make nothing surer: %s",
    (pick) => {
      const told = said(pick, (at) => (10 + at) * noise(at));
      expect(told).toMatchObject({ isSurer: false, settles: [] });
      expect(told?.evidence[0]?.sentence).toContain(`${pick} rose from`);
    },
  );

  test.each<[string, string, (at: number) => number, number]>([
    ["that stay as they are", "process_resident_memory_bytes", (at) => 1e8 * noise(at), 150],
    ["that fall", "process_resident_memory_bytes", (at) => (1e9 - 1e6 * at) * noise(at), 150],
    ["that count our messages", "memory.messagesIn", (at) => 400 * at, 150],
    ["that count at one rate", "memory_reads_total", (at) => 5000 * at, 150],
    ["of two minutes at most", "process_resident_memory_bytes", memory, 100],
  ])("%s say nothing", (_, pick, reading, seconds) => {
    expect(said(pick, reading, seconds)).toBeNull();
  });
});
