/**
 * `onrush target`: starts the bundled target, a program of its own, and stands in for it. Called by
 * program.ts. Invariant: the target is started by its path, never imported; its arguments, output, signals and
 * exit code pass through unchanged.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { ExitCode } from "../../shared/errors.ts";
import type { CliContext } from "./context.ts";
import type { Finish } from "./program.ts";

/** Beside this file's folder in the built tree. */
export const TARGET_ENTRY = fileURLToPath(new URL("../../target/main.js", import.meta.url));

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export function targetCommand(_context: CliContext, finish: Finish): Command {
  return new Command("target")
    .description("start the bundled WebSocket target; --help shows its own options")
    .argument("[arguments...]", "passed on to the target")
    .allowUnknownOption()
    .helpOption(false)
    .passThroughOptions()
    .action(async (args: string[]) => finish(await startTarget(args)));
}

async function startTarget(args: readonly string[]): Promise<number> {
  // In a group of its own, so that Ctrl-C reaches it once, through us: to the target a second one means "at once".
  const child = spawn(process.execPath, [TARGET_ENTRY, ...args], {
    stdio: "inherit",
    detached: true,
  });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? signalCode(signal)));
    });
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}

/** What a shell reports for a process that a signal ended. */
function signalCode(signal: NodeJS.Signals | null): number {
  return signal === null ? ExitCode.internal : 128 + constants.signals[signal];
}
