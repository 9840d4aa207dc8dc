/**
 * Goal: the same seed gives the same conversation, byte for byte, whoever holds the connections: one worker, four, and four over
 * each broker. Method: the target's digests of what each user said on each of its connections, in
 * fixtures/same-conversation.yaml: logins by HTTP, captures, roles, rows, think time, choices, answers, a cut and a return,
 * sequences, ids, texts and binaries. Another seed gives others.
 */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect } from "vitest";
import {
  endedWell,
  onrush,
  type Result,
  scratch,
  startTarget,
  startWorkers,
} from "../support/programs.ts";
import { brokersOf, missing, startBroker } from "../support/servers.ts";

const FIXTURE = fileURLToPath(new URL("../fixtures/same-conversation.yaml", import.meta.url));
const CONNECTIONS = 40;
/** Messages of a connection after which it is cut; only talkers say so much, and wait for it. */
const CUT_AFTER = 25;
const TALKERS = 16;
/** They stay to the end; the others leave when they have said it all. */
const ASKERS = 16;

const TRIES = 4;

interface Row {
  readonly id: number;
  readonly user: string;
  readonly digest: string;
}

/** User -> digests of what was said on each of its connections, in the order in which they were opened. */
type Said = ReadonlyMap<string, readonly string[]>;

function writeTables(folder: string): void {
  const users = Array.from({ length: 60 }, (_, row) => `user-${row}`);
  writeFileSync(join(folder, "users.csv"), ["name", ...users].join("\n"));
  const orders = users.map((_, row) => JSON.stringify({ item: `item ${row}`, price: 1.5 * row }));
  writeFileSync(join(folder, "orders.jsonl"), orders.join("\n"));
}

/** A run to its end; again where this machine stood still, so that messages were skipped, or users had no time for all of theirs. */
async function conversation(args: readonly string[]): Promise<Said> {
  for (let tries = 1; ; tries++) {
    const { result, said } = await once(args);
    const { summary, stderr } = result;
    expect(endedWell(result), stderr).toBe(true);
    const { skipped = 0 } = summary?.messages ?? {};
    const { plan: stayed } = summary?.connections.closedByCause ?? {};
    if ((skipped > 0 || stayed !== ASKERS) && tries < TRIES) continue;
    expect(stayed).toBe(ASKERS);
    expect(summary?.messages).toMatchObject({ skipped: 0, timedOut: 0, unanswered: 0 });
    const { ask } = summary?.sequences ?? {};
    expect(ask?.completed).toBe(ask?.started);
    expect(summary?.connections).toMatchObject({ failed: 0, reconnects: TALKERS });
    return said;
  }
}

async function once(args: readonly string[]): Promise<{ result: Result; said: Said }> {
  await using target = await startTarget({
    agent: { gap: 5 },
    close: [{ afterMessages: CUT_AFTER, how: "end" }],
  });
  using folder = scratch();
  writeTables(folder.path);
  const file = join(folder.path, "scenario.yaml");
  copyFileSync(FIXTURE, file);
  const given = ["run", file, "--json", "--run-dir", join(folder.path, "run"), ...args];
  const result = await onrush(given, { env: { AT: new URL(target.url).host } });
  const { connections } = await target.stats("?perConnection=1");
  const said = new Map<string, string[]>();
  for (const { user, digest } of (connections as Row[]).sort((a, b) => a.id - b.id)) {
    said.set(user, [...(said.get(user) ?? []), digest]);
  }
  return { result, said };
}

describe.concurrent("the same seed", (it) => {
  let begun: Promise<Said> | null = null;
  /** What one worker says; the same run for all that ask. */
  const first = (): Promise<Said> => {
    begun ??= conversation(["--workers", "1"]);
    return begun;
  };

  it("has each user say something of its own", async () => {
    const said = await first();
    const digests = [...said.values()].flat();
    expect(said.size).toBe(CONNECTIONS);
    expect(digests).toHaveLength(CONNECTIONS + TALKERS);
    expect(new Set(digests).size).toBe(digests.length);
  });

  it("has them say the same on four workers of this machine", async () => {
    expect(await conversation(["--workers", "4"])).toEqual(await first());
  });

  it("is what counts: with another they say other things", async () => {
    const other = await conversation(["--workers", "1", "--seed", "13"]);
    const said = await first();
    expect([...other.keys()].sort()).toEqual([...said.keys()].sort());
    const known = new Set([...said.values()].flat());
    expect([...other.values()].flat().filter((digest) => known.has(digest))).toEqual([]);
  });

  for (const kind of brokersOf("redis")) {
    it.skipIf(missing(kind) !== null)(`has them say the same over ${kind}`, async () => {
      const broker = await startBroker(kind);
      try {
        await using _workers = startWorkers(broker.url, 4);
        const args = ["--bus", broker.url, "--workers", "4"];
        expect(await conversation(args)).toEqual(await first());
      } finally {
        await broker.stop();
      }
    });
  }
});
