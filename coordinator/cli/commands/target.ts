/**
 * `onrush target`: becomes the bundled target, a program of its own. Called by program.ts. Its arguments pass through
 * unread.
 */
import { Command } from "commander";
import { become } from "../become.ts";
import type { CliContext, Finish } from "../context.ts";

export function targetCommand(_context: CliContext, _finish: Finish): Command {
  return new Command("target")
    .description("start the bundled WebSocket target; --help shows its own options")
    .argument("[arguments...]", "passed on to the target")
    .allowUnknownOption()
    .helpOption(false)
    .passThroughOptions()
    .action(async (args: string[]) => become("target", args));
}
