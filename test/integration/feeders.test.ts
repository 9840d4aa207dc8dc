/**
 * Goal: of a large table each connection gets its row, the same on one worker and on three, also when one of them is killed; rows of
 * `pick: unique` are never with two users at once; and a worker gets the rows of its own connections and no others.
 * Method: a service of the test's own keeps account of who is connected with which row; tables of 40,000 rows.
 */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocketServer } from "ws";
import { endedWell, type Result, runScenario, scratch } from "../support/programs.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";
import { type ClusterWorker, startClusterWorker } from "../support/workers.ts";

const CONNECTIONS = 200;
const ROWS = 40_000;
const TABLES = ["unique", "sequential", "random", "shuffled"] as const;

/** Keeps account of users by row. */
async function service() {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  /** Index of the connection -> all its rows, each time it came. */
  const rows = new Map<string, Set<string>>();
  const present = new Map<string, string>();
  const account = { rows, shared: [] as string[], connections: 0, said: new Set<string>() };
  server.on("connection", (socket, request) => {
    const header = (name: string) => String(request.headers[name] ?? "");
    const [index, own] = [header("x-index"), header("x-unique")];
    account.connections++;
    rows.set(
      index,
      (rows.get(index) ?? new Set()).add(TABLES.map((name) => header(`x-${name}`)).join()),
    );
    const other = present.get(own);
    // A lost worker's sockets may end after the next worker's have begun; another user is another index.
    if (other !== undefined && other !== index)
      account.shared.push(`${own}: ${other} and ${index}`);
    present.set(own, index);
    socket.on("message", (data) => {
      account.said.add(`${index} ${(JSON.parse(String(data)) as { row: string }).row}`);
      socket.send(String(data));
    });
    socket.on("close", () => present.delete(own));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/`,
    account,
    async [Symbol.asyncDispose]() {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

function scenario(target: string, hold: string) {
  return {
    ...{ target, seed: 5 },
    data: {
      ...{
        first: { csv: "users.csv", pick: "sequential" },
        unique: { jsonl: "users.jsonl", pick: "unique" },
      },
      ...{ sequential: { csv: "users.csv" }, random: { csv: "users.csv", pick: "random" } },
      shuffled: { csv: "users.csv", pick: "shuffled" },
    },
    connect: {
      headers: {
        "x-index": "{{conn.index}}",
        ...Object.fromEntries(TABLES.map((name) => [`x-${name}`, `{{data.${name}.name}}`])),
      },
      reconnect: { policy: "fixed", min: "200ms", attempts: 50 },
    },
    load: [
      { phase: "up", ramp: "linear", to: CONNECTIONS, over: "2s" },
      { phase: "hold", hold },
    ],
    messages: {
      rate: "1/s",
      mix: [
        {
          name: "say",
          send: {
            json: { row: "{{data.unique.name}}", n: "{{seq}}", note: "{{data.first.note}}" },
          },
          reply: { where: "m.n == sent.n", within: "5s" },
        },
      ],
    },
  };
}

/** A killed worker is given up after this. */
const FENCE = { ONRUSH_WORKER_FENCE_AFTER_MS: "8000" };
const NOTE = "a note, with a comma and some length";

function tables(folder: string): void {
  const names = Array.from({ length: ROWS }, (_, row) => `user-${row}`);
  const csv = names.map((name) => `${name},"${NOTE}"\n`).join("");
  writeFileSync(join(folder, "users.csv"), `name,note\n${csv}`);
  const lines = names.map((name) => `${JSON.stringify({ other: 1, name })}\n`);
  writeFileSync(join(folder, "users.jsonl"), lines.join(""));
}

async function counted(args: readonly string[], hold: string, during?: () => Promise<void>) {
  await using target = await service();
  using folder = scratch();
  tables(folder.path);
  const running = runScenario(scenario(target.url, hold), folder.path, { args });
  await vi.waitFor(() => expect(target.account.connections).toBe(CONNECTIONS), 60_000);
  await during?.();
  return { result: await running, ...target.account };
}

type Counted = Awaited<ReturnType<typeof counted>>;

function check({ rows, shared, said }: Counted): void {
  expect(shared).toEqual([]);
  expect(rows.size).toBe(CONNECTIONS);
  const own = [...rows].map(([index, each]) => {
    // The same row whenever and from wherever it connects.
    expect(each.size).toBe(1);
    const [unique, sequential, random, shuffled] = ([...each][0] as string).split(",");
    expect(unique).toBe(`user-${index}`);
    expect(sequential).toBe(`user-${index}`);
    expect(random).toMatch(/^user-\d+$/);
    expect(said).toContain(`${index} ${unique}`);
    return { unique, shuffled };
  });
  expect(said.size).toBe(CONNECTIONS);
  expect(new Set(own.map(({ unique }) => unique)).size).toBe(CONNECTIONS);
  expect(new Set(own.map(({ shuffled }) => shuffled)).size).toBe(CONNECTIONS);
}

const order = ({ rows }: Counted) =>
  [...rows].map(([index, each]) => [index, [...each].join()]).sort();

describe("rows of large tables", () => {
  let broker: BrokerServer;
  let local: Counted;
  const absent = missing("redis");
  beforeAll(async () => {
    if (absent === null) broker = await startBroker("redis");
    local = await counted(["--workers", "1"], "6s");
  }, 120_000);
  afterAll(() => broker?.stop());

  it("are those of the connections on one worker", () => {
    expect(endedWell(local.result), local.result.stderr).toBe(true);
    check(local);
  });

  it.skipIf(absent !== null)(
    "are the same on three workers, one of which is killed",
    async () => {
      const workers: ClusterWorker[] = ["a", "b", "c"].map((id) =>
        startClusterWorker(broker.url, `feeders-${id}`, FENCE),
      );
      try {
        const args = ["--bus", broker.url, "--workers", "3"];
        const spread = await counted(args, "22s", async () => {
          await workers[1]?.kill();
        });
        const { summary } = spread.result as Result & { summary: NonNullable<Result["summary"]> };
        expect(summary.lostWorkers).toHaveLength(1);
        check(spread);
        expect(order(spread)).toEqual(order(local));
        // Those of the killed worker have come again, on another.
        expect(spread.connections).toBeGreaterThan(CONNECTIONS);
      } finally {
        await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
      }
    },
    240_000,
  );
});
