/**
 * Goal: whole runs against a bundled target that has a limit name it, and against one that has none name nothing. Method: the built
 * command; what the generator says of itself is left out.
 */
import { describe, expect, it } from "vitest";
import { runScenario, scratch, startTarget } from "../support/programs.ts";

const ECHO = {
  name: "echo",
  send: { binary: { size: 64, fill: "random" } },
  reply: { match: "echo", within: "600ms" },
};

function scenario(url: string, over: object = {}) {
  return {
    target: url,
    load: [
      { phase: "ramp", ramp: "linear", to: 20, over: "1s" },
      { phase: "steady", hold: "3s" },
    ],
    messages: { rate: "10/s", mix: [ECHO] },
    ...over,
  };
}

describe.concurrent("causes are named", () => {
  const LIMITED = { reconnect: { policy: "fixed", min: "200ms", attempts: 50 } };

  it.each<[string, object, object, string]>([
    [
      "of a limit on messages",
      { limits: { rate: { perSec: 3, burst: 5 } } },
      { connect: LIMITED },
      "message-rate-limit",
    ],
    [
      "of a cap",
      { cap: { connections: 12, status: 503 } },
      { connect: LIMITED, load: [{ phase: "ramp", ramp: "linear", to: 20, over: "4s" }] },
      "connection-cap",
    ],
    ["of nothing, where nothing is wrong", {}, {}, ""],
  ])("%s", async (_, behaviour, over, cause) => {
    await using target = await startTarget(behaviour);
    using folder = scratch();
    const { summary } = await runScenario(scenario(target.url, over), folder.path);
    // What a busy machine does to the generator is another matter.
    const found = summary?.findings.filter(({ locus }) => locus !== "generator");
    expect(found?.[0]?.id ?? "").toBe(cause);
  });
});
