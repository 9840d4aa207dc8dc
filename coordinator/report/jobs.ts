/**
 * What is made of run directories on request, apart from the process that carries runs out. Executed by
 * process/main.ts; asked for by coordinator/service/rendering.ts. Invariant: a run that goes on is read on from where
 * the last job ended; of the runs read last MAX_KEPT are kept.
 */
import { stat } from "node:fs/promises";
import type { OutputKind } from "../../shared/scenario/output.ts";
import type { StrictOutput } from "../../shared/scenario/strict.ts";
import { readJournal } from "../store/journal-reader.ts";
import { runPath } from "../store/run-directory.ts";
import { compareRuns } from "./compare-runs.ts";
import { timelineCsv } from "./formats/timeline-csv.ts";
import { render } from "./outputs.ts";
import { type ReadSoFar, type RebuiltRun, readOn, rebuiltOf } from "./rebuild.ts";
import { intoDirectory, writeOutputs, writeResults } from "./results.ts";

export type ReportJob =
  | { readonly kind: "render"; readonly directory: string; readonly format: OutputKind }
  /** summary.json and `incomplete`, as JSON. */
  | { readonly kind: "summary"; readonly directory: string }
  | { readonly kind: "timeline"; readonly directory: string }
  | { readonly kind: "events"; readonly directory: string }
  | { readonly kind: "compare"; readonly baseline: string; readonly candidate: string }
  /** All results, into the directory; the answer is empty. */
  | {
      readonly kind: "write";
      readonly directory: string;
      readonly outputs: readonly StrictOutput[];
    };

export type ReportContent = string | Uint8Array;

const MAX_KEPT = 2;
/** Events handed out at once. */
const MAX_EVENTS = 10_000;
/** Whoever asks judges by the answer. */
const NO_RULES = { rules: [], failInconclusive: false, despite: new Set<never>() };

interface Kept extends ReadSoFar {
  readonly inode: number;
}

export class ReportJobs {
  readonly #kept = new Map<string, Kept>();

  /** @throws OnrushError as rebuildRun, compareRuns and render */
  async execute(job: ReportJob): Promise<ReportContent> {
    switch (job.kind) {
      case "render":
        return render(job.format, (await this.#rebuild(job.directory)).model);
      case "summary": {
        const { summary, incomplete } = await this.#rebuild(job.directory);
        return JSON.stringify({ ...summary, incomplete });
      }
      case "timeline":
        return [...timelineCsv((await this.#read(job.directory)).fold)].join("");
      case "events":
        return eventsOf(job.directory);
      case "compare": {
        const { baseline, candidate } = job;
        const sides = { baseline: [baseline], candidate: [candidate] };
        return JSON.stringify(await compareRuns({ ...sides, ...NO_RULES }));
      }
      case "write": {
        const { fold, model } = await this.#rebuild(job.directory);
        const write = intoDirectory(job.directory);
        await writeResults(write, fold, model);
        await writeOutputs(write, job.outputs, model);
        return "";
      }
    }
  }

  async #rebuild(directory: string): Promise<RebuiltRun> {
    return rebuiltOf(directory, await this.#read(directory));
  }

  async #read(directory: string) {
    const { ino: inode, size } = await stat(runPath.journal(directory)).catch(() => NOTHING);
    const known = this.#kept.get(directory);
    const before =
      known !== undefined && known.inode === inode && size >= known.endByte ? known : null;
    // A reading that fails half-way leaves nothing to go on from.
    this.#kept.delete(directory);
    const read = await readOn(directory, before);
    this.#kept.set(directory, { fold: read.fold, endByte: read.endByte, inode });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return read;
  }
}

const NOTHING = { ino: 0, size: 0 };

async function eventsOf(directory: string): Promise<string> {
  const events: unknown[] = [];
  let omitted = 0;
  for await (const record of readJournal(runPath.journal(directory))) {
    if (record.type !== "event") continue;
    if (events.length < MAX_EVENTS) events.push(record.event);
    else omitted++;
  }
  return JSON.stringify({ events, omitted });
}
