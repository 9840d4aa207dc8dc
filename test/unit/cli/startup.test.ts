/**
 * Goal: a command loads what it needs and no more, so that it costs little to start. Method: the imports that a file
 * always loads, followed to their end. What help of the program says of a command is what the command says of itself.
 */
import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../../coordinator/cli/command-list.ts";
import { readConfig } from "../../../coordinator/cli/config.ts";
import { makeContext } from "../../../coordinator/cli/context.ts";
import { wholeProgram } from "../../../coordinator/cli/program.ts";
import { packageOf } from "../../house/import-rules.ts";
import { listFiles, ROOT, readTexts } from "../../house/repository.ts";

const sources = new Map(
  readTexts(
    ROOT,
    listFiles(ROOT).filter((path) => /^(coordinator|worker|shared|target)\/.*\.ts$/.test(path)),
  ).map(({ path, text }) => [path, text]),
);

/** What is loaded with the file, without what it imports when it needs it, and without types. */
function loadedBy(text: string): string[] {
  return [...text.matchAll(/^(?:import|export) (?!type\b)(?:([^"';]*?) from )?"([^"]+)";/gm)]
    .filter(([, names = ""]) => {
      const [, listed] = /^\{([\s\S]*)\}$/.exec(names.trim()) ?? [];
      const each = listed?.split(",").map((name) => name.trim()) ?? ["all"];
      return names === "" || each.some((name) => name !== "" && !name.startsWith("type "));
    })
    .map(([, , from = ""]) => from);
}

/** Packages and files that starting with this file loads. */
function closure(entry: string): { packages: Set<string>; files: Set<string> } {
  const packages = new Set<string>();
  const files = new Set<string>();
  const follow = (path: string) => {
    if (files.has(path)) return;
    files.add(path);
    for (const from of loadedBy(sources.get(path) ?? "")) {
      if (from.startsWith(".")) follow(posix.join(posix.dirname(path), from));
      else if (!from.startsWith("node:")) packages.add(packageOf(from));
    }
  };
  follow(entry);
  return { packages, files };
}

describe("what is loaded", () => {
  it("for help of the program: commander and colours, and no command", () => {
    const { packages, files } = closure("coordinator/cli/main.ts");
    expect([...packages].sort()).toEqual(["commander", "picocolors"]);
    expect([...files].filter((path) => !sources.has(path))).toEqual([]);
    expect(files.size).toBeGreaterThan(15);
    expect(files.size).toBeLessThan(40);
  });

  it("for a check: no server, no broker and no report", () => {
    const { packages } = closure("coordinator/check/thread.ts");
    expect(packages).toContain("zod");
    for (const name of ["fastify", "bullmq", "@nats-io/kv", "msgpackr", "commander"]) {
      expect(packages).not.toContain(name);
    }
  });

  it.each(["coordinator/cli/commands/run-action.ts", "worker/main.ts", "worker/engine/main.ts"])(
    "for a local run, by %s: no server, no broker, and nothing for seldom formats",
    (entry) => {
      const { packages } = closure(entry);
      const seldom = ["fastify", "bullmq", "ioredis", "junit-report-builder", "pdfmake"];
      const others = ["log-update", "systeminformation", "prom-client", "@nats-io/jetstream"];
      expect([...packages].filter((name) => [...seldom, ...others].includes(name))).toEqual([]);
    },
  );

  it("is told by the method: a type is not loaded, a value is", () => {
    const text =
      'import type { A } from "a";\nimport { type B } from "b";\nimport { type C, d } from "c";\n' +
      'import e from "e";\nimport * as f from "f";\nimport "g";\nexport { h } from "h";\nconst i = import("i");\n' +
      'import {\n  type J,\n  k,\n} from "j";\n';
    expect(loadedBy(text)).toEqual(["c", "e", "f", "g", "h", "j"]);
  });
});

describe("help of the program", async () => {
  const program = await wholeProgram(makeContext(readConfig({})));

  it("lists every command with what the command says of itself", () => {
    const own = program.commands.map((command) => [
      command.name(),
      command.description(),
      command.registeredArguments
        .map((one) => {
          const name = `${one.name()}${one.variadic ? "..." : ""}`;
          return one.required ? `<${name}>` : `[${name}]`;
        })
        .join(" "),
    ]);
    const listed = Object.entries(COMMANDS).map(([name, { about, takes }]) => [name, about, takes]);
    expect(listed).toEqual(own);
  });
});
