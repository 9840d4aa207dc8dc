/**
 * Goal: a service that throws everybody out, or never answers, passes no run: neither a bare URL, nor one with rules on
 * dropped connections, nor a template as `onrush init` writes it. Method: the built commands against the bundled target.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { SERVICE_TEMPLATES } from "../../coordinator/cli/commands/templates/registry.ts";
import { onrush, scratch, startTarget } from "../support/programs.ts";

const bare = (url: string, folder: string) =>
  onrush(["run", url, "-c", "20", "-d", "3s", "--json", "--run-dir", join(folder, "run")]);

/** A busy machine may make a run invalid; it must not make it pass. */
const failedOrBusy = [99, 97];

describe("a bare URL", () => {
  it.each([
    ["closed at the first message", { close: [{ afterMessages: 1, code: 1003 }] }],
    ["closed after the handshake", { close: [{ afterMs: 0, code: 1008 }] }],
    ["cut at the first message", { close: [{ afterMessages: 1, how: "reset" }] }],
  ])("%s: fails", async (_, close) => {
    await using target = await startTarget({ ...close, reply: { drop: { share: 1 } } });
    using folder = scratch();
    const { exitCode, summary } = await bare(target.url, folder.path);
    expect(failedOrBusy).toContain(exitCode);
    expect(summary?.messages.matched).toBe(0);
    expect(summary?.thresholds).toMatchObject([
      {
        rule: "matched > 0 (every run)",
        passed: false,
        reason: expect.stringContaining("message"),
      },
    ]);
  });
});

describe("rules on connections", () => {
  /** Twelve held connections, silent for three seconds. */
  const idle = (url: string, rules: object) => ({
    version: 1,
    target: url,
    load: [
      { phase: "open", ramp: "burst", to: 12, hold: "1s" },
      { phase: "silent", hold: "2s" },
      { phase: "down", ramp: "burst", to: 0, hold: "1s" },
    ],
    thresholds: rules,
  });
  const rules = {
    connections: ["dropped == 0", "dropped < 0.1%"],
    "connections{phase=silent}": ["open == 12", "open >= 100%", "dropped < 1%"],
  };
  const judged = async (behaviour: object) => {
    await using target = await startTarget(behaviour);
    using folder = scratch();
    const file = join(folder.path, "idle.json");
    writeFileSync(file, JSON.stringify(idle(target.url, rules)));
    return await onrush(["run", file, "--json", "--run-dir", join(folder.path, "run")]);
  };

  it("hold while nobody is cut", async () => {
    const { summary } = await judged({});
    expect(summary?.thresholds.filter(({ passed }) => !passed)).toEqual([]);
    expect(summary?.connections).toMatchObject({ dropped: 0, established: 12 });
  });

  it("break when an idle timeout cuts everybody", async () => {
    const { summary, exitCode } = await judged({ close: [{ afterMs: 1500, how: "reset" }] });
    expect(failedOrBusy).toContain(exitCode);
    const own = summary?.thresholds.filter(({ rule }) => !rule.includes("every run")) ?? [];
    expect(own.map(({ rule, observed, passed }) => [rule, observed, passed])).toEqual([
      ["dropped == 0", 12, false],
      ["dropped < 0.1%", 1, false],
      ["open == 12", 0, false],
      ["open >= 100%", 0, false],
      ["dropped < 1%", 1, false],
    ]);
    expect(summary?.connections.dropped).toBe(12);
  });
});

it.each(Object.entries(SERVICE_TEMPLATES))(
  "the template %s fails when connections are cut",
  async (_, { text }) => {
    await using target = await startTarget({ close: [{ afterMs: 1200, how: "reset" }] });
    using folder = scratch();
    const file = join(folder.path, "scenario.yaml");
    writeFileSync(file, text);
    const { load } = parse(text) as {
      load: { phase: string; over?: string }[];
    };
    const short = load.flatMap(({ phase, over }) => [
      "--set",
      over === undefined ? `load.${phase}.hold=2s` : `load.${phase}.over=500ms`,
    ]);
    const args = ["--json", "--set", `target=${target.url}`, ...short];
    const result = await onrush(["run", file, ...args, "--run-dir", join(folder.path, "run")]);
    expect(failedOrBusy).toContain(result.exitCode);
    const broken = result.summary?.thresholds.filter(({ passed }) => !passed) ?? [];
    expect(broken.map(({ metric }) => metric)).toContain("connections");
  },
);
