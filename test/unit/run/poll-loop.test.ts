import { describe, expect, it } from "vitest";
import { PollLoop } from "../../../coordinator/fleet/poll-loop.ts";
import { OnrushError } from "../../../shared/errors.ts";
import { createLog } from "../../../shared/log.ts";
import { SimTime } from "../../sim/sim-time.ts";

function rig(poll: (count: number) => void = () => {}) {
  const time = new SimTime();
  const atMs: number[] = [];
  const said: string[] = [];
  const loop = new PollLoop({
    poll: async () => {
      atMs.push(time.nowUs / 1000 - 1000);
      poll(atMs.length);
    },
    timers: time,
    log: createLog("test", "info", (line) => void said.push(line)),
  });
  const pass = async (ms: number) => {
    const untilUs = time.nowUs + ms * 1000;
    time.after(ms, () => {});
    await time.run(untilUs, () => time.nowUs >= untilUs);
  };
  return { time, loop, atMs, said, pass };
}

describe("polling", () => {
  it("comes at an interval, and soon after something has changed: once for many changes", async () => {
    const { loop, atMs, pass } = rig();
    await loop.start();
    await pass(600);
    expect(atMs).toEqual([0, 250, 500]);
    loop.soon();
    loop.soon();
    await pass(1);
    expect(atMs.length).toBe(4);
    loop.soon();
    await pass(15);
    loop.soon();
    expect(atMs.length).toBe(4);
    await pass(10);
    expect(atMs.length).toBe(5);
    await pass(240);
    expect(atMs.length).toBe(5);
    await loop.close();
  });

  it("tells who listens after each poll that has not failed, and reports trouble once", async () => {
    const { loop, said, pass } = rig((count) => {
      if (count === 2 || count === 3) {
        throw new OnrushError({ code: "ONRUSH_BUS_UNREACHABLE", message: "no bus" });
      }
    });
    let polled = 0;
    const off = loop.onPolled(() => polled++);
    await loop.start();
    await pass(510);
    expect([polled, loop.trouble, said.length]).toEqual([1, "no bus", 1]);
    await pass(500);
    expect([polled, loop.trouble, said.length]).toEqual([3, null, 2]);
    off();
    await pass(250);
    expect(polled).toBe(3);
    await loop.close();
  });

  it("ends when it is closed, in the middle of a wait", async () => {
    const { loop, atMs, pass } = rig();
    await loop.start();
    await pass(100);
    const closing = loop.close();
    await pass(1000);
    await closing;
    expect(atMs).toEqual([0]);
  });
});
