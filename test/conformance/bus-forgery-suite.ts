/**
 * What somebody writes to the broker who has no key, or another one, or what was written there before: proof that nothing of
 * it is handed up, that what is honest beside it still is, and that it is counted. Run by each transport's test.
 */
import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { type Bus, documentKey } from "../../shared/bus/bus.ts";
import type { SignedBus } from "../../shared/bus/signed/signed-bus.ts";
import { STRANGERS_KEPT, type Transport } from "../../shared/bus/transport.ts";
import type { RunDocument } from "../../shared/wire/command.ts";
import { ticketOf, WORKER_INFO, WORKER_STATUS } from "./bus-samples.ts";

export interface ForgeryHarness {
  readonly coordinator: Bus;
  readonly worker: Bus;
  /** A side with another key on the same broker. */
  readonly stranger: Bus;
  stop(): Promise<void>;
}

/** The broker itself, with nothing in front of it. */
function rawOf(bus: Bus): Transport {
  return Reflect.get(bus as SignedBus, "transport") as Transport;
}

const GARBAGE = ["", "{", "null", "[]", "\u0000\u001b[31m", '{"run":"a"}', "x".repeat(7000)];
const PLACEMENT = { quotas: [{ run: "r", epoch: 7, slices: 8 }], challenge: "c" };
const RUN: RunDocument = {
  ...{ run: "r", state: "running", startAtUs: 1, end: null },
  ...{ handOvers: [], steering: [], faults: [], cuts: [] },
};

export function busForgerySuite(name: string, makeHarness: () => Promise<ForgeryHarness>): void {
  describe(name, () => {
    let harness: ForgeryHarness;
    let coordinator: Bus;
    let worker: Bus;
    let raw: Transport;
    let stranger: Bus;
    const run = () => `run-${randomUUID().slice(0, 8)}`;
    const reasonOf = (bus: Bus) => bus.refusals.last;

    beforeEach(async () => {
      harness = await makeHarness();
      ({ coordinator, worker, stranger } = harness);
      raw = rawOf(coordinator);
      return () => harness.stop();
    });

    describe("documents", () => {
      const keys = () => [documentKey.placement, documentKey.run(run()), documentKey.plan(run())];
      const overwrite = async (key: string, text: string) => {
        const there = await raw.getDocument(key);
        expect(await raw.putDocument(key, text, there?.revision ?? 0)).not.toBe("conflict");
      };

      it("that are garbage are refused, and give way to the next write", async () => {
        for (const key of keys()) {
          for (const text of [...GARBAGE, JSON.stringify(PLACEMENT), JSON.stringify(RUN)]) {
            const before = worker.refusals.count;
            await overwrite(key, text);
            await expect(worker.getDocument(key)).rejects.toMatchObject({
              code: "ONRUSH_BUS_REFUSED",
            });
            expect(worker.refusals.count).toBe(before + 1);
          }
        }
        expect(await coordinator.putDocument(documentKey.placement, PLACEMENT, 0)).not.toBe(
          "conflict",
        );
        expect((await worker.getDocument(documentKey.placement))?.value).toEqual(PLACEMENT);
      });

      it("that are signed with another key are refused, and say so", async () => {
        await stranger.putDocument(documentKey.placement, PLACEMENT, 0);
        await expect(worker.getDocument(documentKey.placement)).rejects.toThrow("refused");
        expect(reasonOf(worker)).toContain("another key");
        const revision = await coordinator.putDocument(documentKey.placement, PLACEMENT, 0);
        expect(revision).not.toBe("conflict");
        expect((await worker.getDocument(documentKey.placement))?.revision).toBe(revision);
      });

      it("of one place are nothing in another, and an older one is nothing after a newer", async () => {
        const [one, two] = [documentKey.run("one"), documentKey.run("two")];
        await coordinator.putDocument(one, { ...RUN, run: "one" }, 0);
        const text = (await raw.getDocument(one))?.text ?? "";
        await overwrite(two, text);
        await expect(worker.getDocument(two)).rejects.toThrow("refused");
        expect(reasonOf(worker)).toContain("place");

        const first = (await worker.getDocument(one))?.revision ?? 0;
        await coordinator.putDocument(one, { ...RUN, run: "one", state: "draining" }, first);
        await worker.getDocument(one);
        await overwrite(one, text);
        await expect(worker.getDocument(one)).rejects.toThrow("refused");
        expect(reasonOf(worker)).toContain("older");
      });

      it("with one bit turned over are refused", async () => {
        await coordinator.putDocument(documentKey.placement, PLACEMENT, 0);
        const text = (await raw.getDocument(documentKey.placement))?.text ?? "";
        await overwrite(documentKey.placement, text.replace('"slices":8', '"slices":9'));
        await expect(worker.getDocument(documentKey.placement)).rejects.toThrow("refused");
      });
    });

    describe("sessions", () => {
      it("that nobody has signed are not listed, beside one that is", async () => {
        const epoch = await worker.openSession(WORKER_INFO, randomUUID());
        await worker.renewSession(epoch, WORKER_STATUS);
        for (const text of [...GARBAGE, JSON.stringify(WORKER_INFO)]) {
          const ghost = await raw.openSession(text, randomUUID());
          await raw.renewSession(ghost, JSON.stringify(WORKER_STATUS));
        }
        await stranger.openSession(WORKER_INFO, randomUUID());
        const listed = await coordinator.listSessions();
        expect(listed.map((session) => session.epoch)).toEqual([epoch]);
        expect(coordinator.refusals.count).toBeGreaterThanOrEqual(GARBAGE.length + 2);
        expect(reasonOf(coordinator)).not.toContain("\u001b");
      });

      it("with a dictionary of counters that is none, or too large, are not listed, and say so", async () => {
        const many = Array.from({ length: 1000 }, (_, at) => `n${at}`);
        const listsOf = [{ phases: ["<b>"] }, { phases: ["a", "a"] }, { phases: many }, "x"];
        for (const counters of listsOf) {
          await worker.openSession({ ...WORKER_INFO, counters } as never, randomUUID());
        }
        const counters = { phases: ["attempted", "of-another-build"] };
        const epoch = await worker.openSession({ ...WORKER_INFO, counters }, randomUUID());
        const before = coordinator.refusals.count;
        const listed = await coordinator.listSessions();
        expect(listed.map((one) => [one.epoch, one.info.counters])).toEqual([[epoch, counters]]);
        expect(coordinator.refusals.count).toBe(before + listsOf.length);
        expect(reasonOf(coordinator)).toContain("counters");
      });

      it("in great number are removed, but for some", async () => {
        const epoch = await worker.openSession(WORKER_INFO, randomUUID());
        for (let ghost = 0; ghost < STRANGERS_KEPT + 50; ghost++) {
          await raw.openSession(`ghost ${ghost}`, randomUUID());
        }
        await coordinator.listSessions();
        let left = 0;
        await raw.visitSessions(() => {
          left++;
          return true;
        });
        expect(left).toBe(STRANGERS_KEPT + 1);
        expect((await coordinator.listSessions()).map((one) => one.epoch)).toEqual([epoch]);
      });

      it("keep the last status their worker signed: another's, or an old one, is none", async () => {
        const [mine, other] = [
          await worker.openSession(WORKER_INFO, randomUUID()),
          await worker.openSession(WORKER_INFO, randomUUID()),
        ];
        const texts: string[] = [];
        const look = async () => {
          await raw.visitSessions(({ key, status }) => {
            if (key === String(mine)) texts.push(status ?? "");
            return true;
          });
          return (await coordinator.listSessions()).find(({ epoch }) => epoch === mine);
        };
        await worker.renewSession(mine, WORKER_STATUS);
        await worker.renewSession(other, WORKER_STATUS);
        const first = await look();
        await worker.renewSession(mine, { ...WORKER_STATUS, connectionsOpen: 18 });
        const second = await look();
        expect(second?.renewals).toBeGreaterThan(first?.renewals ?? Number.POSITIVE_INFINITY);
        await raw.renewSession(mine, texts[0] ?? "");
        expect((await look())?.status).toBeNull();
        expect(reasonOf(coordinator)).toContain("older");
        await raw.renewSession(other, texts[1] ?? "");
        const stolen = (await coordinator.listSessions()).find(({ epoch }) => epoch === other);
        expect(stolen?.status).toBeNull();
      });
    });

    describe("tickets", () => {
      it("that nobody has signed for the run are removed, and honest ones behind them found", async () => {
        const [here, there] = [run(), run()];
        await coordinator.offerTicket(ticketOf(there, 1));
        const moved = (await raw.takeTicket(there, 3000))?.text ?? "";
        expect(moved).toContain(there);
        for (const [at, text] of [...GARBAGE, JSON.stringify(ticketOf(here, 1)), moved].entries()) {
          await raw.offerTicket({ run: here, id: `t-9${at}-0`, text });
        }
        await stranger.offerTicket(ticketOf(here, 2));
        await coordinator.offerTicket(ticketOf(here, 3));
        const taken = await worker.takeTicket(here, 4000);
        expect(taken?.ticket).toEqual(ticketOf(here, 3));
        await taken?.done();
        expect(await worker.takeTicket(here, 100)).toBeNull();
        expect(worker.refusals.groups.every((group) => group.run === here)).toBe(true);
        expect(worker.refusals.count).toBe(GARBAGE.length + 3);
      });
    });

    describe("frames", () => {
      const bytes = (text: string) => new Uint8Array(Buffer.from(text));

      it("that no worker has signed have no body and count for nothing", async () => {
        const id = run();
        const epoch = await worker.openSession(WORKER_INFO, randomUUID());
        await worker.appendFrame({ run: id, epoch, seq: 0 }, bytes("first"), 0);
        const [honest] = await raw.readFrames(id, "", 1);
        const forgeries = [bytes("x"), new Uint8Array(36), new Uint8Array(5000).fill(0x90)];
        const replayed = honest?.body ?? new Uint8Array(1);
        for (const [at, body] of [...forgeries, replayed].entries()) {
          await raw.appendFrame({ run: id, epoch: 900 + at, seq: 0 }, body, 0);
          await raw.appendLateFrame({ run: id, epoch, seq: 1000 + at }, body);
        }
        await stranger.appendLateFrame({ run: id, epoch, seq: 5 }, bytes("another key"));
        await worker.appendFrame({ run: id, epoch, seq: 1 }, bytes("second"), 0);

        const entries = await coordinator.readFrames(id, "", 100);
        const taken = entries.filter(({ refused }) => refused === null);
        expect(taken.map(({ id: { seq }, body }) => [seq, Buffer.from(body).toString()])).toEqual([
          [0, "first"],
          [1, "second"],
        ]);
        const refused = entries.filter((entry) => entry.refused !== null);
        expect(refused).toHaveLength(2 * (forgeries.length + 1) + 1);
        expect(refused.every(({ body }) => body.length === 0)).toBe(true);
        expect(coordinator.refusals.groups.every((group) => group.run === id)).toBe(true);

        // What was forged is not said to be on disk: the worker keeps its own until they are.
        await coordinator.acknowledgeFrames(id, entries.at(-1)?.cursor ?? "");
        expect(await worker.acknowledgedSeq(id, epoch)).toBe(1);
        expect(await worker.acknowledgedSeq(id, 900)).toBe(-1);
        expect(await coordinator.readFrames(id, entries.at(-1)?.cursor ?? "", 10)).toEqual([]);
      });

      it("of another run are nothing in this one", async () => {
        const [here, there] = [run(), run()];
        await worker.appendFrame({ run: there, epoch: 1, seq: 0 }, bytes("theirs"), 0);
        const [theirs] = await raw.readFrames(there, "", 1);
        await raw.appendFrame({ run: here, epoch: 1, seq: 0 }, theirs?.body ?? bytes("x"), 0);
        const [entry] = await coordinator.readFrames(here, "", 10);
        expect(entry?.refused).toContain("place");
      });
    });

    describe("the lead", () => {
      it("that no coordinator has signed is nobody's", async () => {
        for (const text of ["evil", "{", '{"id":"a"}', "x".repeat(900)]) {
          await raw.lead(text, 600_000, "");
          expect(await coordinator.lead("a", 60_000)).toBe("a");
          await coordinator.releaseLead("a");
        }
        expect(coordinator.refusals.count).toBe(4);
      });

      it("stays with whoever has it when somebody writes over it, also with an old value", async () => {
        expect(await coordinator.lead("a", 60_000)).toBe("a");
        const old = await raw.lead("?", 60_000, "");
        expect(await coordinator.lead("a", 60_000)).toBe("a");
        const now = await raw.lead("?", 60_000, "");
        await raw.lead("evil", 600_000, now);
        expect(await coordinator.lead("a", 60_000)).toBe("a");
        await raw.lead(old, 600_000, await raw.lead("?", 1, ""));
        expect(await coordinator.lead("a", 60_000)).toBe("a");
        expect(await worker.lead("b", 60_000)).toBe("a");
      });

      it("of a coordinator with another key is not taken from it while it renews it", async () => {
        expect(await stranger.lead("theirs", 60_000)).toBe("theirs");
        expect(await coordinator.lead("ours", 60_000)).toContain("another ONRUSH_CLUSTER_KEY");
        expect(await stranger.lead("theirs", 60_000)).toBe("theirs");
      });
    });
  });
}
