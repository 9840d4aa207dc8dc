/**
 * Outputs as people write them, `md`, `junit=reports/junit.xml`, `prometheus=:9464`, `otlp=http://collector:4318`. Called by
 * the option `--out` and the API. Pure. Invariant: what is no output is refused with the form expected; nothing that may
 * hold a password is repeated.
 */
import { resolve } from "node:path";
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
import type { FileOutput, StrictOutput } from "../../shared/scenario/strict.ts";

/** What was written, or what is wrong with it. */
export type Read<T> = { readonly value: T } | { readonly wrong: string };

/** @throws OnrushError ONRUSH_USAGE when two results would be written to one file, where the later one would be left */
export function checkOutputs(outputs: readonly (StrictOutput | ReportOutput)[]): void {
  const kinds = new Map<string, string>();
  for (const { kind, to } of outputs) {
    if (to === null || kind === "prometheus" || kind === "otlp") continue;
    const path = resolve(to);
    const other = kinds.get(path);
    if (other !== undefined && other !== kind) {
      throw new OnrushError({
        code: "ONRUSH_USAGE",
        message: `${other} and ${kind} are both to be written to ${to}`,
        remedy: "give each a file of its own",
      });
    }
    kinds.set(path, kind);
  }
}

/** Any output of a run. @throws OnrushError ONRUSH_USAGE for a collector that cannot be */
export function readOutput(text: string): Read<StrictOutput> {
  const { name, to } = split(text);
  if (name === "prometheus") return readScrapeOutput(text, to);
  if (name === "otlp") return { value: { kind: "otlp", to: collectorOf(to) } };
  return readFileOutput(text);
}

/** Charts of a run that is over, a file each, in this folder; null: `charts` within the run directory. */
export interface ChartsOutput {
  readonly kind: "png";
  readonly to: string | null;
}

/** What `onrush report` writes. */
export type ReportOutput = FileOutput | ChartsOutput;

/** Of a run that is over. */
export function readReportOutput(text: string): Read<ReportOutput> {
  const { name, to } = split(text);
  if (name !== "png") return readFileOutput(text);
  return to === ""
    ? { wrong: `"${text}" names no folder after "=".` }
    : { value: { kind: name, to } };
}

/** A file. */
function readFileOutput(text: string): Read<FileOutput> {
  const { name, to } = split(text);
  const kind = readKind(name);
  if ("wrong" in kind) return kind;
  if (to === "") return { wrong: `"${text}" names no file after "=".` };
  return { value: { kind: kind.value, to } };
}

export function readKind(text: string): Read<OutputKind> {
  const kind = OUTPUT_KINDS.find((known) => known === text);
  if (kind !== undefined) return { value: kind };
  return { wrong: `"${text}" is not one of ${OUTPUT_KINDS.join(", ")}.` };
}

/** Without "=" there is nothing behind it. */
function split(text: string): { readonly name: string; readonly to: string | null } {
  const at = text.indexOf("=");
  const name = (at < 0 ? text : text.slice(0, at)).trim();
  return { name, to: at < 0 ? null : text.slice(at + 1).trim() };
}

function readScrapeOutput(text: string, to: string | null): Read<StrictOutput> {
  const address = parseListenAddress(to ?? DEFAULT_SCRAPE_ADDRESS);
  if (address !== null) return { value: { kind: "prometheus", to: formatListenAddress(address) } };
  return { wrong: `"${text}" names no address; write prometheus=:9464 or prometheus=HOST:PORT.` };
}

function collectorOf(to: string | null): string {
  const collector = readCollectorUrl(to ?? DEFAULT_COLLECTOR);
  if ("url" in collector) return collector.url;
  // Thrown here, and without its text: it may hold a password.
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: `--out otlp: ${collector.wrong}`,
    remedy: collector.hint,
  });
}
