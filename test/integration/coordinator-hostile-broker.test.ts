/**
 * Goal: however much a stranger writes to the broker, of whatever size, the coordinator goes on, others are answered, and the
 * run on it ends with the numbers of its target. Method: an honest run; beside it, by the broker's own client, ghost workers,
 * frames that nobody signed, entries larger than any frame, keys of other types, a log that is removed, hints without end;
 * npm run attack does it at full size (100,000 of each, entries of 100 MB), on both brokers.
 */
import { readFileSync } from "node:fs";
import { connect as connectNats, headers } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ClusterWorker,
  Coordinator,
  echoScenario,
  flawsOf,
  startWorker,
} from "../support/coordinator.ts";
import { startCrowd } from "../support/crowd.ts";
import { scratch, startTarget } from "../support/programs.ts";
import { type BrokerServer, brokersOf, missing, startBroker } from "../support/servers.ts";

const FULL = process.env["ONRUSH_TEST_ALL"] === "1";
const MANY = FULL ? 100_000 : 3000;
const LARGE_BYTES = (FULL ? 100 : 20) * 1024 * 1024;
const PIPELINE = 500;
/** What was read beside what is honest must not be kept. */
const MOST_GROWTH_MB = 300;

interface Stranger {
  ghosts(count: number): Promise<void>;
  lateFrames(run: string, count: number): Promise<void>;
  firstFrames(run: string, count: number): Promise<void>;
  hints(run: string, count: number): Promise<void>;
  end(): Promise<void>;
}

function onRedis(redis: Redis): Stranger {
  type Add = (to: ReturnType<Redis["pipeline"]>, at: number) => void;
  const all = async (count: number, add: Add) => {
    for (let at = 0; at < count; ) {
      const pipeline = redis.pipeline();
      for (let end = Math.min(count, at + PIPELINE); at < end; at++) add(pipeline, at);
      await pipeline.exec();
    }
  };
  const info = JSON.stringify({ id: "ghost", host: "h", engines: 1, capacity: 1e6 });
  return {
    ghosts: (count) =>
      all(count, (to, at) => to.hset("{onrush}:sessions", String(1_000_000 + at), info)),
    lateFrames: (run, count) =>
      all(count, (to, at) => {
        to.xadd(`{onrush}:log:${run}`, "*", "e", 1e6 + at, "s", 0, "b", "x", "l", 1);
      }),
    firstFrames: (run, count) =>
      all(count, (to, at) => {
        to.xadd(`{onrush}:log:${run}`, "*", "e", 2e6 + at, "s", 0, "b", Buffer.from([0x90]));
      }),
    hints: (run, count) => all(count, (to) => void to.publish("{onrush}:hint:run-changed", run)),
    end: async () => redis.disconnect(),
  };
}

async function onNats(url: string): Promise<Stranger> {
  const connection = await connectNats({ servers: url });
  const all = async (count: number, subject: (at: number) => string, body: string) => {
    const seq = headers();
    seq.set("seq", "0");
    for (let at = 0; at < count; at++) {
      connection.publish(subject(at), body, { headers: seq });
      if (at % PIPELINE === 0) await connection.flush();
    }
    await connection.flush();
  };
  const info = JSON.stringify({ id: "ghost", host: "h", engines: 1, capacity: 1e6 });
  return {
    ghosts: (count) => all(count, (at) => `$KV.onrush_state.session.${1_000_000 + at}`, info),
    lateFrames: (run, count) => all(count, (at) => `onrush.log.${run}.late-${1e6 + at}`, "x"),
    firstFrames: (run, count) => all(count, (at) => `onrush.log.${run}.${2e6 + at}`, "\x90"),
    hints: (run, count) => all(count, () => "onrush.hint.run-changed", run),
    end: () => connection.close(),
  };
}

const rssMb = (pid: number) =>
  Math.round(
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024,
  );

describe.each(brokersOf("redis"))("on %s", (kind) => {
  const absent = missing(kind) ?? (process.platform === "linux" ? null : "reads /proc");

  describe.skipIf(absent !== null)("a broker that a stranger floods", () => {
    const folder = scratch();
    let broker: BrokerServer;
    let coordinator: Coordinator;
    let worker: ClusterWorker;
    const rows: string[] = [];
    type Cluster = { workers: { id: string }[]; refusals: { count: number } };

    beforeAll(async () => {
      broker = await startBroker(kind);
      coordinator = await Coordinator.start({ bus: broker.url, data: folder.path });
      worker = startWorker(broker.url, "honest");
    });

    afterAll(async () => {
      await worker?.leave("SIGKILL");
      await coordinator?.kill();
      await broker?.stop();
      folder[Symbol.dispose]();
      console.log(`${kind}: what | others: count p50 p99 max ms\n${rows.join("\n")}`);
    });

    /** A run with an attack in the middle of it, which changes none of its numbers. */
    async function besideRun(
      what: string,
      attack: (run: string, stranger: Stranger) => Promise<void>,
    ): Promise<void> {
      await using target = await startTarget();
      const stranger = kind === "redis" ? onRedis(new Redis(broker.url)) : await onNats(broker.url);
      const holdSeconds = FULL ? 30 : 5;
      const ready = async () => (await coordinator.get("/readyz")).status === 200;
      await coordinator.until("it is ready", ready, 60_000);
      const id = await coordinator.submit(
        echoScenario(target.url, { connections: 20, holdSeconds }),
      );
      await coordinator.until(
        "it runs",
        async () => (await coordinator.info(id)).state === "running",
      );
      const before = rssMb(coordinator.pid);
      // A broker that is flooded may not answer in time: then the coordinator says that it is not ready, and lives.
      const crowd = startCrowd(coordinator, ["/livez"]);
      await attack(id, stranger);
      await stranger.end();
      const summary = await coordinator.result(id);
      const grown = rssMb(coordinator.pid) - before;
      rows.push(`${what}: ${summary.verdict}, ${grown} MB more | ${await crowd.stop()}`);
      const counted = await target.stats();
      expect(crowd.failures).toEqual([]);
      const flaws = flawsOf(summary);
      // A NATS server with 200,000 subjects may hold back honest frames, too: that is said, and nothing is added.
      if (kind === "redis" || !FULL) expect(flaws).toEqual([]);
      if (flaws.length > 0) expect(summary.verdict).toBe("invalid");
      const { connections, messages } = summary;
      const shown = [connections.established, messages.sent];
      if (flaws.length === 0) expect(shown).toEqual([counted.accepted, counted.messagesIn]);
      expect(connections.established).toBeLessThanOrEqual(counted.accepted);
      expect(messages.sent).toBeLessThanOrEqual(counted.messagesIn);
      expect(grown).toBeLessThan(MOST_GROWTH_MB);
      expect(coordinator.log).not.toContain("internal error");
    }

    it(`${MANY} workers that nobody has signed are no workers, and are removed`, async () => {
      await besideRun(`${MANY} ghost sessions`, async (_, stranger) => {
        await stranger.ghosts(MANY);
        const seen = async () => (await coordinator.get<Cluster>("/workers")).body;
        await coordinator.until("they are refused", async () => (await seen()).refusals.count > 64);
        const { text, body } = await coordinator.get<Cluster>("/workers");
        expect(body.workers.map(({ id }) => id)).toEqual(["honest"]);
        expect(text.length).toBeLessThan(100_000);
      });
    });

    it(`${MANY} frames that nobody has signed, late or not, count for nothing`, async () => {
      await besideRun(`2 x ${MANY} forged frames`, async (id, stranger) => {
        await Promise.all([stranger.lateFrames(id, MANY), stranger.firstFrames(id, MANY)]);
      });
      expect(coordinator.log).toContain("refused a frame on the bus");
    });

    it(`${MANY} hints change nothing`, async () => {
      await besideRun(`${MANY} hints`, (id, stranger) => stranger.hints(id, MANY));
    });
  });
});

describe.skipIf(missing("redis") !== null || process.platform !== "linux")("a log on Redis", () => {
  it("with entries larger than any frame, of another type, or under another name goes on", async () => {
    using folder = scratch();
    const broker = await startBroker("redis");
    const redis = new Redis(broker.url);
    try {
      await using target = await startTarget();
      await using coordinator = await Coordinator.start({ bus: broker.url, data: folder.path });
      await using _worker = startWorker(broker.url, "honest");
      const id = await coordinator.submit(
        echoScenario(target.url, { connections: 20, holdSeconds: 8 }),
      );
      await coordinator.until(
        "it runs",
        async () => (await coordinator.info(id)).state === "running",
      );
      const before = rssMb(coordinator.pid);
      const log = `{onrush}:log:${id}`;
      const large = Buffer.alloc(LARGE_BYTES, 1);
      await redis.xadd(log, "*", "e", 77, "s", 0, "b", large);
      await redis.xadd(log, "*", "e", 77, "s", 0, "b", large, "l", 1);
      await redis.xadd(log, "*", "e", "x".repeat(1e6), "s", "NaN", "b", "");
      await redis.hset("{onrush}:sessions", "998", large);
      await redis.set("{onrush}:generation", "evil");
      await coordinator.until("it was seen", async () =>
        coordinator.log.includes("refused a frame"),
      );
      await redis.del(log);
      await redis.set(log, "no stream");
      const info = await coordinator.over(id);
      expect(rssMb(coordinator.pid) - before).toBeLessThan(MOST_GROWTH_MB);
      // Frames that were in the log when it was removed are lost: then the run says so.
      expect([0, 97]).toContain(info.exitCode);
      const summary = await coordinator.result(id);
      expect(summary.connections.established).toBeLessThanOrEqual((await target.stats()).accepted);
      const next = await coordinator.submit(echoScenario(target.url, { connections: 10 }));
      expect(flawsOf(await coordinator.result(next))).toEqual([]);
    } finally {
      redis.disconnect();
      await broker.stop();
    }
  });
});
