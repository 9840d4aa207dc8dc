/**
 * Goal: a chat as its clients use it (welcome, login with its nonce, join, say, lurkers, application pings, logout) is loaded
 * from one file, and everything the report counts is what the service counted. Method: the bundled target as the oracle, one
 * node, and four workers over each broker.
 */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  endedWell,
  onrush,
  type Result,
  scratch,
  startFourWorkers,
  startTarget,
  type Target,
} from "../support/programs.ts";
import { missing, startBroker } from "../support/servers.ts";

const CHAT = fileURLToPath(new URL("../fixtures/chat.yaml", import.meta.url));

async function run(target: Target, args: readonly string[] = []): Promise<Result> {
  using folder = scratch();
  const file = join(folder.path, "chat.yaml");
  copyFileSync(CHAT, file);
  const directory = join(folder.path, "run");
  const given = ["run", file, "--json", "--run-dir", directory, ...args];
  const url = target.url.replace(/\/$/, "");
  return await onrush(given, { env: { ONRUSH_TARGET: url } }, directory);
}

async function expectAsCounted(result: Result, target: Target): Promise<void> {
  const { summary, stderr } = result;
  expect(endedWell(result), stderr).toBe(true);
  if (summary === null) throw new Error(stderr);
  const stats = await target.stats();
  const talk = stats["conversation"] as Record<string, number>;
  const { messages, connections, push, roles, integrity } = summary;
  expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
  expect(connections.established).toBe(stats.accepted);
  expect(messages.sent).toBe(stats.messagesIn);
  expect(messages.received).toBe(stats.messagesOut);
  const { welcome, login, join: joined, logout, say, pong } = messages.byName;
  expect(welcome?.arrived).toBe(talk["welcomes"]);
  expect(login?.matched).toBe(talk["logins"]);
  expect(joined?.matched).toBe(stats["joins"]);
  expect(logout?.matched).toBe(talk["logouts"]);
  expect(say?.matched).toBe(stats["says"]);
  expect(pong?.sent).toBe(talk["appPongs"]);
  expect(messages.unsolicited).toBe(0);
  const said = push["said"];
  const others = [welcome?.arrived, messages.matched, talk["appPings"]];
  const notSaid = others.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  expect(said?.received).toBe((stats.messagesOut as number) - notSaid);
  expect(said?.reach).toMatchObject({ messages: stats["says"], missed: 0 });
  expect(integrity?.order).toMatchObject({ audited: said?.received, missing: 0, repeated: 0 });
  expect(roles?.["talker"]?.connections.indices).toBe(10);
  expect(roles?.["lurker"]?.connections.indices).toBe(90);
}

describe("a chat with logins, talkers and lurkers", () => {
  it("is counted as the service does, on one node", async () => {
    await using target = await startTarget();
    await expectAsCounted(await run(target), target);
  });

  for (const kind of ["redis", "nats"] as const) {
    it.skipIf(missing(kind) !== null)(`is, over ${kind} with four workers`, async () => {
      const broker = await startBroker(kind);
      try {
        await using target = await startTarget();
        await using _workers = startFourWorkers(broker.url);
        const result = await run(target, ["--bus", broker.url, "--workers", "4"]);
        expect(result.summary?.workers.length).toBe(4);
        await expectAsCounted(result, target);
      } finally {
        await broker.stop();
      }
    });
  }
});
