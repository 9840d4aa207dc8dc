#!/usr/bin/env node
/**
 * The entry of the `onrush` command: reads the environment once, runs one command, leaves with its exit
 * code. Invariant: output is flushed before the process ends, and a reader that went away (`| head`) is not
 * an error of ours.
 */
import { endWithParent } from "../../shared/lifeline.ts";
import { outliveReaders } from "../../shared/log.ts";
import { readConfig } from "./config.ts";
import { makeContext } from "./context.ts";
import { runProgram } from "./program.ts";

outliveReaders();
endWithParent();
void main();

async function main(): Promise<void> {
  const context = makeContext(readConfig());
  const exitCode = await runProgram(process.argv.slice(2), context);
  await context.close();
  await flush(process.stdout);
  await flush(process.stderr);
  process.exit(exitCode);
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0 || stream.destroyed) resolve();
    else stream.write("", () => resolve());
  });
}
