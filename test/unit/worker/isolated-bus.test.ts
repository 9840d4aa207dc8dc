/**
 * Goal: a worker that is cut off gets nothing to the bus and hears nothing, and afterwards nothing was lost or done twice. Method: two
 * sides of a memory bus, one of them isolated for so long; repeated calls find what was carried out.
 */
import { afterEach, beforeEach, expect, it } from "vitest";
import { MemoryStore } from "../../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../../shared/bus/memory-bus.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import { IsolatedBus } from "../../../worker/execution/isolated-bus.ts";
import { WORKER_INFO, WORKER_STATUS } from "../../conformance/bus-samples.ts";

const FOR_MS = 300;
const UNREACHABLE = { code: "ONRUSH_BUS_UNREACHABLE" };

let near: MemoryBus;
let far: MemoryBus;
let worker: IsolatedBus;

beforeEach(() => {
  const store = new MemoryStore({ clock: systemClock, timers: systemTimers });
  near = new MemoryBus(store);
  far = new MemoryBus(store);
  worker = new IsolatedBus(near, systemTimers);
});
afterEach(() => Promise.all([near.close(), far.close()]));

it("asks nothing and hears nothing while it lasts, and everything again afterwards", async () => {
  const heard: string[] = [];
  worker.onHint("run-changed", (run) => heard.push(run));
  const epoch = await worker.openSession(WORKER_INFO, "n");
  worker.isolate(FOR_MS);
  await far.hint("run-changed", "missed");
  await expect(worker.renewSession(epoch, WORKER_STATUS)).rejects.toMatchObject(UNREACHABLE);
  expect((await far.listSessions())[0]).toMatchObject({ epoch, renewals: 0 });
  expect(await worker.renewSession(epoch, WORKER_STATUS)).toBe("ok");
  await far.hint("run-changed", "heard");
  await expect.poll(() => heard).toEqual(["heard"]);
});

it("what was under way may have been carried out: repeated as it was, it is there once", async () => {
  const epoch = await worker.openSession(WORKER_INFO, "n");
  const id = { run: "r", epoch, seq: 0 };
  const body = new Uint8Array([1, 2, 3]);
  const under = worker.appendFrame(id, body, 0);
  worker.isolate(FOR_MS);
  await expect(under).rejects.toMatchObject(UNREACHABLE);
  expect(await worker.appendFrame(id, body, 0)).toBe("duplicate");
  expect(await far.readFrames("r", "", 10)).toHaveLength(1);
});

it("its end is at hand also while it is cut off", async () => {
  worker.isolate(60_000);
  const waiting = worker.time();
  const settled = expect(waiting).rejects.toMatchObject(UNREACHABLE);
  await worker.close();
  await settled;
  await expect(worker.time()).rejects.toMatchObject({ code: "ONRUSH_BUS_CLOSED" });
});
