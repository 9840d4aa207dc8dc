/** Goal: numbers of several processes add up to those of one, and what the documentation shows is accepted. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBehaviour } from "../../../target/behaviour-schema.ts";
import { Stats, sumStats } from "../../../target/stats.ts";
import { acceptTimes, addTimelines, peakOpen, Timeline } from "../../../target/timeline.ts";

interface Event {
  readonly atMs: number;
  readonly opens: boolean;
  readonly process: number;
}

const events = fc.array(
  fc.record({ atMs: fc.nat(5000), opens: fc.boolean(), process: fc.nat(3) }),
  { maxLength: 200 },
);

function play(timeline: Timeline, all: readonly Event[]): void {
  for (const { atMs, opens } of all) {
    if (opens) timeline.accepted(atMs);
    else timeline.ended(atMs);
  }
}

describe("timeline", () => {
  it("of several processes is that of one process which saw everything", () => {
    fc.assert(
      fc.property(events, (all) => {
        const one = new Timeline(4);
        play(one, all);
        const several = [0, 1, 2, 3].map((process) => {
          const timeline = new Timeline(1);
          play(
            timeline,
            all.filter((event) => event.process === process),
          );
          return timeline.snapshot();
        });
        expect(addTimelines(several)).toEqual(one.snapshot());
        expect(peakOpen(addTimelines(several))).toBe(peakOpen(one.snapshot()));
      }),
    );
  });

  it("stays bounded over a day and loses no accept", () => {
    const timeline = new Timeline(0);
    for (let second = 0; second < 86_400; second += 1) timeline.accepted(1000 * second);
    const snapshot = timeline.snapshot();
    expect(snapshot.bins.length).toBeLessThanOrEqual(18_000);
    const times = acceptTimes(snapshot);
    expect(times.counts.reduce((sum, count) => sum + count, 0)).toBe(86_400);
    expect(times.firstWallMs).toBe(0);
    // A process that lived for a moment only has narrow bins, and is added all the same.
    const short = new Timeline(0);
    short.accepted(86_399_000);
    const both = acceptTimes(addTimelines([snapshot, short.snapshot()]));
    expect(both.counts.reduce((sum, count) => sum + count, 0)).toBe(86_401);
  });

  it("is bounded when almost nothing happens for very long", () => {
    const timeline = new Timeline(0);
    timeline.accepted(0);
    timeline.accepted(365 * 86_400_000);
    const { counts } = acceptTimes(timeline.snapshot());
    expect(counts.length).toBeLessThanOrEqual(18_000);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2);
  });
});

describe("stats", () => {
  it("add up field by field", () => {
    const [one, other] = [new Stats(), new Stats()];
    one.connectionAccepted();
    one.connectionAccepted();
    other.connectionAccepted();
    one.connectionEnded(1000, "client");
    other.connectionEnded(1000, "target");
    one.upgradeRefused(503);
    other.upgradeRefused(429);
    other.behaviours.dropped += 4;
    one.behaviours.dropped += 3;
    const sum = sumStats([one.snapshot(), other.snapshot()]);
    expect(sum).toMatchObject({
      processes: 2,
      accepted: 3,
      open: 1,
      closed: 2,
      closedByCode: { 1000: 2 },
      closedBy: { client: 1, target: 1, nobody: 0 },
      upgradesRefused: { 429: 1, 503: 1 },
      behaviours: { dropped: 7 },
    });
  });

  it("start afresh with what is open", () => {
    const stats = new Stats();
    stats.connectionAccepted();
    stats.connectionAccepted();
    stats.behaviours.dropped += 1;
    stats.reset();
    stats.connectionEnded(1001, "target");
    expect(sumStats([stats.snapshot()])).toMatchObject({
      accepted: 0,
      open: 1,
      peakOpen: 2,
      closed: 1,
      behaviours: { dropped: 0 },
    });
  });
});

describe("documentation", () => {
  const text = readFileSync(new URL("../../../docs/target.md", import.meta.url), "utf8");
  const examples = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");

  it("shows only behaviours that are accepted", () => {
    expect(examples.length).toBeGreaterThan(8);
    for (const example of examples) {
      const result = parseBehaviour(JSON.parse(example));
      expect("issues" in result ? result.issues : []).toEqual([]);
    }
  });

  it("names every count of behaviours", () => {
    for (const deed of Object.keys(new Stats().behaviours)) {
      const isListed = text.includes(`\`${deed}\``);
      expect(isListed, `${deed} is not in docs/target.md`).toBe(true);
    }
  });
});
