/**
 * `--out`: which results are wanted and where. Called by `run` and `report`. Invariant: what is not a format is wrong
 * usage (exit 2) before anything happens; a path is the caller's, relative to where the command was typed.
 */
import { type Command, InvalidArgumentError } from "commander";
import {
  DEFAULT_SCRAPE_ADDRESS,
  formatListenAddress,
  OUTPUT_KINDS,
  type OutputKind,
  parseListenAddress,
} from "../../shared/scenario/output.ts";
import type { FileOutput, ScrapeOutput, StrictOutput } from "../../shared/scenario/strict.ts";

/** Of a run that is over: files alone. */
export function addFileOutOption(command: Command): Command {
  return command.option(
    "--out <FORMATS>",
    "results to write: html, json, md, csv, junit, pdf; in the run directory, or as FORMAT=FILE (repeatable)",
    collectFileOutputs,
  );
}

/** Of a run that is to come. */
export function addOutOption(command: Command): Command {
  return command.option(
    "--out <FORMATS>",
    "results to write: html, json, md, csv, junit, pdf; in the run directory, or as FORMAT=FILE; " +
      "or prometheus[=HOST:PORT], to be scraped while it goes on (repeatable)",
    collectOutputs,
  );
}

/** `html,junit=reports/junit.xml`, and again. */
export function collectFileOutputs(text: string, before: readonly FileOutput[] = []): FileOutput[] {
  return [...before, ...text.split(",").map(parseFileOutput)];
}

/** `json,prometheus=:9464`, and again. */
export function collectOutputs(text: string, before: readonly StrictOutput[] = []): StrictOutput[] {
  const parse = (part: string) =>
    /^\s*prometheus\s*(=|$)/.test(part) ? parseScrapeOutput(part) : parseFileOutput(part);
  return [...before, ...text.split(",").map(parse)];
}

function parseFileOutput(text: string): FileOutput {
  const at = text.indexOf("=");
  const kind = parseKind((at < 0 ? text : text.slice(0, at)).trim());
  const to = at < 0 ? null : text.slice(at + 1).trim();
  if (to === "") throw new InvalidArgumentError(`"${text}" names no file after "=".`);
  return { kind, to };
}

function parseScrapeOutput(text: string): ScrapeOutput {
  const at = text.indexOf("=");
  const address = parseListenAddress(at < 0 ? DEFAULT_SCRAPE_ADDRESS : text.slice(at + 1).trim());
  if (address !== null) return { kind: "prometheus", to: formatListenAddress(address) };
  throw new InvalidArgumentError(
    `"${text}" names no address; write prometheus=:9464 or prometheus=HOST:PORT.`,
  );
}

export function parseKind(text: string): OutputKind {
  const kind = OUTPUT_KINDS.find((known) => known === text);
  if (kind !== undefined) return kind;
  throw new InvalidArgumentError(`"${text}" is not one of ${OUTPUT_KINDS.join(", ")}.`);
}
