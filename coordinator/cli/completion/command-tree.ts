/**
 * The commands and options of `onrush` as plain data, for the completion scripts. Called by completion.ts. Invariant:
 * taken from the commands themselves, so a script never offers what the program does not know.
 */
import type { Argument, Command, Option } from "commander";

export interface KnownOption {
  /** "-c", or null. */
  readonly short: string | null;
  /** "--connections". */
  readonly long: string;
  /** What follows it, e.g. "N"; null for a switch. */
  readonly value: string | null;
  /** Values there are; empty when it is free. */
  readonly choices: readonly string[];
  readonly about: string;
}

export interface KnownCommand {
  readonly name: string;
  readonly about: string;
  readonly options: readonly KnownOption[];
  /** Words its first argument may be; empty: a file, or nothing. */
  readonly choices: readonly string[];
}

export function commandTree(program: Command): KnownCommand[] {
  return program.commands.map((command) => ({
    name: command.name(),
    about: command.description(),
    options: [...command.options.map(knownOption), HELP],
    choices: choicesOf(command.registeredArguments[0]),
  }));
}

const HELP: KnownOption = {
  short: "-h",
  long: "--help",
  value: null,
  choices: [],
  about: "display help for command",
};

function knownOption({ short, long, flags, argChoices, description }: Option): KnownOption {
  return {
    short: short ?? null,
    long: long ?? flags,
    value: /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1] ?? null,
    choices: argChoices ?? [],
    about: description,
  };
}

function choicesOf(argument: Argument | undefined): readonly string[] {
  return argument?.argChoices ?? [];
}
