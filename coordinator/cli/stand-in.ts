/**
 * Starts another of our programs by its path and stands in for it: arguments, output, signals and exit code pass through
 * unchanged. Called by the target and worker commands. Invariant: programs are started, never imported.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { ExitCode } from "../../shared/errors.ts";

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** @returns the program's exit code, or what a shell reports for the signal that ended it */
export async function standInFor(
  entry: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  // In a group of its own, so that Ctrl-C reaches it once, through us: a second one may mean "at once".
  const child = spawn(process.execPath, [entry, ...args], {
    stdio: "inherit",
    detached: true,
    ...(Object.keys(env).length > 0 ? { env } : {}),
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

function signalCode(signal: NodeJS.Signals | null): number {
  return signal === null ? ExitCode.internal : 128 + constants.signals[signal];
}
