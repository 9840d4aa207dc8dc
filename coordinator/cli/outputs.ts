/**
 * `--out`: which results are wanted and where. Called by `run` and `report`. Invariant: what is not a format is wrong
 * usage (exit 2) before anything happens; a path is the caller's, relative to where the command was typed.
 */
import { type Command, InvalidArgumentError } from "commander";
import { OUTPUT_KINDS, type OutputKind } from "../../shared/scenario/output.ts";
import type { StrictOutput } from "../../shared/scenario/strict.ts";

export function addOutOption(command: Command): Command {
  return command.option(
    "--out <FORMATS>",
    "results to write: html, json, md, csv, junit, pdf; in the run directory, or as FORMAT=FILE (repeatable)",
    collectOutputs,
  );
}

/** `html,junit=reports/junit.xml`, and again. */
export function collectOutputs(text: string, before: readonly StrictOutput[] = []): StrictOutput[] {
  return [...before, ...text.split(",").map(parseOutput)];
}

function parseOutput(text: string): StrictOutput {
  const at = text.indexOf("=");
  const kind = parseKind((at < 0 ? text : text.slice(0, at)).trim());
  const to = at < 0 ? null : text.slice(at + 1).trim();
  if (to === "") throw new InvalidArgumentError(`"${text}" names no file after "=".`);
  return { kind, to };
}

export function parseKind(text: string): OutputKind {
  const kind = OUTPUT_KINDS.find((known) => known === text);
  if (kind !== undefined) return kind;
  throw new InvalidArgumentError(`"${text}" is not one of ${OUTPUT_KINDS.join(", ")}.`);
}
