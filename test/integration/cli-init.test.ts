/**
 * Goal: every template of `onrush init` validates, and those for services run and pass against `onrush target`. Method: the built
 * commands; phases are shortened with --set, everything else is as written. The others run in stress-library.test.ts.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { SERVICE_TEMPLATES, TEMPLATES } from "../../coordinator/cli/commands/templates/registry.ts";
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
  it("writes what validates, each of the templates", async () => {
    using folder = scratch();
    const files = Object.entries(TEMPLATES).map(([name, { text }]) => {
      const file = join(folder.path, `${name}.yaml`);
      writeFileSync(file, text);
      return file;
    });
    const { exitCode, stdout, stderr } = await onrush(["validate", ...files]);
    expect(exitCode, stderr).toBe(0);
    for (const file of files) expect(stdout).toContain(`${file}: valid`);
    const written = await onrush(["init", "-", "--template", "peak"]);
    expect(written.stdout).toBe(TEMPLATES["peak"]?.text);
  });

  it.each(Object.keys(SERVICE_TEMPLATES))(
    "%s is written, and runs and passes",
    async (template) => {
      await using target = await startTarget();
      using folder = scratch();
      const file = join(folder.path, `${template}.yaml`);
      const made = await onrush(["init", file, "--template", template]);
      expect(made.exitCode).toBe(0);
      expect(made.stdout).toContain(`onrush run ${file}`);
      expect(readFileSync(file, "utf8")).toBe(SERVICE_TEMPLATES[template]?.text);
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
      // It really fans out.
      if (template === "fanout") expect(counts.messagesOut).toBeGreaterThan(2 * counts.messagesIn);
    },
  );

  it("reconnect really reconnects", async () => {
    using folder = scratch();
    await using target = await startTarget({ close: [{ afterMs: 1000, how: "reset" }] });
    const file = join(folder.path, "reconnect.yaml");
    await onrush(["init", file, "--template", "reconnect"]);
    retargeted(file, target.url);
    const args = ["--json", ...shortened(file)];
    const { summary } = await onrush(["run", file, ...args, "--run-dir", join(folder.path, "run")]);
    expect(summary?.connections.reconnects).toBeGreaterThan(20);
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
