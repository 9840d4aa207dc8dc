/**
 * Goal: a connection stands as the table of standing.ts says, and its time is counted where it passed. Method: one connection led
 * through what may happen to it, the real rows, a clock by hand; times in milliseconds of run time.
 */
import { describe, expect, it } from "vitest";
import { indexOf, PHASE_COUNTERS, TARGET_COUNTERS } from "../../../shared/stats/counters.ts";
import type { ConnectionHost } from "../../../worker/connection/connection-host.ts";
import {
  answered,
  fallen,
  refused,
  served,
  trying,
  unwanted,
} from "../../../worker/connection/standing.ts";
import { type Touch, untouched } from "../../../worker/faults/victim.ts";
import { Recorder } from "../../../worker/record/recorder.ts";
import { Standing } from "../../../worker/record/uptime-rows.ts";

const COUNT = indexOf(PHASE_COUNTERS);
const TARGET = indexOf(TARGET_COUNTERS);

/** Two phases of the scenario; behind them, what faults are to blame for. */
function stage() {
  const recorder = new Recorder({ phases: 4, shift: 2, names: 1, shards: 1, targets: 2 });
  recorder.begin(0);
  const host = { recorder, lastNowUs: 0 };
  const user = {
    ...{ standing: Standing.none as Standing, target: 1, touch: null as Touch | null },
    isOpen: true,
  };
  const acting = { isLifted: false } as Touch["acting"][number];
  return {
    ...{ user, acting, recorder },
    host: host as unknown as ConnectionHost,
    at: (ms: number) => {
      host.lastNowUs = ms * 1000;
    },
    /** [phase, up, down] of the first second. */
    cut: () => {
      recorder.uptime.flush(1_000_000);
      const frame = recorder.cut(0, {} as never, false);
      const rows = frame.phases.map(({ phase, counters }) => {
        return [phase, counters[COUNT.upMs], counters[COUNT.downMs]];
      });
      const ofTarget = frame.targets.map(({ phase, target, counters }) => {
        expect(target).toBe(1);
        return [phase, counters[TARGET.upMs], counters[TARGET.downMs]];
      });
      expect(ofTarget).toEqual(rows);
      return rows;
    },
  };
}

describe("a connection", () => {
  it("is neither up nor down until its first attempt is over, and not after the plan", () => {
    const { user, host, at, cut } = stage();
    trying(user, host);
    at(100);
    served(user, host);
    at(700);
    unwanted(user, host);
    expect(cut()).toEqual([[0, 600, 0]]);
  });

  it("is down after a refusal and a drop, also while it tries again", () => {
    const { user, host, at, cut } = stage();
    refused(user, host, "tcp-refused");
    at(200);
    trying(user, host);
    at(300);
    served(user, host);
    at(500);
    fallen(user, host, { cause: "peer", wasOpen: true });
    at(900);
    unwanted(user, host);
    expect(cut()).toEqual([[0, 200, 700]]);
  });

  it("is down from a missing reply to the next", () => {
    const { user, host, at, cut } = stage();
    served(user, host);
    at(250);
    answered(user, host, false);
    at(400);
    answered({ ...user, isOpen: false, standing: Standing.none }, host, true);
    at(650);
    answered(user, host, true);
    expect(cut()).toEqual([[0, 600, 400]]);
  });

  it("is nothing while the generator cannot", () => {
    const { user, host, at, cut } = stage();
    refused(user, host, "tcp-timeout");
    at(100);
    refused(user, host, "generator-ports");
    at(600);
    refused(user, host, "tcp-timeout");
    expect(cut()).toEqual([[0, 0, 500]]);
  });

  it("that a fault ended is the target's again when it tries", () => {
    const { user, host, at, cut, recorder } = stage();
    served(user, host);
    at(100);
    recorder.uptime.touched(user, 100_000);
    fallen(user, host, { cause: "injected", wasOpen: true });
    at(400);
    trying(user, host);
    at(450);
    served(user, host);
    expect(cut()).toEqual([
      [0, 650, 50],
      [2, 0, 300],
    ]);
  });

  it("on which a fault acts is counted apart, attempts too, until it is let go", () => {
    const { user, acting, host, at, cut, recorder } = stage();
    served(user, host);
    at(100);
    user.touch = { ...untouched(), acting: [acting] };
    recorder.uptime.touched(user, 100_000);
    at(200);
    answered(user, host, false);
    at(300);
    fallen(user, host, { cause: "heartbeat", wasOpen: true });
    trying(user, host);
    at(400);
    served(user, host);
    at(600);
    recorder.uptime.letGo(user, 600_000);
    expect(cut()).toEqual([
      [0, 500, 0],
      [2, 300, 200],
    ]);
  });

  it("has its time in the phase in which it passed, and none lost to rounding", () => {
    const { user, host, cut, recorder } = stage();
    served(user, host);
    for (let us = 0; us < 400_000; us += 333) recorder.uptime.turn(us, 0);
    recorder.uptime.turn(400_000, 1);
    expect(cut()).toEqual([
      [0, 400, 0],
      [1, 600, 0],
    ]);
  });
});
