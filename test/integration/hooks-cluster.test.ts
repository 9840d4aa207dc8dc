/**
 * Goal: hooks are code of whoever submits a scenario, so a worker runs them only where it was started to. Method: one run with
 * hooks over Redis, on a worker that was not, and on one that was.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { onrush, scratch, startTarget, startWorker } from "../support/programs.ts";
import { missing, startBroker } from "../support/servers.ts";

const HOOKS =
  "export function payload(conn, name) { return { made: name, id: String(conn.index) }; }\n";

describe.skipIf(missing("redis") !== null)("hooks on a worker of a cluster", () => {
  it.each([
    { args: [] as string[], runs: false },
    { args: ["--allow-hooks"], runs: true },
  ])("run only where they are allowed: $args", async ({ args, runs }) => {
    const broker = await startBroker("redis");
    try {
      await using target = await startTarget();
      await using _worker = startWorker(broker.url, ["--capacity", "100", "--id", "one", ...args]);
      using folder = scratch();
      writeFileSync(join(folder.path, "hooks.js"), HOOKS);
      const mix = [
        { name: "say", send: { json: {} }, reply: { where: "m.made == 'say'", within: "1s" } },
      ];
      const scenario = {
        ...{ version: 1, name: "hooks", target: target.url, hooks: "hooks.js" },
        load: [{ phase: "hold", ramp: "burst", to: 4, hold: "2s" }],
        messages: { rate: "2/s", mix },
      };
      const file = join(folder.path, "hooks.json");
      writeFileSync(file, JSON.stringify(scenario));
      const directory = join(folder.path, "run");
      const given = ["run", file, "--bus", broker.url, "--json", "--run-dir", directory];
      const { exitCode, summary, stderr } = await onrush(given, {}, directory);
      const stats = await target.stats();
      expect(stats.messagesIn > 0, stderr).toBe(runs);
      if (runs) {
        expect(summary?.messages.matched).toBe(stats.messagesOut);
        expect(summary?.hooks?.byFunction["payload"]?.failed).toBe(0);
      } else {
        expect(exitCode).toBe(98);
        expect(stderr).toContain("--allow-hooks");
      }
    } finally {
      await broker.stop();
    }
  });
});
