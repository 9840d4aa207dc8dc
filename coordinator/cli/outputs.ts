/**
 * `--out`: which results are wanted and where. Called by `run` and `report`. Invariant: what is not a format is wrong
 * usage (exit 2) before anything happens; a path is the caller's, relative to where the command was typed.
 */
import { type Command, InvalidArgumentError } from "commander";
import { OnrushError } from "../../shared/errors.ts";
import {
  DEFAULT_COLLECTOR,
  DEFAULT_SCRAPE_ADDRESS,
  formatListenAddress,
  OUTPUT_KINDS,
  type OutputKind,
  parseListenAddress,
  readCollectorUrl,
} from "../../shared/scenario/output.ts";
import type {
  FileOutput,
  PushOutput,
  ScrapeOutput,
  StrictOutput,
} from "../../shared/scenario/strict.ts";

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
      "prometheus[=HOST:PORT], to be scraped while it goes on; otlp[=URL], to push to a collector (repeatable)",
    collectOutputs,
  );
}

/** `html,junit=reports/junit.xml`, and again. */
export function collectFileOutputs(text: string, before: readonly FileOutput[] = []): FileOutput[] {
  return [...before, ...text.split(",").map(parseFileOutput)];
}

/** `json,prometheus=:9464`, and again. @throws OnrushError ONRUSH_USAGE for a collector that cannot be */
export function collectOutputs(text: string, before: readonly StrictOutput[] = []): StrictOutput[] {
  return [...before, ...text.split(",").map(parseOutput)];
}

function parseOutput(text: string): StrictOutput {
  switch (/^\s*(\w+)\s*(?:=|$)/.exec(text)?.[1]) {
    case "prometheus":
      return parseScrapeOutput(text);
    case "otlp":
      return parsePushOutput(text);
    default:
      return parseFileOutput(text);
  }
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

function parsePushOutput(text: string): PushOutput {
  const at = text.indexOf("=");
  const collector = readCollectorUrl(at < 0 ? DEFAULT_COLLECTOR : text.slice(at + 1).trim());
  if ("url" in collector) return { kind: "otlp", to: collector.url };
  // Not an argument that is invalid: commander would show it, and it may hold a password.
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: `--out otlp: ${collector.wrong}`,
    remedy: collector.hint,
  });
}

export function parseKind(text: string): OutputKind {
  const kind = OUTPUT_KINDS.find((known) => known === text);
  if (kind !== undefined) return kind;
  throw new InvalidArgumentError(`"${text}" is not one of ${OUTPUT_KINDS.join(", ")}.`);
}
