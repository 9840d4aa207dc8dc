/**
 * Runs as they are kept: what an analyzer needs of a run directory, compressed, under a number that says nothing; and the
 * label of each beside, in a folder of its own. Called by main.ts and rescore.ts. Invariants: a label is never in, or named
 * by, what the analyzer is given; a bundle that is there is whole.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { LOCI } from "../../coordinator/analysis/judgement.ts";
import { type Filled, STRENGTHS, type Trial } from "./case-file.ts";
import type { LiveRun } from "./live-run.ts";
import { SERVER_NAMES } from "./servers/names.ts";

const named = { cause: z.string(), locus: z.enum(LOCI) };

const labelSchema = z.object({
  /** Of the bundle. */
  id: z.string(),
  case: z.string(),
  server: z.enum(SERVER_NAMES),
  strength: z.enum(STRENGTHS),
  seed: z.number(),
  /** null: a healthy run. */
  label: z
    .object({ ...named, also: z.object(named).optional(), unfelt: z.object(named).optional() })
    .nullable(),
  openSet: z.boolean(),
  impact: z.object({ measure: z.string(), least: z.number() }).nullable(),
  parameters: z.record(z.string(), z.number()),
  faulty: z.number(),
  onsetWallMs: z.number().nullable(),
  /** false: no run that others are held against. */
  isUsual: z.boolean().optional(),
  machine: z.object({ timerLagMs: z.number(), cpuPressure: z.number().nullable() }),
});
export type Label = z.output<typeof labelSchema>;

/** What a report is made from. */
const FILES = ["journal", "run.json", "scenario.yaml"] as const;

/** The same trial has the same number. */
export function bundleId({ case: { id }, server, strength, seed }: Trial): string {
  const name = JSON.stringify([id, server, strength, seed]);
  return createHash("sha256").update(name).digest("hex").slice(0, 12);
}

export function isKept(set: string, id: string): boolean {
  return existsSync(labelFile(set, id));
}

/** Keeps a run; its label last, so that what has one is whole. */
export function keep(
  set: string,
  directory: string,
  made: { readonly trial: Trial; readonly filled: Filled; readonly run: LiveRun },
): void {
  const { trial, filled, run } = made;
  const id = bundleId(trial);
  const folder = join(set, "runs", id);
  mkdirSync(folder, { recursive: true });
  for (const file of FILES) {
    writeFileSync(join(folder, `${file}.gz`), gzipSync(readFileSync(join(directory, file))));
  }
  const { case: one, server, strength, seed } = trial;
  const label: Label = {
    id,
    case: one.id,
    server,
    strength,
    seed,
    label: one.label,
    openSet: one.openSet,
    impact: one.impact,
    isUsual: one.isUsual,
    parameters: filled.parameters,
    faulty: filled.faulty,
    onsetWallMs: run.onsetWallMs,
    machine: run.machine,
  };
  mkdirSync(join(set, "labels"), { recursive: true });
  const file = labelFile(set, id);
  writeFileSync(`${file}.new`, `${JSON.stringify(label, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** Every label of a set, by case. @throws Error when the folder is none, or a label is not as it was written */
export function labelsOf(set: string): readonly Label[] {
  const folder = join(set, "labels");
  if (!existsSync(folder)) throw new Error(`${set} holds no labels: it is no set of runs`);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => labelSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8"))))
    .sort((a, b) => nameOf(a).localeCompare(nameOf(b), "en", { numeric: true }));
}

type Name = Pick<Label, "case" | "server" | "strength" | "seed">;

export function nameOf({ case: one, server, strength, seed }: Name): string {
  return `${one} ${server} ${strength} ${seed}`;
}

/** Writes a bundle as a run directory, for an analyzer to look at. */
export function unpack(set: string, id: string, directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const file of FILES) {
    const packed = readFileSync(join(set, "runs", id, `${file}.gz`));
    writeFileSync(join(directory, file), gunzipSync(packed));
  }
}

function labelFile(set: string, id: string): string {
  return join(set, "labels", `${id}.json`);
}
