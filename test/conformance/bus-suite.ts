/**
 * The semantics of shared/bus/bus.ts as one suite, run against every transport. Goal: whoever uses the bus
 * cannot tell the transports apart, good cases and bad ones.
 * Method: one coordinator side and worker sides from the harness; nothing is assumed about when hints come
 * or how fast calls are, only that what must come comes within `eventuallyMs`.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CoordinatorBus, WorkerBus } from "../../shared/bus/bus.ts";
import { ticketOf, WORKER_INFO, WORKER_STATUS } from "./bus-samples.ts";

export interface BusHarness {
  readonly coordinator: CoordinatorBus;
  /** A new worker side, ready for calls. */
  openWorker(): Promise<WorkerBus>;
  /** The store forgets everything, as a broker that was wiped. Its sides go on with it. */
  forgetEverything(): Promise<void>;
  /** Closes every side and frees what the harness holds. */
  stop(): Promise<void>;
}

/** What the harness has set the transport to; small numbers keep the suite fast. */
export interface BusSuiteOptions {
  /** What must happen, happens within this time. */
  readonly eventuallyMs: number;
  /** How long a ticket may be held without done(). */
  readonly ticketVisibilityMs: number;
  /** How many bytes of frames a run's log takes, roughly (within a factor of two). */
  readonly logBytes: number;
}

const body = (text: string) => new TextEncoder().encode(text);

export function busSuite(
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
    const append = (epoch: number, seq: number, bytes = body(`${epoch}.${seq}`)) =>
      worker.appendFrame({ run, epoch, seq }, bytes, 0);
    /** A ticket that must be there, however long the transport takes to show it. */
    const takeSoon = async (bus: WorkerBus) => {
      const taken = await bus.takeTicket(run, options.eventuallyMs);
      if (taken === null) throw new Error("no ticket came");
      return taken;
    };
    const identities = async (cursor = "") =>
      (await coordinator.readFrames(run, cursor, 1000)).map(({ id }) => `${id.epoch}.${id.seq}`);

    describe("time", () => {
      it("does not go back and is the same clock for both sides", async () => {
        const first = await worker.time();
        const second = await coordinator.time();
        const third = await worker.time();
        expect(second).toBeGreaterThanOrEqual(first);
        expect(third).toBeGreaterThanOrEqual(second);
        expect(third - first).toBeLessThan(60_000_000);
      });
    });

    describe("documents", () => {
      const key = () => `x.${run}`;

      it("are seen by workers with their revision; what was never written is null", async () => {
        expect(await worker.getDocument(key())).toBeNull();
        const value = { run, state: "created", startAtUs: null, list: [1, "ü", { deep: true }] };
        const revision = await coordinator.putDocument(key(), value, 0);
        expect(await worker.getDocument(key())).toEqual({ value, revision });
        expect(await coordinator.getDocument(key())).toEqual({ value, revision });
      });

      it("change only for a writer that knows the current revision", async () => {
        const first = Number(await coordinator.putDocument(key(), { n: 1 }, 0));
        const second = Number(await coordinator.putDocument(key(), { n: 2 }, first));
        expect(second).toBeGreaterThan(first);
        expect(await coordinator.putDocument(key(), { n: 3 }, first)).toBe("conflict");
        expect(await coordinator.putDocument(key(), { n: 3 }, 0)).toBe("conflict");
        expect(await coordinator.putDocument(key(), { n: 3 }, second + 1000)).toBe("conflict");
        expect(await worker.getDocument(key())).toEqual({ value: { n: 2 }, revision: second });
      });

      it("answer a repeated write as they did the first time", async () => {
        const created = Number(await coordinator.putDocument(key(), { n: 1 }, 0));
        expect(await coordinator.putDocument(key(), { n: 1 }, 0)).toBe(created);
        const changed = Number(await coordinator.putDocument(key(), { n: 2 }, created));
        expect(await coordinator.putDocument(key(), { n: 2 }, created)).toBe(changed);
        expect(await coordinator.putDocument(key(), { n: 1 }, 0)).toBe("conflict");
      });

      it("never show a revision again after they were deleted", async () => {
        const first = Number(await coordinator.putDocument(key(), { n: 1 }, 0));
        await coordinator.deleteDocument(key());
        await coordinator.deleteDocument(key());
        expect(await worker.getDocument(key())).toBeNull();
        expect(await coordinator.putDocument(key(), { n: 9 }, first)).toBe("conflict");
        expect(await coordinator.putDocument(key(), { n: 2 }, 0)).toBeGreaterThan(first);
      });

      it("are copies: changing what was written or read changes nothing", async () => {
        const value = { list: [1] };
        await coordinator.putDocument(key(), value, 0);
        value.list.push(2);
        const read = (await worker.getDocument(key()))?.value as { list: number[] };
        read.list.push(3);
        expect((await worker.getDocument(key()))?.value).toEqual({ list: [1] });
      });

      it("let one of two racing writers win", async () => {
        const results = await Promise.all(
          [1, 2].map((n) => coordinator.putDocument(key(), { n }, 0)),
        );
        expect(results.filter((result) => result === "conflict")).toHaveLength(1);
        const winner = results.findIndex((result) => result !== "conflict") + 1;
        expect((await worker.getDocument(key()))?.value).toEqual({ n: winner });
      });

      it("carry two megabytes", async () => {
        const value = { rows: Array.from({ length: 2000 }, (_, i) => `${i}`.padEnd(1000, "x")) };
        await coordinator.putDocument(key(), value, 0);
        expect((await worker.getDocument(key()))?.value).toEqual(value);
      });
    });

    describe("hints", () => {
      it("reach the other side, each at most once, on their topic only", async () => {
        const seen: string[] = [];
        const other: string[] = [];
        worker.onHint("run-changed", (payload) => seen.push(payload));
        worker.onHint("tickets-offered", (payload) => other.push(payload));
        // A hint may be lost, so keep sending until one arrives.
        const sent: string[] = [];
        await expect
          .poll(
            async () => {
              sent.push(`${run}-${sent.length}`);
              await coordinator.hint("run-changed", sent.at(-1) ?? "");
              return seen.length;
            },
            { timeout: options.eventuallyMs },
          )
          .toBeGreaterThan(0);
        await delay(50);
        expect(new Set(seen).size).toBe(seen.length);
        expect(sent).toEqual(expect.arrayContaining(seen));
        expect(other).toEqual([]);
      });

      it("go from worker to coordinator too", async () => {
        const seen: string[] = [];
        coordinator.onHint("frames-acknowledged", (payload) => seen.push(payload));
        await expect
          .poll(
            async () => {
              await worker.hint("frames-acknowledged", run);
              return seen[0];
            },
            { timeout: options.eventuallyMs },
          )
          .toBe(run);
      });

      it("do not come any more after unsubscribing; the state is there without them", async () => {
        const seen: string[] = [];
        const unsubscribe = worker.onHint("run-changed", (payload) => seen.push(payload));
        unsubscribe();
        unsubscribe();
        await coordinator.putDocument(`x.${run}`, { state: "running" }, 0);
        await coordinator.hint("run-changed", run);
        await delay(100);
        expect(seen).toEqual([]);
        expect((await worker.getDocument(`x.${run}`))?.value).toEqual({ state: "running" });
      });
    });

    describe("sessions", () => {
      it("get growing epochs and show up with what the worker said of itself", async () => {
        const first = await open(worker);
        const second = await open(await harness.openWorker());
        expect(Number.isSafeInteger(first) && first > 0).toBe(true);
        expect(second).toBeGreaterThan(first);
        const sessions = await coordinator.listSessions();
        expect(sessions.map(({ epoch }) => epoch).sort((a, b) => a - b)).toEqual([first, second]);
        const record = sessions.find(({ epoch }) => epoch === first);
        expect(record?.info).toEqual(WORKER_INFO);
        expect(record?.status).toBeNull();
      });

      it("keep their epoch when the opening is repeated with the same nonce", async () => {
        const nonce = randomUUID();
        const epoch = await worker.openSession(WORKER_INFO, nonce);
        expect(await worker.openSession(WORKER_INFO, nonce)).toBe(epoch);
        expect(await coordinator.listSessions()).toHaveLength(1);
        expect(await open(worker)).toBeGreaterThan(epoch);
      });

      it("grow silent, and are heard again with the status they renew with", async () => {
        const epoch = await open(worker);
        await delay(120);
        const [before] = await coordinator.listSessions();
        expect(before?.silentMs).toBeGreaterThanOrEqual(100);
        expect(await worker.renewSession(epoch, WORKER_STATUS)).toBe("ok");
        const [after] = await coordinator.listSessions();
        expect(after?.silentMs).toBeLessThan(before?.silentMs ?? 0);
        expect(after?.renewals).toBeGreaterThan(before?.renewals ?? Number.NaN);
        expect((await coordinator.listSessions())[0]?.renewals).toBe(after?.renewals);
        expect(after?.status).toEqual(WORKER_STATUS);
      });

      it("that the coordinator ended are gone for good, also when ended twice", async () => {
        const nonce = randomUUID();
        const epoch = await worker.openSession(WORKER_INFO, nonce);
        await coordinator.endSession(epoch);
        await coordinator.endSession(epoch);
        expect(await worker.renewSession(epoch, WORKER_STATUS)).toBe("gone");
        expect(await coordinator.listSessions()).toEqual([]);
        expect(await worker.openSession(WORKER_INFO, nonce)).toBe(epoch);
        expect(await worker.renewSession(epoch, WORKER_STATUS)).toBe("gone");
        expect(await open(worker)).toBeGreaterThan(epoch);
      });

      it("that were never opened are unknown, until they are ended", async () => {
        expect(await worker.renewSession(987_654_321, WORKER_STATUS)).toBe("unknown");
        await worker.closeSession(987_654_321);
        await coordinator.endSession(987_654_321);
        expect(await worker.renewSession(987_654_321, WORKER_STATUS)).toBe("gone");
      });

      it("close cleanly, once or twice", async () => {
        const epoch = await open(worker);
        await worker.closeSession(epoch);
        await worker.closeSession(epoch);
        expect(await coordinator.listSessions()).toEqual([]);
        expect(await worker.renewSession(epoch, WORKER_STATUS)).toBe("gone");
      });
    });

    describe("claims", () => {
      it("are held by one epoch, however often it asks", async () => {
        const epoch = await open(worker);
        expect(await worker.claimSlice(run, 3, epoch)).toBe("held");
        expect(await worker.claimSlice(run, 3, epoch)).toBe("held");
        expect(await coordinator.listClaims(run)).toEqual(new Map([[3, epoch]]));
        expect(await coordinator.listClaims("another-run")).toEqual(new Map());
      });

      it("go to exactly one of two racing workers, slice by slice", async () => {
        const rival = await harness.openWorker();
        const [mine, theirs] = [await open(worker), await open(rival)];
        const slices = Array.from({ length: 16 }, (_, slice) => slice);
        const results = await Promise.all(
          slices.map((slice) =>
            Promise.all([
              worker.claimSlice(run, slice, mine),
              rival.claimSlice(run, slice, theirs),
            ]),
          ),
        );
        const claims = await coordinator.listClaims(run);
        for (const slice of slices) {
          expect([...(results[slice] ?? [])].sort()).toEqual(["held", "taken"]);
          expect(claims.get(slice)).toBe(results[slice]?.[0] === "held" ? mine : theirs);
        }
      });

      it("are released when the session is ended, and go to the next", async () => {
        const rival = await harness.openWorker();
        const [mine, theirs] = [await open(worker), await open(rival)];
        await worker.claimSlice(run, 0, mine);
        expect(await rival.claimSlice(run, 0, theirs)).toBe("taken");
        await coordinator.endSession(mine);
        expect(await coordinator.listClaims(run)).toEqual(new Map());
        expect(await rival.claimSlice(run, 0, theirs)).toBe("held");
        expect(await worker.claimSlice(run, 0, mine)).toBe("taken");
      });

      it("are released when the worker closes its session", async () => {
        const epoch = await open(worker);
        await worker.claimSlice(run, 0, epoch);
        await worker.closeSession(epoch);
        expect(await coordinator.listClaims(run)).toEqual(new Map());
      });

      it("are refused to an epoch whose session is gone", async () => {
        const epoch = await open(worker);
        await coordinator.endSession(epoch);
        expect(await worker.claimSlice(run, 5, epoch)).toBe("taken");
        expect(await worker.claimSlice(run, 5, 987_654_321)).toBe("taken");
        expect(await coordinator.listClaims(run)).toEqual(new Map());
      });
    });

    describe("tickets", () => {
      it("arrive once each, with what was offered", async () => {
        const rival = await harness.openWorker();
        for (let shard = 0; shard < 6; shard += 1) {
          expect(await coordinator.offerTicket(ticketOf(run, shard))).toBe("queued");
        }
        const shards: number[] = [];
        for (const bus of [worker, rival, worker, rival, rival, worker]) {
          const taken = await takeSoon(bus);
          expect(taken.ticket).toEqual(ticketOf(run, taken.ticket.slice.shard));
          shards.push(taken.ticket.slice.shard);
          await taken.done();
        }
        expect(shards.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
        expect(await worker.takeTicket(run, 50)).toBeNull();
      });

      it("offered while a worker waits reach it", async () => {
        const taking = worker.takeTicket(run, options.eventuallyMs);
        await delay(50);
        await coordinator.offerTicket(ticketOf(run, 7, 2));
        const taken = await taking;
        expect(taken?.ticket).toEqual(ticketOf(run, 7, 2));
        await taken?.done();
      });

      it("are offered once: waiting, taken or done, the same one is a duplicate", async () => {
        const ticket = ticketOf(run, 0);
        expect(await coordinator.offerTicket(ticket)).toBe("queued");
        expect(await coordinator.offerTicket(ticket)).toBe("duplicate");
        const taken = await takeSoon(worker);
        expect(await coordinator.offerTicket(ticket)).toBe("duplicate");
        await taken.done();
        expect(await coordinator.offerTicket(ticket)).toBe("duplicate");
        expect(await worker.takeTicket(run, 50)).toBeNull();
        expect(await coordinator.offerTicket({ ...ticket, offer: 1 })).toBe("queued");
        await (await takeSoon(worker)).done();
      });

      it("that nobody finished come back; a zombie's late done() harms nobody", async () => {
        const rival = await harness.openWorker();
        await coordinator.offerTicket(ticketOf(run, 4));
        const first = await takeSoon(worker);
        const again = await rival.takeTicket(
          run,
          options.ticketVisibilityMs + options.eventuallyMs,
        );
        expect(again?.ticket).toEqual(first.ticket);
        await first.done();
        await again?.done();
        await again?.done();
        expect(await worker.takeTicket(run, options.ticketVisibilityMs + 100)).toBeNull();
      });

      it("that are done do not come back", async () => {
        await coordinator.offerTicket(ticketOf(run, 1));
        const taken = await takeSoon(worker);
        await taken.done();
        await taken.done();
        expect(await worker.takeTicket(run, options.ticketVisibilityMs * 2)).toBeNull();
      });

      it("come back when their taker's side closed before done()", async () => {
        const rival = await harness.openWorker();
        await coordinator.offerTicket(ticketOf(run, 2));
        await takeSoon(rival);
        await rival.close();
        const again = await worker.takeTicket(
          run,
          options.ticketVisibilityMs + options.eventuallyMs,
        );
        expect(again?.ticket.slice.shard).toBe(2);
        await again?.done();
      });

      it("do not go to a taker that has closed", async () => {
        const rival = await harness.openWorker();
        const taking = rival.takeTicket(run, options.eventuallyMs).catch(() => null);
        await delay(50);
        await rival.close();
        await taking;
        await delay(50);
        await coordinator.offerTicket(ticketOf(run, 3));
        const taken = await worker.takeTicket(
          run,
          options.ticketVisibilityMs + options.eventuallyMs,
        );
        expect(taken?.ticket.slice.shard).toBe(3);
        await taken?.done();
      });
    });

    describe("frame log", () => {
      it("keeps frames in order of arrival with their bytes and identity", async () => {
        const rival = await harness.openWorker();
        const [mine, theirs] = [await open(worker), await open(rival)];
        const bytes = new Uint8Array(1000).map((_, index) => index % 256);
        expect(await append(mine, 0, bytes)).toBe("ok");
        expect(await rival.appendFrame({ run, epoch: theirs, seq: 0 }, body("b"), 0)).toBe("ok");
        expect(await append(mine, 1)).toBe("ok");
        const entries = await coordinator.readFrames(run, "", 10);
        expect(entries.map(({ id }) => id)).toEqual([
          { run, epoch: mine, seq: 0 },
          { run, epoch: theirs, seq: 0 },
          { run, epoch: mine, seq: 1 },
        ]);
        expect(Buffer.from(entries[0]?.body ?? []).equals(Buffer.from(bytes))).toBe(true);
      });

      it("is read from a cursor, some at a time, and is empty for an unknown run", async () => {
        const epoch = await open(worker);
        expect(await coordinator.readFrames(run, "", 10)).toEqual([]);
        for (let seq = 0; seq < 5; seq += 1) await append(epoch, seq);
        const first = await coordinator.readFrames(run, "", 2);
        const second = await coordinator.readFrames(run, first[1]?.cursor ?? "", 2);
        const third = await coordinator.readFrames(run, second[1]?.cursor ?? "", 2);
        expect([first, second, third].map((part) => part.map(({ id }) => id.seq))).toEqual([
          [0, 1],
          [2, 3],
          [4],
        ]);
        expect(await coordinator.readFrames(run, third[0]?.cursor ?? "", 2)).toEqual([]);
        // Reading changes nothing: the same again gives the same.
        expect(await coordinator.readFrames(run, "", 2)).toEqual(first);
      });

      it("stores an identity once, however often it is sent", async () => {
        const epoch = await open(worker);
        expect(await append(epoch, 0)).toBe("ok");
        expect(await append(epoch, 0)).toBe("duplicate");
        expect(await append(epoch, 1)).toBe("ok");
        expect(await append(epoch, 0)).toBe("duplicate");
        expect(await identities()).toEqual([`${epoch}.0`, `${epoch}.1`]);
      });

      it("still knows identities that were acknowledged and dropped", async () => {
        const epoch = await open(worker);
        for (let seq = 0; seq < 3; seq += 1) await append(epoch, seq);
        const entries = await coordinator.readFrames(run, "", 10);
        await coordinator.acknowledgeFrames(run, entries[2]?.cursor ?? "");
        expect(await append(epoch, 1)).toBe("duplicate");
        expect(await append(epoch, 2)).toBe("duplicate");
        expect(await identities()).toEqual([]);
        expect(await append(epoch, 3)).toBe("ok");
        expect(await identities(entries[2]?.cursor)).toEqual([`${epoch}.3`]);
      });

      it("goes on after the very first frame alone was acknowledged", async () => {
        const epoch = await open(worker);
        expect(await append(epoch, 0)).toBe("ok");
        const [first] = await coordinator.readFrames(run, "", 10);
        await coordinator.acknowledgeFrames(run, first?.cursor ?? "");
        expect(await append(epoch, 0)).toBe("duplicate");
        expect(await append(epoch, 1)).toBe("ok");
        expect(await identities(first?.cursor)).toEqual([`${epoch}.1`]);
      });

      it("refuses a gap and a first frame that is not the first", async () => {
        const epoch = await open(worker);
        expect(await append(epoch, 1)).toBe("out-of-order");
        expect(await append(epoch, 0)).toBe("ok");
        expect(await append(epoch, 2)).toBe("out-of-order");
        expect(await append(epoch, 1)).toBe("ok");
        expect(await identities()).toEqual([`${epoch}.0`, `${epoch}.1`]);
      });

      it("keeps the sequences of epochs and runs apart", async () => {
        const [first, second] = [await open(worker), await open(worker)];
        expect(await append(first, 0)).toBe("ok");
        expect(await append(second, 0)).toBe("ok");
        const other = { run: `${run}-b`, epoch: first, seq: 0 };
        expect(await worker.appendFrame(other, body("x"), 0)).toBe("ok");
        expect(await identities()).toEqual([`${first}.0`, `${second}.0`]);
      });

      it("takes nothing more from a fenced epoch and goes on with the others", async () => {
        const [zombie, healthy] = [await open(worker), await open(worker)];
        await append(zombie, 0);
        await coordinator.fence(run, zombie);
        await coordinator.fence(run, zombie);
        expect(await append(zombie, 1)).toBe("fenced");
        expect(await append(zombie, 2)).toBe("fenced");
        expect(await append(healthy, 0)).toBe("ok");
        expect(await identities()).toEqual([`${zombie}.0`, `${healthy}.0`]);
        // The fence is for this run alone.
        const other = { run: `${run}-b`, epoch: zombie, seq: 0 };
        expect(await worker.appendFrame(other, body("x"), 0)).toBe("ok");
      });

      it("can be fenced before the epoch wrote anything", async () => {
        const epoch = await open(worker);
        await coordinator.fence(run, epoch);
        expect(await append(epoch, 0)).toBe("fenced");
        expect(await identities()).toEqual([]);
      });

      it("tells each epoch what is on disk, all lower ones included", async () => {
        const [first, second] = [await open(worker), await open(worker)];
        expect(await worker.acknowledgedSeq(run, first)).toBe(-1);
        await append(first, 0);
        await append(second, 0);
        await append(first, 1);
        await append(first, 2);
        const entries = await coordinator.readFrames(run, "", 10);
        await coordinator.acknowledgeFrames(run, entries[2]?.cursor ?? "");
        expect(await worker.acknowledgedSeq(run, first)).toBe(1);
        expect(await worker.acknowledgedSeq(run, second)).toBe(0);
        // Repeated, and an older one late: nothing goes back.
        await coordinator.acknowledgeFrames(run, entries[2]?.cursor ?? "");
        await coordinator.acknowledgeFrames(run, entries[0]?.cursor ?? "");
        expect(await worker.acknowledgedSeq(run, first)).toBe(1);
        expect(await identities()).toEqual([`${first}.2`]);
      });

      it("says full, loses nothing, and goes on when the coordinator has caught up", async () => {
        const epoch = await open(worker);
        const big = new Uint8Array(Math.floor(options.logBytes / 8)).fill(7);
        let seq = 0;
        while (seq < 40 && (await append(epoch, seq, big)) === "ok") seq += 1;
        expect(seq).toBeGreaterThanOrEqual(2);
        expect(seq).toBeLessThan(40);
        expect(await append(epoch, seq, big)).toBe("full");
        const entries = await coordinator.readFrames(run, "", 100);
        expect(entries.map(({ id }) => id.seq)).toEqual([...Array(seq).keys()]);
        await coordinator.acknowledgeFrames(run, entries.at(-1)?.cursor ?? "");
        await expect
          .poll(() => append(epoch, seq, big), { timeout: options.eventuallyMs })
          .toSatisfy((result) => result === "ok" || result === "duplicate");
        expect(await identities(entries.at(-1)?.cursor)).toEqual([`${epoch}.${seq}`]);
      });
    });

    describe("a forgotten run", () => {
      it("leaves no log, claim or ticket behind, and other runs alone", async () => {
        const epoch = await open(worker);
        await worker.claimSlice(run, 0, epoch);
        await append(epoch, 0);
        await coordinator.offerTicket(ticketOf(run, 0));
        await worker.claimSlice(`${run}-b`, 0, epoch);
        await worker.appendFrame({ run: `${run}-b`, epoch, seq: 0 }, body("x"), 0);
        await coordinator.forgetRun(run);
        await coordinator.forgetRun(run);
        expect(await coordinator.readFrames(run, "", 10)).toEqual([]);
        expect(await coordinator.listClaims(run)).toEqual(new Map());
        expect(await worker.takeTicket(run, 50)).toBeNull();
        expect(await coordinator.listClaims(`${run}-b`)).toEqual(new Map([[0, epoch]]));
        expect(await coordinator.readFrames(`${run}-b`, "", 10)).toHaveLength(1);
        await coordinator.forgetRun(`${run}-b`);
      });
    });

    describe("a closed side", () => {
      it("rejects every call with ONRUSH_BUS_CLOSED and leaves the others alone", async () => {
        const other = await harness.openWorker();
        const epoch = await open(worker);
        await worker.close();
        await worker.close();
        const closed = expect.objectContaining({ code: "ONRUSH_BUS_CLOSED" });
        await expect(worker.time()).rejects.toEqual(closed);
        await expect(worker.getDocument("x.x")).rejects.toEqual(closed);
        await expect(worker.renewSession(epoch, WORKER_STATUS)).rejects.toEqual(closed);
        await expect(worker.takeTicket(run, 10)).rejects.toEqual(closed);
        await expect(append(epoch, 0)).rejects.toEqual(closed);
        await expect(worker.hint("run-changed", run)).rejects.toEqual(closed);
        // The session is still there: closing the side says nothing about the worker.
        expect(await other.renewSession(epoch, WORKER_STATUS)).toBe("ok");
      });

      it("rejects calls that were waiting", async () => {
        const taking = worker.takeTicket(run, options.eventuallyMs);
        const outcome = expect(taking).rejects.toMatchObject({ code: "ONRUSH_BUS_CLOSED" });
        await delay(30);
        await worker.close();
        await outcome;
      });
    });
  });
}
