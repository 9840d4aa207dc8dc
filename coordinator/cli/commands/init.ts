/**
 * `onrush init`: writes a first scenario to start from. Called by program.ts. Invariant: it never writes over a file
 * unless asked to, and what it writes runs as it stands.
 */
import { writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { ExitCode, OnrushError } from "../../../shared/errors.ts";
import type { CliContext, Finish } from "../context.ts";
import { TEMPLATES } from "./templates/registry.ts";

interface InitOptions {
  readonly template: string;
  readonly force?: boolean;
}

const LIST = Object.entries(TEMPLATES)
  .map(([name, { about }]) => `  ${name.padEnd(14)}${about}`)
  .join("\n");

const AFTER_HELP = `
Templates:
${LIST}

Examples:
  onrush init
  onrush init chat.yaml --template chat
  onrush init --template reconnect --force`;

export function initCommand(context: CliContext, finish: Finish): Command {
  return new Command("init")
    .description("write a scenario to start from")
    .argument("[file]", "where to write it", "scenario.yaml")
    .addOption(
      new Option("--template <NAME>", "what kind of service it loads")
        .choices(Object.keys(TEMPLATES))
        .default("echo"),
    )
    .option("--force", "write over a file that is there")
    .addHelpText("after", AFTER_HELP)
    .action((file: string, options: InitOptions) => {
      write(file, options);
      context.stdout.write(`${context.outStyle.green("✓")} ${file}\n${nextSteps(file)}`);
      finish(ExitCode.passed);
    });
}

function write(file: string, { template, force }: InitOptions): void {
  try {
    writeFileSync(file, TEMPLATES[template]?.text ?? "", { flag: force === true ? "w" : "wx" });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === "EEXIST";
    throw new OnrushError({
      code: "ONRUSH_USAGE",
      message: exists ? `${file} is there already` : `cannot write ${file}`,
      remedy: exists ? "give another name, or --force to write over it" : "give another path",
      cause: exists ? undefined : error,
    });
  }
}

function nextSteps(file: string): string {
  const shown = /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
  const steps = [
    ["onrush target --port 9001", "a target to try it on, in another terminal"],
    [`onrush validate ${shown}`, "every mistake with its line and column"],
    [`onrush plan ${shown}`, "the load curve, and what it takes on this machine"],
    [`onrush run ${shown}`, "the run itself"],
  ] as const;
  const width = Math.max(...steps.map(([command]) => command.length));
  return steps.map(([command, what]) => `  ${command.padEnd(width)}   ${what}\n`).join("");
}
