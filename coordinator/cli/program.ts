/**
 * Puts the commands together and runs one. Called by main.ts. Invariant: whatever happens ends in one of
 * the promised exit codes; wrong usage is 2, an operating error brings its own, anything else is 1.
 */
import { Command, CommanderError } from "commander";
import { ExitCode } from "../../shared/errors.ts";
import { VERSION } from "../../shared/version.ts";
import { COMMANDS, type ListedCommand } from "./command-list.ts";
import type { CliContext, Finish } from "./context.ts";
import { withOptionOfOtherTools } from "./options/other-tools.ts";
import { describeError } from "./terminal/error-text.ts";

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
    if (isCheckAhead(args)) context.checker.prepare();
    const program = await buildProgram(wantedBy(args), context, finish);
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
  return buildProgram(
    () => true,
    context,
    () => {},
  );
}

/** The command that is named; all where one speaks of all. Help of the program itself needs none. */
function wantedBy(args: readonly string[]): (name: string) => boolean {
  const named = args.find((word) => Object.hasOwn(COMMANDS, word));
  return (name) => name === named || (named !== undefined && NEEDS_ALL.has(named));
}

/** The process that checks scenarios starts while the command is loaded. */
function isCheckAhead([name = "", ...rest]: readonly string[]): boolean {
  const isHelp = rest.length === 0 || rest.includes("-h") || rest.includes("--help");
  return Object.hasOwn(COMMANDS, name) && COMMANDS[name]?.checks === true && !isHelp;
}

/** What help of the program says of a command that is not loaded. */
function listed(name: string): Command {
  const { about, takes } = COMMANDS[name] as ListedCommand;
  const command = new Command(name).description(about);
  return takes === "" ? command : command.arguments(takes);
}

function termOf(command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...words].join(" ");
}

/** @param isWanted whether a command is loaded; of the others there is what help of the program says */
async function buildProgram(
  isWanted: (name: string) => boolean,
  context: CliContext,
  finish: Finish,
): Promise<Command> {
  const program = new Command("onrush")
    .description("Load generator for WebSocket services that tells the truth.")
    .version(VERSION, "-V, --version")
    .addHelpText("after", AFTER_HELP)
    .enablePositionalOptions()
    .showHelpAfterError("(onrush --help lists commands and options)");
  // Every command has options; saying so takes the room of their descriptions.
  program.configureHelp({ subcommandTerm: (command) => termOf(command) });
  const commands = Object.entries(COMMANDS).map(async ([name, { load }]) =>
    isWanted(name) ? (await load())(context, finish) : listed(name),
  );
  for (const command of await Promise.all(commands)) program.addCommand(command);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(withOptionOfOtherTools(text)),
      getOutHelpWidth: () => context.stdout.columns ?? HELP_COLUMNS,
      getErrHelpWidth: () => context.stderr.columns ?? HELP_COLUMNS,
    });
  }
  return program;
}
