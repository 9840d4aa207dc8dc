/**
 * Goal: closes are traced to the clock they concentrate on, and what a run cannot tell apart is said to be so. Method: seeded samples of
 * closes and of healthy connections, whose clocks differ as those of talkers and readers do.
 */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { drawUnit, Stream } from "../../../../shared/time/random.ts";
import type { ConnectionMoment } from "../../../../shared/wire/frame/failure-event.ts";
import {
  codeOfGap,
  codeOfKind,
  codeOfReceived,
  codeOfSent,
} from "../../../../shared/wire/frame/recent-event.ts";
import { causesOf, foldOf, healthySeconds, momentAt, type Told } from "./story.ts";

const PLAN = { connections: 200, ramp: 4 };

interface Clocks {
  readonly ageMs: number;
  readonly idleTxMs: number;
  readonly sent: number;
  readonly lastBytes: number;
}

function moment(second: number, { ageMs, idleTxMs, sent, lastBytes }: Clocks): ConnectionMoment {
  const others = { idleRxMs: idleTxMs, received: sent, bytesSent: 64 * sent };
  return momentAt(second, { ageMs, idleTxMs, sent, lastBytes, ...others });
}

const draw = (second: number, at: number) => drawUnit(9, Stream.slot, second, at);

/** A connection of any age, that last sent up to four seconds ago. */
function any(second: number, at: number): Clocks {
  const ageMs = Math.ceil(draw(second, 4 * at) * 1000 * (second + 1));
  return {
    ageMs,
    idleTxMs: Math.min(ageMs, Math.round(4000 * draw(second, 4 * at + 1) ** 2)),
    sent: Math.round((ageMs / 1000) * 4 * draw(second, 4 * at + 2)),
    lastBytes: draw(second, 4 * at + 3) < 0.05 ? 40_000 : 64,
  };
}

/** Nobody healthy is beyond a limit, nor had been idle for four seconds. */
function within(clocks: Clocks, { ageMs = 1e9, sent = 1e9 }: Partial<Clocks>): Clocks {
  return {
    ageMs: clocks.ageMs % ageMs,
    idleTxMs: Math.min(clocks.idleTxMs, 3900),
    sent: clocks.sent % sent,
    lastBytes: clocks.lastBytes,
  };
}

/** Ten closes a second from second 6 on, all of them so on one clock. */
function closes(limit: Partial<Clocks>): readonly Told[] {
  const load = { seed: 3, seconds: 25, connections: 200, ramp: 4, rate: 2 };
  return healthySeconds({ ...load, medianUs: 3000, correlation: 0.5, spread: 0.4 }).map(
    ({ failures: _, dropped: _1, lifetimeUs: _2, ...told }, second) => {
      const controls = Array.from({ length: 5 }, (_none, at) => {
        return { weight: 40, ...moment(second, within(any(second, at), limit)) };
      });
      if (second < 6) return { ...told, controls };
      const events = Array.from({ length: 10 }, (_none, at) => {
        const clocks = moment(second, { ...any(second, 20 + at), ...limit });
        return { weight: 1, kind: "close-code" as const, signature: "1001", ...clocks };
      });
      const failures = [{ kind: "close-code" as const, signature: "1001", count: 10 }];
      return { ...told, controls, events, failures, dropped: 10, opened: 10 };
    },
  );
}

const found = (limit: Partial<Clocks>) =>
  diagnose(new Signals(foldOf(closes(limit), PLAN)), DETECTORS);

describe("closes concentrate", () => {
  test.each<[string, Partial<Clocks>]>([
    ["idle-timeout", { idleTxMs: 4000 }],
    ["maximum-lifetime", { ageMs: 5000 }],
    ["message-quota", { sent: 9 }],
    ["message-size-limit", { lastBytes: 40_000 }],
  ])("%s", (cause, limit) => {
    expect(found(limit)[0]).toMatchObject({ cause });
  });

  test("on none: nothing is made of it", () => {
    expect(found({}).map(({ cause }) => cause)).toEqual(["unknown"]);
  });

  test("on two: both are named", () => {
    const [first] = found({ ageMs: 5000, sent: 9 });
    expect(first?.confidence).toBe("possible");
    expect(first?.against.join(" ")).toMatch(/cannot tell them apart|messages per second/);
  });
});

/** Sixteen events, of messages at a rate that were all answered after 2 ms; the last one just now. */
function ring(perSecond: number): Uint8Array {
  const gap = codeOfGap(Math.max(0, 1000 / perSecond - 2));
  const pair = [codeOfSent(0, 64), gap, codeOfReceived(64), codeOfGap(2)];
  return Uint8Array.from(Array.from({ length: 8 }, () => pair).flat());
}

describe("closes come right behind a message", () => {
  /** Talkers send ten a second, all others one; they had been idle for 1 ms when they ended. */
  const ended = (code: string, isTalker: (at: number) => boolean, sent: (at: number) => number) =>
    closes({}).map((told, second): Told => {
      const idle = { idleTxMs: 1, idleRxMs: 1 };
      const controls = (told.controls ?? []).map((one, at) => ({
        ...one,
        recent: ring(at === 0 ? 10 : 1),
      }));
      const events = (told.events ?? []).map((one, at) => {
        const recent = ring(isTalker(at) ? 10 : 1);
        return { ...one, ...idle, recent, sent: sent(second + at), signature: code };
      });
      const failures = (told.failures ?? []).map((one) => ({ ...one, signature: code }));
      return { ...told, controls, events, failures };
    });

  const spread = (at: number) => 12 + ((at * 7) % 23);

  test("of those who send fastest: their rate is limited", () => {
    const told = ended("1008", () => true, spread);
    const [first] = diagnose(new Signals(foldOf(told, PLAN)), DETECTORS);
    expect(first).toMatchObject({ cause: "message-rate-limit", confidence: "likely" });
    expect(first?.sentence).toMatch(/messages per second/);
  });

  test("of anybody: that is no idleness", () => {
    const told = ended("1011", (at) => at % 5 === 0, spread);
    expect(causesOf(foldOf(told, PLAN))).toEqual(["server-errors likely"]);
  });

  test("at one of several targets: it is that target", () => {
    const targets = ["a", "b", "c", "d"].map((label) => ({
      ...{ url: `ws://127.0.0.1:9/${label}`, weight: 1, label },
    }));
    // After as many messages each: a limit that the others do not have.
    const seconds = ended(
      "1011",
      (at) => at % 5 === 0,
      () => 9,
    ).map((told, second) => ({
      ...told,
      events: (told.events ?? []).map((one) => ({ ...one, target: 2 })),
      failures: (told.failures ?? []).map((one) => ({ ...one, target: 2 })),
      targets:
        second < 4
          ? [0, 0, 0, 0].map(() => ({ attempted: 50, established: 50 }))
          : [0, 0, told.dropped ?? 0, 0].map((dropped) => ({
              ...{ dropped, attempted: dropped, established: dropped },
            })),
    }));
    const [first] = diagnose(new Signals(foldOf(seconds, { ...PLAN, targets })), DETECTORS);
    expect(first).toMatchObject({ cause: "failing-backend", scope: { target: "c" } });
  });
});

test("pings do not hide for how long no message was sent", () => {
  const ping = [codeOfKind("ping"), codeOfGap(999), codeOfKind("pong"), codeOfGap(1)];
  const quiet = [codeOfSent(0, 64), codeOfGap(900), codeOfReceived(64), codeOfGap(2)];
  const recent = (pings: number) =>
    Uint8Array.from([...quiet, ...Array.from({ length: pings }, () => ping).flat()]);
  const told = closes({}).map((one, second): Told => {
    const at = (moment: ConnectionMoment, pings: number) => ({
      ...{ idleTxMs: 400, idleRxMs: 399, sent: moment.sent, recent: recent(pings) },
    });
    return {
      ...one,
      controls: (one.controls ?? []).map((each, place) => ({
        ...each,
        ...at(each, (second + place) % 4),
      })),
      events: (one.events ?? []).map((each) => ({ ...each, ...at(each, 5) })),
    };
  });
  const [first] = diagnose(new Signals(foldOf(told, PLAN)), DETECTORS);
  expect(first).toMatchObject({ cause: "idle-timeout" });
  expect(first?.sentence).toContain("since they sent a message");
});
