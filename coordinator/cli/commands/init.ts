/**
 * `onrush init`: writes a first scenario to start from. Called by program.ts. Invariant: it never writes over a file
 * unless asked to, and what it writes runs as it stands.
 */
import { writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { ExitCode, OnrushError } from "../../../shared/errors.ts";
import type { CliContext, Finish } from "../context.ts";
import { SERVICE_TEMPLATES, TEMPLATES } from "./templates/registry.ts";
import { STRESS_TEMPLATES } from "./templates/stress/registry.ts";
import type { Template } from "./templates/template.ts";

interface InitOptions {
  readonly template: string;
  readonly force?: boolean;
}

/** In place of a file: the standard output. */
const STANDARD_OUTPUT = "-";

function listed(templates: Readonly<Record<string, Template>>): string {
  const lines = Object.entries(templates);
  return lines.map(([name, { about }]) => `  ${name.padEnd(21)}${about}`).join("\n");
}

const AFTER_HELP = `
Templates, by kind of service:
${listed(SERVICE_TEMPLATES)}

Templates, by what is to be found out (the stress library):
${listed(STRESS_TEMPLATES)}

Examples:
  onrush init
  onrush init chat.yaml --template chat
  onrush init --template reconnect --force
  onrush init - --template spike | onrush plan -`;

export function initCommand(context: CliContext, finish: Finish): Command {
  return new Command("init")
    .description("write a scenario to start from")
    .argument("[file]", "where to write it, - for the standard output", "scenario.yaml")
    .addOption(
      new Option("--template <NAME>", "what kind of service it loads, or with what")
        .choices(Object.keys(TEMPLATES))
        .default("echo"),
    )
    .option("--force", "write over a file that is there")
    .addHelpText("after", AFTER_HELP)
    .action((file: string, options: InitOptions) => {
      if (file === STANDARD_OUTPUT) {
        context.stdout.write(textOf(options));
      } else {
        write(file, options);
        context.stdout.write(`${context.outStyle.green("✓")} ${file}\n${nextSteps(file)}`);
      }
      finish(ExitCode.passed);
    });
}

function textOf({ template }: InitOptions): string {
  return TEMPLATES[template]?.text ?? "";
}

function write(file: string, options: InitOptions): void {
  try {
    writeFileSync(file, textOf(options), { flag: options.force === true ? "w" : "wx" });
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
