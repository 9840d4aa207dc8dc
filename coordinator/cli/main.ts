#!/usr/bin/env node
/**
 * The entry of the `onrush` command: reads the environment once, runs one command, leaves with its exit
 * code. Invariant: output is flushed before the process ends; a reader that went away (`| head`) is not an error of ours, a
 * disk without room for the output is one, whatever the command came to.
 */
import { ExitCode, OnrushError } from "../../shared/errors.ts";
import { endWithParent } from "../../shared/lifeline.ts";
import { outliveReaders } from "../../shared/log.ts";
import { readConfig } from "./config.ts";
import { type CliContext, makeContext } from "./context.ts";
import { runProgram } from "./program.ts";
import { describeError } from "./terminal/error-text.ts";

/** Comes before what is not there to be read. */
const STRONGER: readonly number[] = [
  ...[ExitCode.aborted, ExitCode.interrupted, ExitCode.stopped, ExitCode.invalidScenario],
];

const lost: Error[] = [];
outliveReaders((error) => lost.push(error));
endWithParent();
void main();

async function main(): Promise<void> {
  const context = makeContext(readConfig());
  const exitCode = await runProgram(process.argv.slice(2), context);
  await context.close();
  await flush(process.stdout);
  await flush(process.stderr);
  // A file without room says so a turn later.
  await new Promise((resolve) => setImmediate(resolve));
  process.exit(lost[0] === undefined ? exitCode : exitCodeOf(exitCode, lost[0], context));
}

function exitCodeOf(exitCode: number, cause: Error, context: CliContext): number {
  const error = new OnrushError({
    code: "ONRUSH_OUTPUT_LOST",
    message: "what was to be printed could not be written to its end",
    remedy: "Make room on the disk behind standard output; what a run wrote is in its directory.",
    cause,
  });
  context.stderr.write(describeError(error, context.errStyle, context.config.debug).text);
  return STRONGER.includes(exitCode) ? exitCode : error.exitCode;
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0 || stream.destroyed) resolve();
    else stream.write("", () => resolve());
  });
}
