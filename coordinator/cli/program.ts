/**
 * Puts the commands together and runs one. Called by main.ts. Invariant: whatever happens ends in one of
 * the promised exit codes; wrong usage is 2, an operating error brings its own, anything else is 1.
 */
import { Command, CommanderError } from "commander";
import { ExitCode } from "../../shared/errors.ts";
import { VERSION } from "../../shared/version.ts";
import type { CliContext, Finish } from "./context.ts";
import { describeError } from "./terminal/error-text.ts";

type Make = (context: CliContext, finish: Finish) => Command;

/** In the order of help. Each is loaded when it is wanted: all of them together take longer than most commands do. */
const COMMANDS: Readonly<Record<string, () => Promise<Make>>> = {
  run: async () => (await import("./commands/run.ts")).runCommand,
  init: async () => (await import("./commands/init.ts")).initCommand,
  validate: async () => (await import("./commands/validate.ts")).validateCommand,
  explain: async () => (await import("./commands/explain.ts")).explainCommand,
  plan: async () => (await import("./commands/plan.ts")).planCommand,
  schema: async () => (await import("./commands/schema.ts")).schemaCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
  report: async () => (await import("./commands/report.ts")).reportCommand,
  compare: async () => (await import("./commands/compare.ts")).compareCommand,
  target: async () => (await import("./commands/target.ts")).targetCommand,
  worker: async () => (await import("./commands/worker.ts")).workerCommand,
  coordinator: async () => (await import("./commands/coordinator.ts")).coordinatorCommand,
  submit: async () => (await import("./client/submit.ts")).submitCommand,
  runs: async () => (await import("./client/runs.ts")).runsCommand,
  watch: async () => (await import("./client/watch.ts")).watchCommand,
  stop: async () => (await import("./client/runs.ts")).stopCommand,
  scale: async () => (await import("./client/runs.ts")).scaleCommand,
  workers: async () => (await import("./client/workers.ts")).workersCommand,
  drain: async () => (await import("./client/workers.ts")).drainCommand,
  completion: async () => (await import("./completion/completion.ts")).completionCommand,
};
/** They speak of all others. */
const NEEDS_ALL = new Set(["completion"]);

/** Where help is not written to a terminal. */
const HELP_COLUMNS = 80;

const AFTER_HELP = `
Exit codes:
  0 passed                        99 a threshold failed
  1 internal error               103 stopped through the API
  2 wrong usage                  104 invalid scenario
  97 result cannot be trusted    105 interrupted, results written
  98 pre-flight failed           130 aborted

Examples:
  onrush target --port 9001               start the bundled target
  onrush validate scenario.yaml           check a scenario
  onrush run scenario.yaml -e TOKEN=abc   run it on this machine
`;

/** @returns the exit code */
export async function runProgram(args: readonly string[], context: CliContext): Promise<number> {
  let exitCode: number = ExitCode.passed;
  const finish: Finish = (code) => {
    exitCode = code;
  };
  try {
    const program = buildProgram(await commandsFor(args), context, finish);
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version also arrive here, with 0; everything else commander objects to is usage.
      return error.exitCode === 0 ? ExitCode.passed : ExitCode.usage;
    }
    const { text, exitCode: code } = describeError(error, context.errStyle, context.config.debug);
    context.stderr.write(text);
    return code;
  }
}

/** All commands, for tests of what they say about themselves. */
export async function wholeProgram(context: CliContext): Promise<Command> {
  return buildProgram(await commandsFor([]), context, () => {});
}

/** The one that is named; all for help, and for what is no command and may be meant for one. */
async function commandsFor(args: readonly string[]): Promise<readonly Make[]> {
  const [name = ""] = args;
  if (name === "-V" || name === "--version") return [];
  const named = Object.hasOwn(COMMANDS, name) && !NEEDS_ALL.has(name) ? COMMANDS[name] : undefined;
  return Promise.all((named ? [named] : Object.values(COMMANDS)).map((load) => load()));
}

function termOf(command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...words].join(" ");
}

function buildProgram(commands: readonly Make[], context: CliContext, finish: Finish): Command {
  const program = new Command("onrush")
    .description("Load generator for WebSocket services that tells the truth.")
    .version(VERSION, "-V, --version")
    .addHelpText("after", AFTER_HELP)
    .enablePositionalOptions()
    .showHelpAfterError("(onrush --help lists commands and options)");
  // Every command has options; saying so takes the room of their descriptions.
  program.configureHelp({ subcommandTerm: (command) => termOf(command) });
  for (const make of commands) program.addCommand(make(context, finish));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHelpWidth: () => context.stdout.columns ?? HELP_COLUMNS,
      getErrHelpWidth: () => context.stderr.columns ?? HELP_COLUMNS,
    });
  }
  return program;
}
