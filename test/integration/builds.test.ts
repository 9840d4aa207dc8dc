/**
 * Goal: a coordinator and workers of two successive builds whose lists of counters differ, in the middle and by a name, run
 * one run together and end exact. Method: a changed copy of dist/; real brokers; the target's own count is the judge.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeOtherBuild, OTHER_NAME } from "../support/other-build.ts";
import { endedWell, runScenario, scratch, startTarget, startWorker } from "../support/programs.ts";
import { type BrokerServer, brokersOf, missing, startBroker } from "../support/servers.ts";

const folder = scratch();
let other = "";
beforeAll(() => {
  other = makeOtherBuild(folder.path);
});
afterAll(() => folder[Symbol.dispose]());

const worker = (id: string) => ["--engines", "1", "--capacity", "500", "--id", id];

function scenario(urls: readonly string[]) {
  return {
    targets: urls.map((url, at) => ({ url, label: `target-${at}` })),
    seed: 11,
    connect: { heartbeat: { ping: "300ms", timeout: "5s" } },
    load: [
      { phase: "up", ramp: "linear", to: 300, over: "2s" },
      { phase: "hold", hold: "2s" },
      { phase: "down", ramp: "linear", to: 0, over: "1s" },
    ],
    messages: {
      rate: "2/s",
      mix: [
        {
          name: "echo",
          send: { binary: { size: 64, fill: "random" } },
          reply: { match: "echo", within: "5s" },
        },
      ],
    },
  };
}

describe.each(brokersOf("redis"))("two builds on %s", (kind) => {
  let broker: BrokerServer;
  const absent = missing(kind);
  beforeAll(async () => {
    if (absent === null) broker = await startBroker(kind);
  });
  afterAll(() => broker?.stop());

  it.skipIf(absent !== null).each([
    ["the coordinator is the older one", undefined],
    ["the coordinator is the newer one", "other"],
  ])("end exact when %s", async (_, coordinator) => {
    await using _own = startWorker(broker.url, worker("own"));
    await using _changed = startWorker(broker.url, worker("changed"), other);
    await using left = await startTarget();
    await using right = await startTarget();
    using scratched = scratch();
    const result = await runScenario(scenario([left.url, right.url]), scratched.path, {
      args: ["--bus", broker.url, "--workers", "2"],
      ...(coordinator === undefined ? {} : { entry: other }),
    });
    const { summary, stderr } = result;
    expect(endedWell(result), stderr).toBe(true);
    expect(summary?.workers.map(({ id }) => id).sort()).toEqual(["changed", "own"]);
    const stats = [await left.stats(), await right.stats()];
    const sum = (key: "accepted" | "messagesIn" | "messagesOut" | "bytesIn") =>
      stats.reduce((total, { [key]: count }) => total + count, 0);
    expect(summary?.connections.established).toBe(sum("accepted"));
    expect(summary?.messages.sent).toBe(sum("messagesIn"));
    expect(summary?.messages.received).toBe(sum("messagesOut"));
    expect(summary?.messages.bytesSent).toBe(sum("bytesIn"));
    expect(summary?.messages.byName["echo"]?.sent).toBe(sum("messagesIn"));
    expect(summary?.validity.ledger).toEqual({ balanced: true, differences: {} });
    expect(summary?.validity.framesMissing).toBe(0);
    // The one that is not the coordinator's build is named, with what is not understood of it.
    const [known, unknown] =
      coordinator === undefined ? ["pongs", OTHER_NAME] : [OTHER_NAME, "pongs"];
    expect(stderr).toMatch(new RegExp(`does not know \\([^)]*${unknown}`));
    expect(stderr).toMatch(new RegExp(`does not count [^\n]*${known}`));
  });
});
