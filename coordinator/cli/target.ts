/**
 * `onrush target`: starts the bundled target, a program of its own, and stands in for it. Called by
 * program.ts. Its arguments pass through unread.
 */
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import type { CliContext } from "./context.ts";
import type { Finish } from "./program.ts";
import { standInFor } from "./stand-in.ts";

/** Beside this file's folder in the built tree. */
export const TARGET_ENTRY = fileURLToPath(new URL("../../target/main.js", import.meta.url));

export function targetCommand(_context: CliContext, finish: Finish): Command {
  return new Command("target")
    .description("start the bundled WebSocket target; --help shows its own options")
    .argument("[arguments...]", "passed on to the target")
    .allowUnknownOption()
    .helpOption(false)
    .passThroughOptions()
    .action(async (args: string[]) => finish(await standInFor(TARGET_ENTRY, args)));
}
