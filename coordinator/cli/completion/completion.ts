/**
 * `onrush completion`: prints a script with which a shell completes commands, options and their values. Called by
 * program.ts. Invariant: it needs nothing but the shell itself, and it is made from the commands there are.
 */
import { Argument, Command } from "commander";
import { ExitCode } from "../../../shared/errors.ts";
import type { CliContext, Finish } from "../context.ts";
import { commandTree } from "./command-tree.ts";
import { SCRIPTS } from "./scripts.ts";

const EXAMPLES = `
Examples:
  source <(onrush completion bash)   bash, now; in ~/.bashrc for good
  source <(onrush completion zsh)    zsh, after compinit; in ~/.zshrc for good
  onrush completion fish > ~/.config/fish/completions/onrush.fish`;

export function completionCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("completion")
    .description("print a script for your shell that completes commands and options")
    .addArgument(new Argument("<shell>", "which shell").choices(Object.keys(SCRIPTS)))
    .addHelpText("after", EXAMPLES);
  return command.action((shell: keyof typeof SCRIPTS) => {
    const program = command.parent;
    if (program === null) throw new Error("completion is a command of a program");
    context.stdout.write(SCRIPTS[shell](commandTree(program)));
    finish(ExitCode.passed);
  });
}
