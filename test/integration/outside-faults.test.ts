/**
 * Goal: what faults do outside of the load is done once, at its time, and told; nobody's command runs that was not allowed. Method: real
 * runs against the bundled target, whose behaviour a call changes; commands leave a line in a file for each time they ran.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { actScript, runsOf } from "../support/act-script.ts";
import { Coordinator, type Problem, startWorker } from "../support/coordinator.ts";
import { runScenario, scratch, startTarget } from "../support/programs.ts";
import { missing, startBroker } from "../support/servers.ts";

const WAIT = { timeout: 30_000, interval: 50 };

function scenario(target: string, faults: readonly object[], hold = "5s") {
  return {
    ...{ version: 1, name: "outside", target, seed: 3 },
    load: [
      { phase: "open", ramp: "burst", to: 20, hold: "1s" },
      { phase: "steady", hold },
    ],
    messages: {
      rate: "2/s",
      mix: [{ name: "say", send: { text: "hi" }, reply: { match: "echo" } }],
    },
    faults,
  };
}

describe("faults outside of the load", () => {
  it("are done at their times, are over at their limits, and are told in summary and journal", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const path = actScript(
      folder.path,
      '[ "$1" = hang ] && { sleep 1000 & sleep 1000; }; echo "did $1"',
    );
    const url = `${target.url.replace("ws:", "http:").replace(/\/$/, "")}/behaviour`;
    const faults = [
      {
        at: "steady+1s",
        kind: "call",
        url,
        method: "PUT",
        body: '{"conversation":{"welcome":true}}',
      },
      { at: "steady+1s", kind: "call", url: `${url}/nothing`, method: "GET", name: "missing" },
      { at: "steady+1s", kind: "command", run: [path, "one"], every: "1s", times: 2 },
      { at: "steady+2s", kind: "command", run: [path, "hang"], timeout: "1s", name: "hung" },
    ];
    const result = await runScenario(scenario(target.url, faults), folder.path, {
      args: ["--allow-command", path],
    });
    expect(result.summary?.validity.ledger.balanced, result.stderr).toBe(true);
    const outside = result.summary?.outside ?? [];
    expect(outside.map(({ id, ok }) => [id, ok])).toEqual([
      ["call@steady+1s", true],
      ["missing", false],
      ["command@steady+1s#1", true],
      ["command@steady+1s#2", true],
      ["hung", false],
    ]);
    expect(outside[0]?.outcome).toMatch(/^HTTP 200/);
    expect(outside[1]?.outcome).toMatch(/^HTTP 404/);
    expect(outside[2]?.outcome).toBe("exit 0 did one");
    expect(outside[4]?.outcome).toMatch(/^ended after 1 s:/);
    for (const { at, began } of outside) expect((began ?? 0) - at).toBeGreaterThan(-2);
    const behaviour = await (await fetch(url)).json();
    expect(behaviour).toMatchObject({ conversation: { welcome: { afterMs: 0 } } });
    expect([...runsOf(folder.path)].sort()).toEqual([
      ...["hang hung", "one command@steady+1s#1", "one command@steady+1s#2"],
    ]);
    const journal = readFileSync(join(result.runDirectory, "journal")).toString("latin1");
    expect(journal.split('"type":"outside-began"')).toHaveLength(1 + 5);
  }, 240_000);

  it("run no command that was not allowed", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const path = actScript(folder.path, "true");
    const faults = [{ at: "steady+1s", kind: "command", run: [path] }];
    const result = await runScenario(scenario(target.url, faults), folder.path, {
      args: ["--allow-command", "/bin/true"],
    });
    expect(result.exitCode).toBe(98);
    expect(result.stderr).toContain(`--allow-command ${path}`);
    expect(runsOf(folder.path)).toEqual([]);
  }, 240_000);
});

describe.skipIf(missing("redis") !== null)("faults outside of the load, of a coordinator", () => {
  it("are refused unless it allows them, and done once though it is killed meanwhile", async () => {
    const broker = await startBroker("redis");
    await using target = await startTarget();
    using folder = scratch();
    const data = join(folder.path, "data");
    const path = actScript(folder.path, "sleep 5");
    const faults = [{ at: "steady+1s", kind: "command", run: [path, "x"], timeout: "30s" }];
    const strict = await Coordinator.start({ bus: broker.url, data });
    const body = scenario(target.url, faults, "30s");
    const refused = await strict.post<Problem>("/runs", { body });
    expect([refused.status, refused.body.code]).toEqual([403, "ONRUSH_COMMAND_FORBIDDEN"]);
    await strict.terminate();
    const args = ["--allow-command", path];
    const coordinator = await Coordinator.start({ bus: broker.url, data, args });
    const worker = startWorker(broker.url, "w");
    try {
      const id = await coordinator.submit(body, "?workers=1");
      await expect.poll(() => runsOf(folder.path).length, WAIT).toBe(1);
      await coordinator.kill();
      await coordinator.start();
      const events = async () =>
        (await coordinator.get<{ events: { type: string }[] }>(`/runs/${id}/events`)).body.events;
      await expect
        .poll(async () => (await events()).map(({ type }) => type), WAIT)
        .toContain("outside-ended");
      await coordinator.post(`/runs/${id}/actions/stop`);
      const summary = await coordinator.result(id);
      expect(summary.outside).toMatchObject([{ id: "command@steady+1s", ok: false }]);
      expect(summary.outside[0]?.outcome).toMatch(/^nobody knows/);
      expect(runsOf(folder.path)).toEqual(["x command@steady+1s"]);
    } finally {
      await worker.leave();
      await coordinator.kill();
      await broker.stop();
    }
  }, 240_000);
});
