/**
 * Ties a process to the one that started it: load that nobody watches must not go on. Called wherever a program of ours
 * starts another, and by those that are started. Invariant: a child ends with its parent, however that one ends. Linux
 * kills it, also when it is busy or stopped; elsewhere, or without util-linux, it ends when its channel to the parent closes.
 */
import { spawnSync } from "node:child_process";
import { ExitCode } from "./errors.ts";

const TIE = ["--pdeathsig", "KILL"] as const;

let canTie: boolean | null = null;

/** Asked once: it costs a very short process. */
function hasTie(): boolean {
  canTie ??=
    process.platform === "linux" &&
    spawnSync("setpriv", [...TIE, "true"], { stdio: "ignore" }).status === 0;
  return canTie;
}

/** @returns the command line with which the system ends the program when the thread that starts it ends */
export function tied(command: string, args: readonly string[]): [command: string, args: string[]] {
  return hasTie() ? ["setpriv", [...TIE, command, ...args]] : [command, [...args]];
}

/** As `tied`, as options of `fork`. @param execArgv flags for node */
export function tiedFork(execArgv: readonly string[] = []): {
  readonly execPath: string;
  readonly execArgv: string[];
} {
  const [execPath, args] = tied(process.execPath, execArgv);
  return { execPath, execArgv: args };
}

/** Of a program that was started with a channel to its parent: ends it when the channel closes. */
export function endWithParent(): void {
  if (process.channel === undefined || process.channel === null) return;
  process.once("disconnect", () => process.exit(ExitCode.aborted));
  process.channel.unref();
}
