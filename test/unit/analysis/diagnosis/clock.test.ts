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
import { foldOf, healthySeconds, momentAt, type Told } from "./story.ts";

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

/** Ten closes a second from second 6 on, all of them so on one clock. */
function closes(limit: Partial<Clocks>): readonly Told[] {
  const load = { seed: 3, seconds: 25, connections: 200, ramp: 4, rate: 2 };
  return healthySeconds({ ...load, medianUs: 3000, correlation: 0.5, spread: 0.4 }).map(
    ({ failures: _, dropped: _1, lifetimeUs: _2, ...told }, second) => {
      const controls = Array.from({ length: 5 }, (_none, at) => {
        const { idleTxMs, ...rest } = any(second, at);
        return { weight: 40, ...moment(second, { ...rest, idleTxMs: Math.min(idleTxMs, 3900) }) };
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
