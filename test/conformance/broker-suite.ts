/**
 * The bus suites on a broker of its own, and what is so of every such broker: killed and started again, it loses nothing. Called
 * by bus.redis.test.ts and bus.nats.test.ts, which add what only their broker can do wrong.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoordinatorBus, WorkerBus } from "../../shared/bus/bus.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";
import { busRecoverySuite } from "./bus-recovery-suite.ts";
import { WORKER_INFO, WORKER_STATUS } from "./bus-samples.ts";
import { type BusHarness, busSuite } from "./bus-suite.ts";

export const BUS_OPTIONS = { eventuallyMs: 4000, ticketVisibilityMs: 400, logBytes: 64 * 1024 };

export interface OpenSide {
  readonly url: string;
  readonly prefix: string;
  readonly role: "coordinator" | "worker";
}

export interface BrokerBus {
  readonly kind: "redis" | "nats";
  open(side: OpenSide): Promise<CoordinatorBus & WorkerBus>;
  forgetEverything(server: BrokerServer): Promise<void>;
  /** After so long its server has on disk what it was sent. */
  readonly keptAfterMs: number;
}

/** While the tests run: the server, and new sides of a bus on it under a prefix of their own. */
export interface BrokerStage {
  readonly server: BrokerServer;
  harness(): Promise<BusHarness>;
}

/** @param more tests for this broker alone */
export function brokerSuite(bus: BrokerBus, more: (stage: BrokerStage) => void): void {
  const { kind, keptAfterMs } = bus;
  let server: BrokerServer;
  const stage: BrokerStage = {
    get server() {
      return server;
    },
    harness: () => harnessOn(server, bus),
  };

  describe.skipIf(missing(kind) !== null)(kind, () => {
    beforeAll(async () => {
      server = await startBroker(kind);
    });
    afterAll(() => server?.stop());

    busSuite(`${kind} bus`, stage.harness, BUS_OPTIONS);
    busRecoverySuite(`${kind} bus, recovery`, stage.harness, BUS_OPTIONS);

    describe("a broker of its own", () => {
      it("may be killed and started again: nothing is lost and calls go on", async () => {
        const { coordinator, openWorker, stop } = await stage.harness();
        const worker = await openWorker();
        const run = randomUUID();
        const epoch = await worker.openSession(WORKER_INFO, "nonce");
        const append = (seq: number, text: string) =>
          worker.appendFrame({ run, epoch, seq }, Buffer.from(text), 0);
        expect(await append(0, "a")).toBe("ok");
        await delay(keptAfterMs);
        await server.restart();
        await expect
          .poll(() => worker.renewSession(epoch, WORKER_STATUS).catch(() => "later"), {
            timeout: 15_000,
          })
          .toBe("ok");
        expect(await append(0, "a")).toBe("duplicate");
        expect(await append(1, "b")).toBe("ok");
        const entries = await coordinator.readFrames(run, "", 10);
        expect(entries.map(({ id, body }) => [id.seq, String(Buffer.from(body))])).toEqual([
          [0, "a"],
          [1, "b"],
        ]);
        await stop();
      });

      more(stage);
    });
  });
}

async function harnessOn(server: BrokerServer, bus: BrokerBus): Promise<BusHarness> {
  const prefix = `test-${randomUUID().slice(0, 8)}`;
  const open = (role: OpenSide["role"]) => bus.open({ url: server.url, prefix, role });
  const coordinator = await open("coordinator");
  const sides = [coordinator];
  return {
    coordinator,
    openWorker: async () => {
      const side = await open("worker");
      sides.push(side);
      return side;
    },
    forgetEverything: () => bus.forgetEverything(server),
    stop: async () => {
      await Promise.all(sides.map((side) => side.close()));
    },
  };
}
