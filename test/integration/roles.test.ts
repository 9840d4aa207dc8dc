/**
 * Goal: each role connects as it says, sends what it says, and is counted apart; who has which role and which row of the data is
 * the same on one worker and on two. Method: a service of the test's own keeps account by the headers of each connection;
 * summary.json of a run on one worker, and of one on two over Redis, is compared with it, and the two accounts with one another.
 */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { endedWell, type Result, runScenario, scratch, startWorker } from "../support/programs.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";

const CONNECTIONS = 400;
const ROWS = 450;
const EXPECTED = { talker: 40, asker: 100, lurker: 260 } as const;
type RoleName = keyof typeof EXPECTED;

/** Echoes, and keeps account by role. */
async function service() {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const roles = new Map<string, { connections: number; messages: number; kinds: Set<string> }>();
  /** Index of the connection -> role and row. */
  const users = new Map<string, string>();
  const pings = new Map<string, number>();
  server.on("connection", (socket, request) => {
    const header = (name: string) => String(request.headers[name] ?? "");
    const role = header("x-role");
    const account = roles.get(role) ?? { connections: 0, messages: 0, kinds: new Set() };
    roles.set(role, account);
    account.connections++;
    users.set(header("x-index"), `${role} ${header("x-token")}`);
    expect(header("x-all")).toBe("yes");
    socket.on("message", (data, isBinary) => {
      account.messages++;
      account.kinds.add((JSON.parse(String(data)) as { type: string }).type);
      socket.send(data, { binary: isBinary });
    });
    socket.on("ping", () => pings.set(role, (pings.get(role) ?? 0) + 1));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/`,
    ...{ roles, users, pings },
    async [Symbol.asyncDispose]() {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

function scenario(target: string) {
  const message = (type: string) => ({
    name: "say",
    send: { json: { type, n: "{{seq}}" } },
    reply: { match: "next", within: "5s" },
  });
  const own = (role: RoleName) => ({ headers: { "x-role": role } });
  return {
    ...{ target, seed: 11 },
    data: { users: { jsonl: "users.jsonl", pick: "shuffled" } },
    connect: {
      headers: { "x-all": "yes", "x-index": "{{conn.index}}", "x-token": "{{data.users.token}}" },
      heartbeat: { ping: "500ms" },
    },
    load: [
      { phase: "up", ramp: "linear", to: CONNECTIONS, over: "2s" },
      { phase: "hold", hold: "3s" },
    ],
    messages: { rate: "2/s", mix: [message("talk")] },
    roles: {
      talker: { share: "10%", connect: own("talker") },
      asker: {
        share: "25%",
        connect: { ...own("asker"), heartbeat: "none" },
        messages: { total: "60/s", mix: [message("ask")] },
      },
      lurker: { share: "65%", connect: own("lurker"), messages: { rate: "0/s" } },
    },
    thresholds: {
      "latency{role=talker}": ["p99 < 30s"],
      "connections{role=lurker}": ["established == 260", "dropped == 0"],
      "messages{role=asker}": ["matched == 100%"],
      "messages{role=talker,name=say}": ["timedOut == 0"],
    },
  };
}

function rows(folder: string): void {
  const lines = Array.from({ length: ROWS }, (_, row) =>
    JSON.stringify({ token: `t-${row}`, unused: { padding: row } }),
  );
  writeFileSync(join(folder, "users.jsonl"), `${lines.join("\n")}\n`);
}

async function account(args: readonly string[]) {
  await using target = await service();
  using folder = scratch();
  rows(folder.path);
  const result = await runScenario(scenario(target.url), folder.path, { args });
  return { result, roles: target.roles, users: new Map(target.users), pings: target.pings };
}

type Account = Awaited<ReturnType<typeof account>>;

function check({ result, roles, users, pings }: Account): void {
  expect(endedWell(result), result.stderr).toBe(true);
  const { summary } = result as Result & { summary: NonNullable<Result["summary"]> };
  expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
  expect(Object.keys(summary.roles ?? {})).toEqual(["talker", "asker", "lurker"]);
  let sent = 0;
  for (const [name, of] of Object.entries(summary.roles ?? {})) {
    const seen = roles.get(name);
    expect(of.connections.indices, name).toBe(EXPECTED[name as RoleName]);
    expect(of.connections.established, name).toBe(seen?.connections);
    expect(of.messages.sent, name).toBe(seen?.messages);
    expect(of.messages.received, name).toBe(seen?.messages);
    sent += of.messages.sent;
  }
  expect(summary.messages.sent).toBe(sent);
  expect(summary.messages.byName["say"]?.sent).toBe(sent);
  expect(roles.get("talker")?.kinds).toEqual(new Set(["talk"]));
  expect(roles.get("asker")?.kinds).toEqual(new Set(["ask"]));
  expect(roles.get("lurker")?.messages).toBe(0);
  expect(pings.get("asker")).toBeUndefined();
  expect(pings.get("lurker")).toBeGreaterThan(0);
  // More rows than connections: no row twice.
  expect(users.size).toBe(CONNECTIONS);
  const tokens = new Set([...users.values()].map((user) => user.split(" ")[1]));
  expect(tokens.size).toBe(CONNECTIONS);
  expect(summary.thresholds.filter(({ passed }) => !passed)).toEqual([]);
}

describe("roles", () => {
  let broker: BrokerServer;
  let local: Account;
  const absent = missing("redis");
  beforeAll(async () => {
    if (absent === null) broker = await startBroker("redis");
    local = await account(["--workers", "1"]);
  });
  afterAll(() => broker?.stop());

  it("connect, send and are counted as each says", () => {
    check(local);
  });

  it.skipIf(absent !== null)("are the same on two workers over Redis", async () => {
    const workers = ["a", "b"].map((id) =>
      startWorker(broker.url, ["--engines", "1", "--capacity", "500", "--id", `roles-${id}`]),
    );
    try {
      const spread = await account(["--bus", broker.url, "--workers", "2"]);
      check(spread);
      const order = (users: Map<string, string>) => [...users].sort();
      expect(order(spread.users)).toEqual(order(local.users));
    } finally {
      await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
    }
  });
});
