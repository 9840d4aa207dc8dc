/**
 * Puts the commands together and runs one. Called by main.ts. Invariant: whatever happens ends in one of
 * the promised exit codes; wrong usage is 2, an operating error brings its own, anything else is 1.
 */
import { Command, CommanderError } from "commander";
import { ExitCode } from "../../shared/errors.ts";
import { VERSION } from "../../shared/version.ts";
import { compareCommand } from "./compare.ts";
import { completionCommand } from "./completion/completion.ts";
import type { CliContext } from "./context.ts";
import { coordinatorCommand } from "./coordinator.ts";
import { doctorCommand } from "./doctor.ts";
import { explainCommand } from "./explain.ts";
import { initCommand } from "./init.ts";
import { planCommand } from "./plan.ts";
import { reportCommand } from "./report.ts";
import { runCommand } from "./run.ts";
import { runsCommand, scaleCommand, stopCommand } from "./runs.ts";
import { schemaCommand } from "./schema.ts";
import { submitCommand } from "./submit.ts";
import { targetCommand } from "./target.ts";
import { describeError } from "./terminal/error-text.ts";
import { validateCommand } from "./validate.ts";
import { watchCommand } from "./watch.ts";
import { workerCommand } from "./worker.ts";

/** A command hands its exit code to whoever runs it. */
export type Finish = (code: number) => void;

const COMMANDS = [
  runCommand,
  initCommand,
  validateCommand,
  explainCommand,
  planCommand,
  schemaCommand,
  doctorCommand,
  reportCommand,
  compareCommand,
  targetCommand,
  workerCommand,
  coordinatorCommand,
  submitCommand,
  runsCommand,
  watchCommand,
  stopCommand,
  scaleCommand,
  completionCommand,
];

const AFTER_HELP = `
Exit codes:
  0 passed   1 internal error   2 wrong usage   97 result cannot be trusted   98 pre-flight failed
  99 a threshold failed   104 invalid scenario   105 interrupted   130 aborted

Examples:
  onrush target --port 9001                              start the bundled target
  onrush validate scenario.yaml                          check a scenario
  onrush run scenario.yaml -e TOKEN=abc --workers auto   run it on this machine
`;

/** @returns the exit code */
export async function runProgram(args: readonly string[], context: CliContext): Promise<number> {
  let exitCode: number = ExitCode.passed;
  const finish: Finish = (code) => {
    exitCode = code;
  };
  try {
    await buildProgram(context, finish).parseAsync([...args], { from: "user" });
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

function buildProgram(context: CliContext, finish: Finish): Command {
  const program = new Command("onrush")
    .description("Load generator for WebSocket services that tells the truth.")
    .version(VERSION, "-V, --version")
    .addHelpText("after", AFTER_HELP)
    .enablePositionalOptions()
    .showHelpAfterError("(onrush --help shows what there is)");
  for (const make of COMMANDS) program.addCommand(make(context, finish));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    });
  }
  return program;
}
