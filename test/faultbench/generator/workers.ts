/** The worker processes of a run, found by its mark (Linux). Called by the faults of this folder. */
import { spawnSync } from "node:child_process";
import { type Found, marked } from "../../support/process-tree.ts";

/** The oldest first. @throws Error when there are none */
export function workersOf(mark: string): readonly Found[] {
  const found = marked(mark).filter(({ command }) => command.includes("worker/main.js"));
  if (found.length === 0) throw new Error("there is no worker");
  return found.toSorted((a, b) => a.pid - b.pid);
}

/** null when the program is there and does what it is asked for. */
export function missingProgram(command: string, args: readonly string[]): string | null {
  if (spawnSync(command, args, { stdio: "ignore" }).status === 0) return null;
  return `${[command, ...args].join(" ")} fails`;
}

/** @throws Error with what the program said */
export function runProgram([command = "", ...args]: readonly string[]): void {
  const { status, error, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status === 0) return;
  throw new Error(`${[command, ...args].join(" ")}: ${error?.message ?? stderr}`);
}
