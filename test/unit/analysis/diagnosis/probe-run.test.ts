/**
 * Goal: a probe run is within its bounds whatever the first run was; what it says changes the cause it was made for and no other, and only when
 * it names one. Method: runs told second by second, and events of their journals. What probe runs see is tested with real targets
 * (test/integration/auto-probe.test.ts).
 */
import { describe, expect, it } from "vitest";
import type { Hypothesis } from "../../../../coordinator/analysis/diagnosis/detector.ts";
import {
  PROBE_KINDS,
  probeFor,
} from "../../../../coordinator/analysis/diagnosis/probe-run/registry.ts";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import type { RunFold } from "../../../../coordinator/merge/run-fold.ts";
import { foldOf, type Told } from "./story.ts";

/** 100 connections at once, of which 40 get in. */
function refusedAtOnce(): RunFold {
  const refused = { kind: "upgrade-status", signature: "429", count: 60 } as const;
  const seconds: Told[] = Array.from({ length: 12 }, (_, second) =>
    second === 0
      ? { open: 40, opened: 40, failed: 60, failures: [refused] }
      : { open: 40, sent: [10], received: [10], latencyUs: [1000, 1100, 1200] },
  );
  return foldOf(seconds, { connections: 100 });
}

function first(fold: RunFold): { signals: Signals; hypothesis: Hypothesis } {
  const signals = new Signals(fold);
  const [hypothesis] = diagnose(signals, DETECTORS);
  if (hypothesis === undefined) throw new Error("there is no cause");
  return { signals, hypothesis };
}

function told(fold: RunFold, named: string | null, probe = "slower-ramp"): RunFold {
  const { cause } = first(fold).hypothesis;
  const event = { type: "probed", probe, run: "x-slower-ramp", cause, named, seen: "so." } as const;
  fold.apply({ type: "event", event: { ...event, wallMs: 0, elapsedUs: null } });
  return fold;
}

describe("the plan of a probe run", () => {
  it("has no more connections, no faults and no rules, and an end", () => {
    const looked = first(refusedAtOnce());
    const plan = probeFor(looked.signals.fold.facts.scenario, looked);
    expect(plan?.kind.id).toBe("slower-ramp");
    const { phases = [], faults, outside, thresholds, outputs } = plan?.scenario ?? {};
    expect(phases.map((phase) => ("to" in phase ? phase.to : "held"))).toEqual([100, "held"]);
    const seconds = phases.reduce((sum, { durationUs }) => sum + durationUs, 0) / 1e6;
    expect(seconds).toBeLessThanOrEqual(120);
    expect([faults, outside, thresholds, outputs]).toEqual([[], [], [], []]);
  });

  it("is made neither for what is certain, nor for what no kind tells apart, nor twice", () => {
    const looked = first(refusedAtOnce());
    const { scenario } = looked.signals.fold.facts;
    const of = (change: Partial<Hypothesis>) =>
      probeFor(scenario, { ...looked, hypothesis: { ...looked.hypothesis, ...change } });
    expect(of({})).not.toBeNull();
    expect(of({ confidence: "certain" })).toBeNull();
    expect(of({ cause: "corruption" })).toBeNull();
    expect(probeFor(scenario, first(told(refusedAtOnce(), null)))).toBeNull();
  });

  it("would be too long: then there is none", () => {
    const looked = first(refusedAtOnce());
    const { fold } = looked.signals;
    const plannedOpen = Array.from({ length: 100 }, (_, second) => second);
    fold.facts = { ...fold.facts, plannedOpen };
    expect(probeFor(fold.facts.scenario, looked)).toBeNull();
  });

  it("of pings is up to two minutes of the same load, and none where pings are sent already", () => {
    const looked = first(refusedAtOnce());
    const hypothesis: Hypothesis = { ...looked.hypothesis, cause: "saturation" };
    const { scenario } = looked.signals.fold.facts;
    const phases = [
      ...scenario.phases,
      { ...scenario.phases[0], phase: "on", ramp: "hold", durationUs: 600e6 } as const,
    ].map((phase) => ({ exclude: false, messageFactor: 1, ...phase }));
    const plan = probeFor({ ...scenario, phases }, { ...looked, hypothesis });
    expect(plan?.kind.id).toBe("pings");
    const seconds = plan?.scenario.phases.reduce((sum, { durationUs }) => sum + durationUs, 0);
    expect(seconds).toBe(120e6);
    // 100 connections, 200 pings a second at most.
    expect(plan?.scenario.connect.heartbeat?.pingUs).toBe(1e6);
    const heartbeat = { pingUs: 1e6, timeoutUs: 1e6 };
    const pinging = { ...scenario, connect: { ...scenario.connect, heartbeat } };
    expect(probeFor(pinging, { ...looked, hypothesis })).toBeNull();
  });
});

describe("what a probe run says", () => {
  const before = first(refusedAtOnce()).hypothesis;

  it("makes the cause that it names again surer by a word, and settles what was open", () => {
    expect(before).toMatchObject({ cause: "handshake-rate-limit", confidence: "likely" });
    const after = first(told(refusedAtOnce(), before.cause)).hypothesis;
    expect(after).toMatchObject({ cause: before.cause, confidence: "certain" });
    expect(after.evidence.at(-1)?.sentence).toBe(
      "With connections that come at half the rate (probe run x-slower-ramp) so.",
    );
    expect(after.against.length).toBeLessThan(before.against.length);
  });

  it("puts the cause that it names in the place of another one, and says which that was", () => {
    const after = first(told(refusedAtOnce(), "connection-cap")).hypothesis;
    expect(after).toMatchObject({ cause: "connection-cap", confidence: "likely" });
    expect(after.sentence).toContain("a probe run told it from");
    expect(after.against.at(-1)).toContain(before.cause);
    expect(after.symptoms.length).toBe(before.symptoms.length);
  });

  it("changes no cause where it is undecided, nor where this build does not know the kind", () => {
    const undecided = first(told(refusedAtOnce(), null)).hypothesis;
    expect({ ...undecided, nextProbe: "", symptoms: [] }).toEqual({
      ...before,
      nextProbe: "",
      symptoms: [],
    });
    expect(undecided.nextProbe).toContain("That decides nothing.");
    const later = first(told(refusedAtOnce(), "connection-cap", "of-a-later-build")).hypothesis;
    expect(later.cause).toBe(before.cause);
  });
});

it("kinds have names of their own, and say how they decide", () => {
  expect(new Set(PROBE_KINDS.map(({ id }) => id)).size).toBe(PROBE_KINDS.length);
  for (const { id, change, doc } of PROBE_KINDS) expect(`${id}${change}${doc}`).not.toContain("\n");
});
