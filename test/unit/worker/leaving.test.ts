/**
 * Goal: a worker that leaves while the coordinator is started again is known to the new one, which asks everybody whether they
 * live. Method: the control thread on the reference bus, with a thread that speaks the engine port; the test is the coordinator.
 */
import { expect, it } from "vitest";
import { documentKey } from "../../../shared/bus/bus.ts";
import { MemoryStore } from "../../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../../shared/bus/memory-bus.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import { Control } from "../../../worker/control/control.ts";
import { engineThreads } from "../../../worker/execution/engine-thread.ts";
import { ticketOf, WORKER_INFO } from "../../conformance/bus-samples.ts";
import { planOf, QUICK, quiet, SHARDS } from "./control-parts.ts";

const RUN = "r1";

it("answers the challenge of a coordinator that came while it leaves", async () => {
  const limits = { ticketVisibilityMs: 300 };
  const store = new MemoryStore({ clock: systemClock, timers: systemTimers, limits });
  const bus = new MemoryBus(store);
  const control = new Control({
    bus: new MemoryBus(store),
    info: { ...WORKER_INFO, id: "leaver", capacity: 10_000, engines: 1 },
    limits: { maxConnections: null, maxRate: null },
    rejoin: false,
    startEngine: engineThreads(new URL("../../fixtures/fake-engine.mjs", import.meta.url), {
      ...{ worker: "leaver", rawLogDirectory: null, allowTargets: [], allowHooks: false },
    }),
    // Nobody takes over what it holds, so it stays on its way.
    timings: { ...QUICK, leaveMs: 600_000, flushMs: 200 },
    ...{ clock: systemClock, timers: systemTimers, log: quiet },
  });
  const served = control.serve();
  const status = async () => (await bus.listSessions())[0]?.status;
  const place = async (challenge: string) => {
    const [session] = await bus.listSessions();
    const quotas = [{ run: RUN, epoch: session?.epoch ?? 0, slices: SHARDS }];
    const read = await bus.getDocument(documentKey.placement);
    await bus.putDocument(documentKey.placement, { quotas, challenge }, read?.revision ?? 0);
    await bus.hint("tickets-offered", "");
  };
  const run = { run: RUN, end: null, handOvers: [], steering: [], faults: [], cuts: [] };

  await expect.poll(async () => (await status())?.state).toBe("idle");
  await bus.putDocument(documentKey.plan(RUN), planOf(RUN, "long"), 0);
  const document = { ...run, state: "offered", startAtUs: null };
  const revision = await bus.putDocument(documentKey.run(RUN), document, 0);
  for (let shard = 0; shard < SHARDS; shard += 1) await bus.offerTicket(ticketOf(RUN, shard));
  await place("first");
  await expect.poll(async () => (await status())?.state).toBe("ready");
  const startAtUs = (await bus.time()) + 30_000;
  await bus.putDocument(
    documentKey.run(RUN),
    { ...run, state: "running", startAtUs },
    Number(revision),
  );
  await expect.poll(async () => (await status())?.state).toBe("running");

  control.drain();
  await expect.poll(async () => (await status())?.leaving).toBe(true);
  expect((await status())?.answers).toBe("first");
  await place("second");
  await expect.poll(async () => (await status())?.answers).toBe("second");
  expect((await status())?.leaving).toBe(true);

  control.drain();
  expect(await served).toBe(0);
});
