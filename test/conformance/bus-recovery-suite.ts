/**
 * What a bus owes to those who come back: slices given up, tickets given back, the lead, frames of fenced epochs, and a
 * store that has forgotten everything. Run against every transport, beside bus-suite.ts.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CoordinatorBus, WorkerBus } from "../../shared/bus/bus.ts";
import { ticketOf, WORKER_INFO, WORKER_STATUS } from "./bus-samples.ts";
import type { BusHarness, BusSuiteOptions } from "./bus-suite.ts";

const body = (text: string) => new TextEncoder().encode(text);

export function busRecoverySuite(
  name: string,
  makeHarness: () => Promise<BusHarness>,
  options: BusSuiteOptions,
): void {
  describe(name, () => {
    let harness: BusHarness;
    let coordinator: CoordinatorBus;
    let worker: WorkerBus;
    let run: string;

    beforeEach(async () => {
      harness = await makeHarness();
      coordinator = harness.coordinator;
      worker = await harness.openWorker();
      run = `run-${randomUUID().slice(0, 8)}`;
    });
    afterEach(() => harness.stop());

    const open = (bus: WorkerBus) => bus.openSession(WORKER_INFO, randomUUID());
    const append = (epoch: number, seq: number, floor = 0) =>
      worker.appendFrame({ run, epoch, seq }, body(`${epoch}.${seq}`), floor);
    const identities = async (cursor = "") =>
      (await coordinator.readFrames(run, cursor, 1000)).map(({ id }) => `${id.epoch}.${id.seq}`);
    /** Until the bus answers again. */
    const soon = async <T>(call: () => Promise<T>): Promise<T> => {
      const deadlineMs = performance.now() + 20_000;
      for (;;) {
        try {
          return await call();
        } catch (error) {
          if (performance.now() > deadlineMs) throw error;
          await delay(100);
        }
      }
    };

    describe("slices", () => {
      it("that are given up go to the next; giving up another's changes nothing", async () => {
        const rival = await harness.openWorker();
        const [mine, theirs] = [await open(worker), await open(rival)];
        await worker.claimSlice(run, 4, mine);
        await rival.releaseSlice(run, 4, theirs);
        expect(await coordinator.listClaims(run)).toEqual(new Map([[4, mine]]));
        await worker.releaseSlice(run, 4, mine);
        await worker.releaseSlice(run, 4, mine);
        expect(await coordinator.listClaims(run)).toEqual(new Map());
        expect(await rival.claimSlice(run, 4, theirs)).toBe("held");
        await worker.releaseSlice(run, 4, mine);
        expect(await coordinator.listClaims(run)).toEqual(new Map([[4, theirs]]));
      });
    });

    describe("tickets", () => {
      it("of one run do not go to takers of another", async () => {
        const other = `${run}-b`;
        await coordinator.offerTicket(ticketOf(run, 1));
        expect(await worker.takeTicket(other, 300)).toBeNull();
        await coordinator.offerTicket(ticketOf(other, 2));
        const taken = await worker.takeTicket(other, options.eventuallyMs);
        expect(taken?.ticket).toEqual(ticketOf(other, 2));
        await taken?.done();
        const mine = await worker.takeTicket(run, options.eventuallyMs);
        expect(mine?.ticket).toEqual(ticketOf(run, 1));
        await mine?.done();
      });

      it("that are given back are there for others, and later answers change nothing", async () => {
        const rival = await harness.openWorker();
        await coordinator.offerTicket(ticketOf(run, 5));
        const first = await worker.takeTicket(run, options.eventuallyMs);
        await first?.back();
        const second = await rival.takeTicket(run, options.eventuallyMs);
        expect(second?.ticket).toEqual(ticketOf(run, 5));
        await first?.done();
        await second?.done();
        await second?.back();
        expect(await worker.takeTicket(run, options.ticketVisibilityMs + 100)).toBeNull();
      });

      it("wait for a run nobody has offered anything of", async () => {
        expect(await worker.takeTicket(run, 50)).toBeNull();
        const taking = worker.takeTicket(run, options.eventuallyMs).catch(() => null);
        await delay(50);
        await coordinator.offerTicket(ticketOf(run, 0));
        const taken = (await taking) ?? (await worker.takeTicket(run, options.eventuallyMs));
        expect(taken?.ticket).toEqual(ticketOf(run, 0));
        await taken?.done();
      });
    });

    describe("the lead", () => {
      it("belongs to one at a time, is kept by renewing, and can be given up", async () => {
        expect(await coordinator.lead("a", 60_000)).toBe("a");
        expect(await coordinator.lead("b", 60_000)).toBe("a");
        expect(await coordinator.lead("a", 60_000)).toBe("a");
        await coordinator.releaseLead("b");
        expect(await coordinator.lead("b", 60_000)).toBe("a");
        await coordinator.releaseLead("a");
        expect(await coordinator.lead("b", 60_000)).toBe("b");
        await coordinator.releaseLead("b");
      });

      it("is lost by who falls silent", async () => {
        expect(await coordinator.lead("a", 200)).toBe("a");
        await expect
          .poll(() => coordinator.lead("b", 60_000), { timeout: options.eventuallyMs })
          .toBe("b");
        expect(await coordinator.lead("a", 200)).toBe("b");
        await coordinator.releaseLead("b");
      });
    });

    describe("frames", () => {
      it("of a log that holds nothing of the epoch begin at the writer's floor", async () => {
        const epoch = await open(worker);
        expect(await append(epoch, 8, 7)).toBe("out-of-order");
        expect(await append(epoch, 7, 7)).toBe("ok");
        expect(await append(epoch, 7, 7)).toBe("duplicate");
        expect(await append(epoch, 9, 7)).toBe("out-of-order");
        expect(await append(epoch, 8, 8)).toBe("ok");
        expect(await identities()).toEqual([`${epoch}.7`, `${epoch}.8`]);
      });

      it("of a fenced epoch are told from frames on time", async () => {
        const epoch = await open(worker);
        expect(await append(epoch, 0)).toBe("ok");
        await coordinator.fence(run, epoch);
        // The fence is what counts, whatever else might be said.
        expect(await append(epoch, 0)).toBe("fenced");
        expect(await worker.appendLateFrame({ run, epoch, seq: 1 }, body("late"))).toBe("ok");
        expect(await worker.appendLateFrame({ run, epoch, seq: 2 }, body("later"))).toBe("ok");
        const entries = await coordinator.readFrames(run, "", 10);
        expect(entries.map(({ id, late }) => [id.seq, late])).toEqual([
          [0, false],
          [1, true],
          [2, true],
        ]);
        expect(Buffer.from(entries[1]?.body ?? []).toString()).toBe("late");
        await coordinator.acknowledgeFrames(run, entries[2]?.cursor ?? "");
        expect(await worker.acknowledgedSeq(run, epoch)).toBe(2);
        expect(await identities(entries[2]?.cursor)).toEqual([]);
        expect(await append(epoch, 3)).toBe("fenced");
      });
    });

    describe("a store that has forgotten everything", () => {
      it("has another name; sessions come back with their epochs, and frames from the floor on", async () => {
        const generation = await coordinator.generation();
        expect(await worker.generation()).toBe(generation);
        const epoch = await open(worker);
        for (let seq = 0; seq < 4; seq++) await append(epoch, seq);
        const before = await coordinator.readFrames(run, "", 10);
        await coordinator.acknowledgeFrames(run, before[1]?.cursor ?? "");
        await harness.forgetEverything();
        const next = await soon(() => coordinator.generation());
        expect(next).not.toBe(generation);
        expect(await soon(() => worker.renewSession(epoch, WORKER_STATUS))).toBe("unknown");
        expect(await worker.resumeSession(epoch, WORKER_INFO, "n")).toBe("ok");
        expect(await worker.resumeSession(epoch, WORKER_INFO, "n")).toBe("ok");
        expect(await worker.renewSession(epoch, WORKER_STATUS)).toBe("ok");
        expect((await coordinator.listSessions()).map((session) => session.epoch)).toEqual([epoch]);
        expect(await worker.claimSlice(run, 0, epoch)).toBe("held");
        // 0 and 1 are on the coordinator's disk; 2 is the first the writer still keeps.
        expect(await append(epoch, 4, 2)).toBe("out-of-order");
        expect(await append(epoch, 2, 2)).toBe("ok");
        expect(await append(epoch, 3, 2)).toBe("ok");
        // What was read before the loss says nothing of this log.
        await coordinator.acknowledgeFrames(run, before[3]?.cursor ?? "");
        expect(await worker.acknowledgedSeq(run, epoch)).toBe(-1);
        expect(await identities()).toEqual([`${epoch}.2`, `${epoch}.3`]);
        expect(await coordinator.offerTicket(ticketOf(run, 0))).toBe("queued");
        const taken = await worker.takeTicket(run, options.eventuallyMs);
        expect(taken?.ticket).toEqual(ticketOf(run, 0));
        await taken?.done();
      });

      it("has every frame read, also when the new log is already longer than what was read of the old one", async () => {
        const epoch = await open(worker);
        for (let seq = 0; seq < 3; seq++) await append(epoch, seq);
        const old = (await coordinator.readFrames(run, "", 10)).at(-1)?.cursor ?? "";
        await harness.forgetEverything();
        await soon(() => coordinator.generation());
        await soon(() => worker.resumeSession(epoch, WORKER_INFO, "n"));
        for (let seq = 0; seq < 5; seq++) await append(epoch, seq);
        // Before this side has noticed that the store is another one.
        await coordinator.acknowledgeFrames(run, old);
        const all = [0, 1, 2, 3, 4].map((seq) => `${epoch}.${seq}`);
        expect(await identities(old)).toEqual(all);
        const last = (await coordinator.readFrames(run, old, 10)).at(-1)?.cursor ?? "";
        await coordinator.acknowledgeFrames(run, last);
        expect(await worker.acknowledgedSeq(run, epoch)).toBe(4);
        expect(await identities(old)).toEqual([]);
      });

      it("gives out epochs and revisions above all before", async () => {
        const epoch = await open(worker);
        const revision = Number(await coordinator.putDocument("x.x", { n: 1 }, 0));
        await harness.forgetEverything();
        await soon(() => coordinator.generation());
        expect(await soon(() => open(worker))).toBeGreaterThan(epoch);
        expect(await coordinator.getDocument("x.x")).toBeNull();
        expect(await coordinator.putDocument("x.x", { n: 1 }, revision)).toBe("conflict");
        expect(await coordinator.putDocument("x.x", { n: 1 }, 0)).not.toBe("conflict");
      });

      it("does not bring back a session the coordinator has ended again", async () => {
        const epoch = await open(worker);
        await harness.forgetEverything();
        await soon(() => coordinator.generation());
        await coordinator.endSession(epoch);
        expect(await worker.resumeSession(epoch, WORKER_INFO, "n")).toBe("gone");
        expect(await worker.renewSession(epoch, WORKER_STATUS)).toBe("gone");
        expect(await worker.claimSlice(run, 0, epoch)).toBe("taken");
      });

      it("fences again what is to be fenced", async () => {
        const epoch = await open(worker);
        await append(epoch, 0);
        await harness.forgetEverything();
        await soon(() => coordinator.generation());
        await coordinator.fence(run, epoch);
        expect(await append(epoch, 0)).toBe("fenced");
      });
    });
  });
}
