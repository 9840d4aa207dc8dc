/**
 * Goal: whatever clients hold of a coordinator (connections, streams, reports, its log, its open files), others are answered
 * and its run ends with its results. Method: a real run, other requests all the while, and one kind of client after another;
 * the attackers come from an address of their own. How long others waited depends on the machine and is printed, not judged;
 * npm run attack does it at full size.
 */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ClusterWorker,
  Coordinator,
  echoScenario,
  startWorker,
  writeTokens,
} from "../support/coordinator.ts";
import { startCrowd } from "../support/crowd.ts";
import { marked, markOf } from "../support/process-tree.ts";
import { scratch, startTarget, type Target } from "../support/programs.ts";
import { dial, head } from "../support/raw-http.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";

const VIEWER = "viewer-token-0123456789";
const OPERATOR = "operator-token-0123456789";
const bearer = (token: string) => `Authorization: Bearer ${token}`;
const FULL = process.env["ONRUSH_TEST_ALL"] === "1";
const BODIES = FULL ? 40 : 16;
/** Each asks for everything of a run. */
const ROUNDS = FULL ? 100 : 30;
/** How many, and with which token. */
const SLOW: readonly (readonly [number, string])[] = FULL
  ? [
      [2500, ""],
      [900, VIEWER],
    ]
  : [[1200, ""]];
const STORED = fileURLToPath(new URL("../fixtures/runs/0.1.0/", import.meta.url));
/** More than may wait. */
const COPIES = 24;
/** Of one client. */
const MOST_STREAMS = 400;
/** Requests and connections are counted by address, so each kind of attacker has one of its own. */
const addressOf = (at: number) => (process.platform === "linux" ? `127.0.0.${at}` : undefined);
const absent = missing("redis");

async function inParts<T>(count: number, make: (at: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) {
    const part = Math.min(50, count - made.length);
    made.push(
      ...(await Promise.all(Array.from({ length: part }, (_, at) => make(made.length + at)))),
    );
  }
  return made;
}

describe.skipIf(absent !== null || process.platform !== "linux")(
  "clients that hold what they can",
  () => {
    const folder = scratch();
    const mark = `clients-${process.pid}`;
    let broker: BrokerServer;
    let target: Target;
    let coordinator: Coordinator;
    let worker: ClusterWorker;
    let run = "";
    const rows: string[] = [];

    beforeAll(async () => {
      const tokens = writeTokens(folder.path, VIEWER, OPERATOR);
      const data = join(folder.path, "runs");
      for (let copy = 0; copy < COPIES; copy++) storeCopy(data, copy);
      broker = await startBroker("redis");
      target = await startTarget();
      coordinator = await Coordinator.start({
        ...{ bus: broker.url, data, env: { ONRUSH_TOKENS_FILE: tokens, ...markOf(mark) } },
      });
      worker = startWorker(broker.url, "w1");
      const submitted = await coordinator.post<{ id: string }>("/runs", {
        ...{
          token: OPERATOR,
          body: echoScenario(target.url, { connections: 20, holdSeconds: 600 }),
        },
      });
      expect(submitted.status, submitted.text).toBe(201);
      run = submitted.body.id;
      await coordinator.until("it runs", async () => {
        const { body } = await coordinator.get<{ state: string }>(`/runs/${run}`, {
          token: VIEWER,
        });
        return body.state === "running";
      });
    });

    afterAll(async () => {
      await worker?.leave("SIGKILL");
      await coordinator?.kill();
      await target?.[Symbol.asyncDispose]();
      await broker?.stop();
      folder[Symbol.dispose]();
      console.log(`clients: what | others: count p50 p99 max ms\n${rows.join("\n")}`);
    });

    /** Others ask meanwhile, and every one of them is answered. */
    async function besideOthers(what: string, attack: () => Promise<string>): Promise<void> {
      const crowd = startCrowd(coordinator);
      const seen = await attack().catch((error: unknown) => error);
      rows.push(`${what} | ${await crowd.stop()}`, `  ${seen}`);
      if (typeof seen !== "string") throw seen;
      expect(crowd.failures).toEqual([]);
    }

    const openFiles = () => readdirSync(`/proc/${coordinator.pid}/fd`).length;

    it.each(SLOW)(
      "%s bodies that do not come are not waited for (token: %j)",
      async (count, token) => {
        const before = openFiles();
        await besideOthers(`${count} slow bodies, token "${token}"`, async () => {
          const from = addressOf(token === "" ? 2 : 3);
          const statuses = new Map<string, number>();
          let closed = 0;
          let most = 0;
          const sockets = await inParts(count, async () => {
            const socket = await dial(coordinator.url, from);
            let said = "";
            socket.on("data", (chunk) => {
              said ||= chunk.toString("latin1").slice(9, 12);
            });
            socket.once("close", () => {
              closed++;
              statuses.set(said, (statuses.get(said) ?? 0) + 1);
            });
            const line = "POST /api/v1/scenarios/validate";
            const more = ["Content-Type: application/yaml", "Content-Length: 100000"];
            socket.write(head(line, ...(token === "" ? [] : [bearer(token)]), ...more));
            return socket;
          });
          const drip = setInterval(() => {
            most = Math.max(most, openFiles());
            for (const socket of sockets) if (socket.writable) socket.write("a");
          }, 500);
          await coordinator.until("all are closed", async () => closed === count, 150_000);
          clearInterval(drip);
          const wanted = token === "" ? ["", "401", "429"] : ["", "408", "429"];
          expect([...statuses.keys()].filter((status) => !wanted.includes(status))).toEqual([]);
          expect(statuses.get(token === "" ? "401" : "408")).toBeGreaterThan(0);
          return `answers ${JSON.stringify([...statuses])}, open files ${before}, at most ${most}`;
        });
        await coordinator.until("its files are back", async () => openFiles() <= before + 30);
      },
    );

    it("connections on which nothing but rubbish comes leave nothing in the log", async () => {
      const before = coordinator.log.split("\n").length;
      await besideOthers("900 resets with pipelined requests, 300 with rubbish", async () => {
        await inParts(900, async () => {
          const socket = await dial(coordinator.url, addressOf(4));
          socket.write(head("GET /api/v1/runs").repeat(3));
          socket.resetAndDestroy();
        });
        await inParts(300, async (at) => {
          const socket = await dial(coordinator.url, addressOf(4));
          socket.write(Buffer.from(`${"\u0000\u001b[31m".repeat(at)}\r\n\r\n`));
          socket.destroy();
        });
        return `lines in the log: ${coordinator.log.split("\n").length - before}`;
      });
      expect(coordinator.log.split("\n").slice(before).filter(Boolean)).toEqual([]);
    });

    it(`one client has ${MOST_STREAMS} streams at most, others have theirs, and places come free`, async () => {
      const count = MOST_STREAMS + 120;
      await besideOthers(`${count} readers of a stream, half of them not reading`, async () => {
        const readers = await inParts(count, (at) => openStream(VIEWER, at % 2 === 0));
        const statuses = await Promise.all(readers.map(({ status }) => status));
        const refused = statuses.filter((status) => status === "503").length;
        expect(statuses.filter((status) => status === "200").length).toBe(MOST_STREAMS);
        expect(refused).toBe(120);
        const other = await openStream(OPERATOR, true);
        expect(await other.status).toBe("200");
        for (const { socket } of [...readers, other]) socket.destroy();
        await coordinator.until("a place is free", async () => {
          const { socket, status } = await openStream(VIEWER, true);
          const answer = await status;
          socket.destroy();
          return answer === "200";
        });
        return `${count - refused} taken, ${refused} sent away`;
      });
    });

    it("bodies of 31 MB at once are read while there is room", async () => {
      const body = Buffer.from(`# ${"x".repeat(31 * 1024 * 1024)}\n`);
      await besideOthers(`${BODIES} bodies of 31 MB at once`, async () => {
        let mostMb = 0;
        const watch = setInterval(() => {
          mostMb = Math.max(mostMb, rssMb());
        }, 100);
        const statuses = new Map<string, number>();
        const done = await inParts(BODIES, async () => {
          const socket = await dial(coordinator.url, addressOf(6));
          let said = "";
          socket.on("data", (chunk) => {
            said ||= chunk.toString("latin1").slice(9, 12);
          });
          const line = "POST /api/v1/scenarios/validate";
          const more = ["Content-Type: application/yaml", `Content-Length: ${body.length}`];
          socket.write(head(line, bearer(VIEWER), "Connection: close", ...more));
          socket.write(body);
          return new Promise<void>((resolve) => {
            socket.once("close", () => {
              statuses.set(said, (statuses.get(said) ?? 0) + 1);
              resolve();
            });
          });
        });
        clearInterval(watch);
        expect(done).toHaveLength(BODIES);
        expect(
          [...statuses.keys()].filter((status) => !["", "422", "503"].includes(status)),
        ).toEqual([]);
        expect(statuses.get("422")).toBeGreaterThan(0);
        return `answers ${JSON.stringify([...statuses])}, at most ${mostMb} MB`;
      });
    });

    const rssMb = () => {
      const status = readFileSync(`/proc/${coordinator.pid}/status`, "utf8");
      return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
    };

    async function openStream(
      token: string,
      reads: boolean,
    ): Promise<{ socket: Socket; status: Promise<string> }> {
      const socket = await dial(coordinator.url, addressOf(5));
      const status = new Promise<string>((resolve) => {
        socket.once("data", (chunk) => {
          if (!reads) socket.pause();
          resolve(chunk.toString("latin1").slice(9, 12));
        });
        socket.once("close", () => resolve("closed"));
      });
      if (reads) socket.resume();
      socket.write(head(`GET /api/v1/runs/${run}/stream`, bearer(token)));
      return { socket, status };
    }

    it("reports are made one at a time, however many are asked for", async () => {
      const formats = Array.from({ length: COPIES }, (_, at) => (FULL || at < 3 ? "pdf" : "md"));
      await besideOthers(`reports of ${COPIES} runs at once, each twice`, async () => {
        let most = 0;
        const watch = setInterval(() => {
          most = Math.max(most, printing());
        }, 100);
        const asked = [...formats, ...formats].map((format, at) =>
          coordinator.get(`/runs/${idOf(at % COPIES)}/report.${format}`, { token: VIEWER }),
        );
        const statuses = (await Promise.all(asked)).map(({ status }) => status);
        clearInterval(watch);
        const count = (status: number) => statuses.filter((one) => one === status).length;
        expect(count(200) + count(503)).toBe(statuses.length);
        expect(count(200)).toBeGreaterThan(0);
        expect(count(503)).toBeGreaterThan(0);
        expect(most).toBeLessThanOrEqual(1);
        return `${count(200)} made, ${count(503)} sent away, browsers at once ${most}`;
      });
    });

    /** Browsers that print; each has a file of its own. */
    function printing(): number {
      const commands = marked(mark).map(({ command }) => command);
      const files = commands
        .filter((command) => !command.includes("--type="))
        .flatMap((command) => /--print-to-pdf=(\S+)/.exec(command)?.[1] ?? []);
      return new Set(files).size;
    }

    it("results of a run that goes on are answered from what it keeps, as often as they are asked for", async () => {
      const kinds = ["summary", "timeline", "failures", "events", "report.html", "report.md"];
      await besideOthers(`${ROUNDS * kinds.length} requests for results of the run`, async () => {
        const statuses = new Map<number, number>();
        for (let round = 0; round < ROUNDS; round++) {
          const asked = kinds.map((kind) =>
            coordinator.get(`/runs/${run}/${kind}`, { token: VIEWER }),
          );
          for (const { status } of await Promise.all(asked)) {
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
          }
        }
        expect([...statuses.keys()].filter((status) => ![200, 503].includes(status))).toEqual([]);
        expect(statuses.get(200)).toBeGreaterThan(ROUNDS);
        return `answers ${JSON.stringify([...statuses])}`;
      });
    });

    it("the run was never without its coordinator, and ends with all of its results", async () => {
      await coordinator.post(`/runs/${run}/actions/stop`, { token: OPERATOR });
      const written = () => existsSync(join(folder.path, "runs", run, "summary.json"));
      await coordinator.until("it has its results", async () => written(), 60_000);
      const summary = JSON.parse(
        readFileSync(join(folder.path, "runs", run, "summary.json"), "utf8"),
      );
      const counted = await target.stats();
      expect(summary.validity.ledger.balanced).toBe(true);
      expect(summary.validity.framesMissing).toBe(0);
      expect(summary.connections.established).toBe(counted.accepted);
      expect(summary.messages.sent).toBe(counted.messagesIn);
      const { p99, max } = summary.validity.sendLagMs;
      rows.push(`the run: ${summary.verdict}, send lag p99 ${p99} ms, max ${max} ms`);
      expect(coordinator.log).not.toMatch(/lead is|internal error/);
    });
  },
);

describe.skipIf(absent !== null || process.platform !== "linux")(
  "a coordinator with few open files",
  () => {
    it("keeps enough of them for the results of its run, whatever clients hold", async () => {
      using folder = scratch();
      const broker = await startBroker("redis");
      try {
        await using target = await startTarget();
        await using coordinator = await Coordinator.start({
          ...{ bus: broker.url, data: folder.path },
          prefix: ["sh", "-c", 'ulimit -n 256; exec "$@"', "sh"],
        });
        await using _worker = startWorker(broker.url, "w1");
        const id = await coordinator.submit(echoScenario(target.url, { connections: 20 }));
        const held = await inParts(400, () => dial(coordinator.url));
        const results = ["summary.json", "timeline.csv", "report.html"];
        const there = () => results.every((name) => existsSync(join(folder.path, id, name)));
        await coordinator.until("its results are there", async () => there(), 60_000);
        for (const socket of held) socket.destroy();
        await coordinator.until(
          "it answers",
          async () => (await coordinator.get("/livez")).status === 200,
        );
        const summary = await coordinator.result(id);
        expect(summary.validity.reasons.join()).not.toMatch(/EMFILE|write/);
        expect(summary.connections.established).toBe((await target.stats()).accepted);
      } finally {
        await broker.stop();
      }
    });
  },
);

const idOf = (copy: number) => `20260101-0000${String(copy).padStart(2, "0")}-copy-abcdef`;

/** A run of an earlier time under another name. */
function storeCopy(data: string, copy: number): void {
  const directory = join(data, idOf(copy));
  cpSync(STORED, directory, { recursive: true });
  const file = join(directory, "run.json");
  const run = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...run, id: idOf(copy) }));
}
