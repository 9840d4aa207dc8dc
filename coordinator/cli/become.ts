/**
 * Turns this process into another of our programs, as exec does: no child stands between it and whoever started it, so
 * what is signalled or killed is the program itself. Called by the target and worker commands.
 * Invariant: it never returns; the program ends the process with its own exit code.
 */
import { fileURLToPath } from "node:url";
import { addToEnvironment } from "./config.ts";

const PROGRAMS = {
  worker: () => import("../../worker/main.ts"),
  target: () => import("../../target/main.ts"),
} as const;

type Program = keyof typeof PROGRAMS;

/** Where a program lies in the built tree: beside this file's folder. */
export function entryOf(program: Program): string {
  return fileURLToPath(new URL(`../../${program}/main.js`, import.meta.url));
}

/** @param env added to this process' environment */
export async function become(
  program: Program,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<never> {
  // What it sees is what it would see if it had been started by its path, as its own children will be.
  process.argv = [process.execPath, entryOf(program), ...args];
  addToEnvironment(env);
  await PROGRAMS[program]();
  return new Promise<never>(() => {});
}
