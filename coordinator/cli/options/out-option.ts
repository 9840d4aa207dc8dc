/**
 * `--out`: which results are wanted and where. Called by `run` and `report`. Invariant: what is not a format is wrong
 * usage (exit 2) before anything happens; a path is the caller's, relative to where the command was typed.
 */
import { type Command, InvalidArgumentError } from "commander";
import type { OutputKind } from "../../../shared/scenario/output.ts";
import type { StrictOutput } from "../../../shared/scenario/strict.ts";
import {
  type Read,
  type ReportOutput,
  readKind,
  readOutput,
  readReportOutput,
} from "../../launch/outputs.ts";

/** Of a run that is over: files alone. */
export function addFileOutOption(command: Command): Command {
  return command.option(
    "--out <FORMATS>",
    "results to write: html, json, md, csv, junit, pdf; in the run directory, or as FORMAT=FILE; " +
      "png[=FOLDER], a picture of each chart (repeatable)",
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
export function collectFileOutputs(
  text: string,
  before: readonly ReportOutput[] = [],
): ReportOutput[] {
  return [...before, ...text.split(",").map((part) => parsedOf(readReportOutput(part)))];
}

/** `json,prometheus=:9464`, and again. @throws OnrushError ONRUSH_USAGE for a collector that cannot be */
export function collectOutputs(text: string, before: readonly StrictOutput[] = []): StrictOutput[] {
  return [...before, ...text.split(",").map((part) => parsedOf(readOutput(part)))];
}

export function parseKind(text: string): OutputKind {
  return parsedOf(readKind(text));
}

function parsedOf<T>(read: Read<T>): T {
  if ("value" in read) return read.value;
  throw new InvalidArgumentError(read.wrong);
}
