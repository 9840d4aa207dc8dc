/**
 * Goal: help fits a terminal, and every remedy can be followed: each option and command it names exists. Method: the
 * commands themselves, and the source text of every remedy in the programs.
 */
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../coordinator/cli/config.ts";
import { makeContext } from "../../../coordinator/cli/context.ts";
import { wholeProgram } from "../../../coordinator/cli/program.ts";
import { USAGE } from "../../../target/config.ts";
import { listFiles, ROOT, readTexts } from "../../house/repository.ts";

const program = await wholeProgram(makeContext(readConfig({})));
const commands = new Map(program.commands.map((command) => [command.name(), command]));
const flagsOf = (command: Command) =>
  command.name() === "target"
    ? (USAGE.match(/--[a-z-]+/g) ?? [])
    : [...command.options.flatMap(({ short, long }) => [short, long]), "--help", "-h"];

const FLAG = /(?<![\w-])--?[a-z][a-z-]*(?![\w-])/g;

/** What is wrong with the commands and flags a text names. */
function unknownIn(text: string, own: Command | null): string[] {
  const problems: string[] = [];
  let rest = text;
  // `onrush NAME …` in backquotes or up to the end of the clause: its flags are its own.
  for (const [whole, name = ""] of text.matchAll(/\bonrush ([a-z]+)(?:[^`;]*)/g)) {
    rest = rest.replace(whole, " ");
    const command = commands.get(name);
    if (command === undefined) {
      // "onrush is installed" is a sentence.
      if (/--/.test(whole)) problems.push(`onrush ${name}`);
      continue;
    }
    const flags = flagsOf(command);
    problems.push(
      ...(whole.match(FLAG) ?? [])
        .filter((flag) => !flags.includes(flag))
        .map((flag) => `onrush ${name} ${flag}`),
    );
  }
  const known = own === null ? [] : flagsOf(own);
  for (const flag of rest.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? []) {
    if (!known.includes(flag))
      problems.push(own === null ? `${flag} of which command?` : `${own.name()} ${flag}`);
  }
  return problems;
}

describe("help", () => {
  it.each([program, ...program.commands].map((command) => [command.name(), command] as const))(
    "of %s fits 80 columns",
    (_, command) => {
      let text = command.name() === "target" ? USAGE : "";
      command.configureOutput({
        writeOut: (part) => {
          text += part;
        },
        getOutHelpWidth: () => 80,
      });
      if (text === "") command.outputHelp();
      expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    },
  );
});

describe("remedies", () => {
  const sources = readTexts(
    ROOT,
    listFiles(ROOT).filter((path) => /^(coordinator|worker|shared|target)\/.*\.ts$/.test(path)),
  );
  const remedies = sources.flatMap(({ path, text }) =>
    [...text.matchAll(/\bremedy(?::|\s*=)\s*([\s\S]*?)(?:,\n|;\n|\n\s*\}\)| \}\))/g)].map(
      ([, remedy = ""]) => ({ path, remedy }),
    ),
  );
  /** A file of a command speaks to who typed it. */
  const owner = (path: string): Command | null => {
    if (path.startsWith("target/")) return commands.get("target") ?? null;
    if (path.startsWith("worker/")) return commands.get("worker") ?? null;
    const name =
      /^coordinator\/(?:launch(?:\/scenario)?|cli(?:\/(?:commands|client|options))?)\/([a-z-]+)\.ts$/.exec(
        path,
      )?.[1] ?? "";
    const same: Record<string, string> = {
      "run-action": "run",
      "bare-url": "run",
      "bare-url-options": "run",
      "api-client": "submit",
      "cluster-option": "worker",
      serve: "coordinator",
      "wait-for-target": "run",
      runs: "scale",
    };
    return commands.get(same[name] ?? name) ?? null;
  };

  it("are found", () => {
    expect(remedies.length).toBeGreaterThan(40);
    expect(remedies.map(({ path }) => path)).toContain("coordinator/cli/commands/coordinator.ts");
  });

  it("name options and commands that exist, and say of which command", () => {
    const wrong = remedies.flatMap(({ path, remedy }) =>
      unknownIn(remedy.replaceAll(/\$\{[^}]*\}/g, "X"), owner(path)).map(
        (what) => `${path}: ${what}`,
      ),
    );
    expect(wrong).toEqual([]);
  });

  it("and so do all command lines in sources, documents and examples", () => {
    const texts = readTexts(
      ROOT,
      listFiles(ROOT).filter(
        (path) =>
          /^((coordinator|worker|shared|target)\/.*\.ts|(README|docs\/.*|examples\/.*|deploy\/.*)(\.md|\.ya?ml)?)$/.test(
            path,
          ) && /\.(ts|md|ya?ml)$/.test(path),
      ),
    );
    const lines = texts.flatMap(({ path, text }) =>
      [...text.matchAll(/(?<!-n )\bonrush [a-z]+ [^`\n|;#&]*--[^`\n|;#&]*/g)].map(([line]) => ({
        path,
        line,
      })),
    );
    expect(lines.length).toBeGreaterThan(60);
    const wrong = lines.flatMap(({ path, line }) => {
      // A second command in the same line has flags of its own.
      const [, ...parts] =
        line.split(/(?=\bonrush )/).length > 1 ? ["", ...line.split(/(?=\bonrush )/)] : ["", line];
      return parts.flatMap((part) => unknownIn(part, null).map((what) => `${path}: ${what}`));
    });
    expect(wrong).toEqual([]);
  });

  it("would be found out", () => {
    const run = commands.get("run") ?? null;
    expect(unknownIn("--allow-target X", commands.get("submit") ?? null)).toEqual([
      "submit --allow-target",
    ]);
    expect(unknownIn("--allow-target X", run)).toEqual([]);
    expect(unknownIn("say `onrush run --frobnicate`", run)).toEqual(["onrush run --frobnicate"]);
    expect(unknownIn("say `onrush frobnicate --x`", run)).toEqual(["onrush frobnicate"]);
    expect(unknownIn("with --bus", null)).toEqual(["--bus of which command?"]);
  });
});
