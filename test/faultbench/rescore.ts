/**
 * Looks at the runs of a set again: `onrush report` on each bundle, as a user would; truth.ts puts answers beside truths.
 * Called by main.ts, after live runs and without any. Invariants: no server and no load; the analyzer is a process that gets
 * a run directory with a meaningless name and nothing else; a label is opened after the answer is there.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { tied } from "../../shared/lifeline.ts";
import type { Second } from "./baselines/baseline.ts";
import { type Label, labelsOf, unpack } from "./bundle.ts";
import { ONRUSH } from "./paths.ts";
import type { Seen } from "./truth.ts";

/** Reports made at a time. */
const JOBS = 2;

/** @param set a folder of runs and labels. @throws Error when it is none, or a report cannot be made */
export async function lookedAt(set: string): Promise<readonly Seen[]> {
  const labels = labelsOf(set);
  const folder = mkdtempSync(join(tmpdir(), "onrush-runs-"));
  const seen: Seen[] = [];
  const waiting = [...labels.keys()];
  const work = async () => {
    for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
      const label = labels[at] as Label;
      const directory = join(folder, label.id);
      unpack(set, label.id, directory);
      const summary = await reported(directory);
      const seconds = secondsIn(readFileSync(join(directory, "timeline.csv"), "utf8"));
      rmSync(directory, { recursive: true });
      seen[at] = { label, summary, seconds };
    }
  };
  try {
    await Promise.all(Array.from({ length: JOBS }, work));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return seen;
}

async function reported(directory: string): Promise<Summary> {
  const child = spawn(...tied(process.execPath, [ONRUSH, "report", directory, "--json"]), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  try {
    return JSON.parse(text) as Summary;
  } catch {
    throw new Error(`onrush report ${directory} ended with ${code} and no summary`);
  }
}

function secondsIn(csv: string): Second[] {
  const [head = "", ...lines] = csv.trim().split("\n");
  const names = head.split(",");
  return lines.map((line) => {
    const cells = line.split(",");
    const value = (cell = "") => (cell === "" || Number.isNaN(Number(cell)) ? null : Number(cell));
    return Object.fromEntries(names.map((name, at) => [name, value(cells[at])]));
  });
}
