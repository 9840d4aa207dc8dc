/** Goal: what faults do to a worker ends with its run, and skews of its clock add up. Method: timers that fire by hand, an engine that only listens. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MemoryStore } from "../../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../../shared/bus/memory-bus.ts";
import { createLog } from "../../../shared/log.ts";
import type { WorkerEffect } from "../../../shared/scenario/sections/faults/outside/worker-act.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import type { EngineCommand } from "../../../worker/engine/port.ts";
import { IsolatedBus } from "../../../worker/execution/isolated-bus.ts";
import { Orders } from "../../../worker/execution/orders.ts";

const EPOCH = 3;
const SECOND_US = 1_000_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function ordered() {
  const store = new MemoryStore({ clock: systemClock, timers: systemTimers });
  const bus = new IsolatedBus(new MemoryBus(store), systemTimers);
  const log = createLog("test", "error");
  const orders = new Orders({ bus, allowed: true, timers: systemTimers, log });
  const commands: EngineCommand[] = [];
  const start = orders.reaching(() => ({
    post: (command) => commands.push(command),
    terminate: () => Promise.resolve(),
  }));
  const listener = { onReport: () => undefined, onEnd: () => undefined };
  let ids = 0;
  return {
    orders,
    commands,
    startEngine: () => start(0, listener),
    ask: (run: string, effect: WorkerEffect) =>
      orders.follow(
        { run, orders: [{ id: ids++, epochs: [EPOCH], effect }] },
        { epoch: EPOCH, onChanged: () => undefined },
      ),
  };
}

const skew = (byMs: number, seconds: number): WorkerEffect => ({
  ...{ kind: "skew", byMs, forUs: seconds * SECOND_US },
});
const skewMs = () => systemClock.wallMs() - Date.now();

it("skews that overlap add up, and each ends by itself; a thread that starts meanwhile reads the same", () => {
  const { ask, commands, startEngine } = ordered();
  startEngine();
  ask("a", skew(5000, 10));
  ask("a", skew(-1000, 4));
  vi.advanceTimersByTime(1000);
  expect(skewMs()).toBe(4000);
  startEngine();
  vi.advanceTimersByTime(4000);
  expect(skewMs()).toBe(5000);
  vi.advanceTimersByTime(6000);
  expect(skewMs()).toBe(0);
  const said = commands.map((command) => command.type === "skew" && command.byMs);
  expect(said).toEqual([5000, 4000, 4000, 5000, 5000, 0, 0]);
});

it.each([
  ["its end", (orders: Orders) => orders.over("a")],
  [
    "the next run",
    (orders: Orders) => orders.follow({ run: "b" }, { epoch: EPOCH, onChanged() {} }),
  ],
])("nothing of a run outlives %s", (_, end) => {
  const { ask, orders } = ordered();
  ask("a", skew(5000, 10));
  vi.advanceTimersByTime(1000);
  // Not done yet, or this process would be gone.
  ask("a", { kind: "kill" });
  ask("a", { kind: "pause", forUs: 3600 * SECOND_US });
  orders.over("another");
  expect(skewMs()).toBe(5000);
  end(orders);
  expect(skewMs()).toBe(0);
  ask("b", skew(-200, 60));
  vi.advanceTimersByTime(30_000);
  expect(skewMs()).toBe(-200);
  orders.over("b");
});
