/** A scenario of fixtures/ against the bundled target: on one node, and over a broker with two workers, or over each with four. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { ALL } from "./all.ts";
import {
  endedWell,
  onrush,
  type Result,
  scratch,
  startTarget,
  startWorkers,
  type Target,
  type TargetStats,
} from "./programs.ts";
import { brokersOf, missing, startBroker } from "./servers.ts";

const WORKERS = ALL ? 4 : 2;

type Stats = TargetStats & Readonly<Record<string, unknown>>;

/**
 * Tests, each of which runs the scenario to its end: it has ended well, its books balance, and what was sent and received
 * is what the target counted, but for what faults cut off.
 * @param expectAsCounted compares the rest
 */
export function itIsCountedEverywhere(
  fixture: string,
  expectAsCounted: (summary: Summary, stats: Stats) => void,
): void {
  const judge = async (target: Target, { summary, ...result }: Result) => {
    expect(endedWell({ summary, ...result }), result.stderr).toBe(true);
    if (summary === null) throw new Error(result.stderr);
    const stats = await target.stats();
    expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
    expect(summary.connections.established).toBe(stats.accepted);
    expect(summary.messages.sent).toBe(stats.messagesIn);
    // What the service sent to a connection that a fault cut may have been on its way.
    const cutOff = summary.faults.reduce((sum, { messages }) => sum + messages.cutOff, 0);
    expect(summary.messages.received).toBeLessThanOrEqual(stats.messagesOut);
    expect(summary.messages.received).toBeGreaterThanOrEqual(stats.messagesOut - cutOff);
    expectAsCounted(summary, stats);
  };

  it("is counted as the service does, on one node", async () => {
    await using target = await startTarget();
    await judge(target, await run(fixture, target));
  });

  for (const kind of brokersOf("nats")) {
    it.skipIf(missing(kind) !== null)(`is, over ${kind} with ${WORKERS} workers`, async () => {
      const broker = await startBroker(kind);
      try {
        await using target = await startTarget();
        await using _workers = startWorkers(broker.url, WORKERS);
        const result = await run(fixture, target, [
          "--bus",
          broker.url,
          "--workers",
          String(WORKERS),
        ]);
        expect(result.summary?.workers.length).toBe(WORKERS);
        await judge(target, result);
      } finally {
        await broker.stop();
      }
    });
  }
}

async function run(fixture: string, target: Target, args: readonly string[] = []): Promise<Result> {
  using folder = scratch();
  const file = join(folder.path, fixture);
  copyFileSync(fileURLToPath(new URL(`../fixtures/${fixture}`, import.meta.url)), file);
  const directory = join(folder.path, "run");
  const given = ["run", file, "--json", "--run-dir", directory, ...args];
  const url = target.url.replace(/\/$/, "");
  return await onrush(given, { env: { ONRUSH_TARGET: url } }, directory);
}
