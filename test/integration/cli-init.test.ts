/**
 * Goal: every template of `onrush init` validates, and runs and passes against `onrush target`. Method: the built
 * commands; phases are shortened with --set, everything else is as written.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { SERVICE_TEMPLATES } from "../../coordinator/cli/commands/templates/registry.ts";
import { endedWell, onrush, scratch, startTarget } from "../support/programs.ts";

interface Phase {
  readonly phase: string;
  readonly over?: string;
}

/** At another target, with the path that the template has. */
function retargeted(file: string, url: string): void {
  const text = readFileSync(file, "utf8");
  expect(text).toContain("ws://127.0.0.1:9001");
  writeFileSync(file, text.replaceAll("ws://127.0.0.1:9001", url));
}

/** The same phases, each as short as it can be. */
function shortened(file: string): string[] {
  const { load } = parse(readFileSync(file, "utf8")) as { load: Phase[] };
  return load.flatMap(({ phase, over }) => {
    const key = over === undefined ? "hold" : "over";
    return ["--set", `load.${phase}.${key}=${over === undefined ? "2s" : "500ms"}`];
  });
}

describe("init", () => {
  it.each(Object.keys(SERVICE_TEMPLATES))("%s validates, and runs and passes", async (template) => {
    await using target = await startTarget();
    using folder = scratch();
    const file = join(folder.path, `${template}.yaml`);
    const made = await onrush(["init", file, "--template", template]);
    expect(made.exitCode).toBe(0);
    expect(made.stdout).toContain(`onrush run ${file}`);
    expect((await onrush(["validate", file])).exitCode).toBe(0);
    retargeted(file, target.url);
    const args = ["--json", ...shortened(file)];
    const result = await onrush(["run", file, ...args, "--run-dir", join(folder.path, "run")]);
    expect(result.summary?.thresholds.filter(({ passed }) => !passed)).toEqual([]);
    expect(endedWell(result), result.stderr).toBe(true);
    const { matched = 0, recognised = 0 } = result.summary?.messages ?? {};
    expect((matched ?? 0) + (recognised ?? 0)).toBeGreaterThan(0);
    const counts = await target.stats();
    expect(result.summary?.connections.established).toBe(counts.accepted);
    expect(result.summary?.messages.received).toBe(counts.messagesOut);
  });

  it("fanout really fans out, and reconnect really reconnects", async () => {
    using folder = scratch();
    const run = async (template: string, behaviour: object) => {
      await using target = await startTarget(behaviour);
      const file = join(folder.path, `${template}.yaml`);
      await onrush(["init", file, "--template", template]);
      retargeted(file, target.url);
      const args = ["--json", ...shortened(file)];
      return await onrush(["run", file, ...args, "--run-dir", join(folder.path, template)]);
    };
    const fanout = await run("fanout", {});
    expect(endedWell(fanout), fanout.stderr).toBe(true);
    const messages = fanout.summary?.messages;
    expect(messages?.received).toBeGreaterThan(2 * (messages?.sent ?? 0));
    const drops = { close: [{ afterMs: 1000, how: "reset" }] };
    expect((await run("reconnect", drops)).summary?.connections.reconnects).toBeGreaterThan(20);
  });

  it("does not write over a file unless told to", async () => {
    using folder = scratch();
    const file = join(folder.path, "mine.yaml");
    writeFileSync(file, "mine");
    const refused = await onrush(["init", file]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("--force");
    expect(readFileSync(file, "utf8")).toBe("mine");
    expect((await onrush(["init", file, "--force"])).exitCode).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(SERVICE_TEMPLATES["echo"]?.text);
    const nowhere = await onrush(["init", join(folder.path, "no/such/folder.yaml")]);
    expect(nowhere.exitCode).toBe(2);
    expect(nowhere.stderr).toContain("cannot write");
    expect((await onrush(["init", "--template", "ecoh"])).stderr).toContain("echo, chat");
  });
});
