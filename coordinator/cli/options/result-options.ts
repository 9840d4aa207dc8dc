/** How much of a result is printed. Called by the files of the commands that show one. */
import { type Command, Option } from "commander";

export interface ResultOptions {
  readonly json?: boolean;
  readonly summary: "compact" | "full" | "none";
}

export function addResultOptions(command: Command): Command {
  return command
    .addOption(new Option("--json", "print summary.json and nothing else on stdout"))
    .addOption(
      new Option("--summary <DETAIL>", "how much of the result is printed")
        .choices(["compact", "full", "none"])
        .default("compact"),
    );
}
