/**
 * The runs in a coordinator's data directory: what there is, what it came to, and which were left unfinished. Used by
 * service.ts. Invariant: a directory that is no run, or cannot be read, is passed over.
 */
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { OnrushError } from "../../shared/errors.ts";
import { isFinal } from "../../shared/wire/command.ts";
import type { Summary } from "../report/summary-schema.ts";
import { type RunFile, runPath } from "../store/run-directory.ts";
import type { RunResult } from "./run-entry.ts";
import { readServiceFile, type SavedProbe, type ServiceFile } from "./service-file.ts";

/** Listed at most, the newest first. */
const MAX_LISTED = 1000;
/** As run ids are made, so that no name leads out of the data directory. */
const RUN_ID = /^[a-z0-9][a-z0-9-]{0,99}$/;

export class RunArchive {
  readonly #directory: string;
  /** Of runs that are over: what a summary says stays. */
  readonly #results = new Map<string, RunResult>();
  /** Of runs whose probe run is settled, or that have none: that stays, too. */
  readonly #probes = new Map<string, SavedProbe | null>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws OnrushError ONRUSH_USAGE for what can be no run's id */
  directoryOf(id: string): string {
    if (RUN_ID.test(id)) return join(this.#directory, id);
    throw new OnrushError({ code: "ONRUSH_USAGE", message: "that is not the id of a run" });
  }

  /** The newest first. */
  async list(): Promise<readonly RunFile[]> {
    const files: RunFile[] = [];
    for (const name of await this.#names()) {
      const file = await this.get(name);
      if (file) files.push(file);
    }
    // Ids tell the second; runs of one second began in the order of their times.
    return files.sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  }

  async get(id: string): Promise<RunFile | null> {
    if (!RUN_ID.test(id)) return null;
    try {
      const text = await readFile(runPath.runFile(join(this.#directory, id)), "utf8");
      const file = JSON.parse(text) as RunFile;
      return file.schema === 1 && file.id === id ? file : null;
    } catch {
      return null;
    }
  }

  /** Nothing says that there is such a run; false, too, when that cannot be told now, for want of open files say. */
  async isGone(id: string): Promise<boolean> {
    const found = stat(runPath.runFile(this.directoryOf(id)));
    return found.then(
      () => false,
      (error: unknown) => (error as { readonly code?: unknown }).code === "ENOENT",
    );
  }

  /** The oldest first. @param isPending whether something is still to be done for a run that ended */
  async unfinished(isPending: (id: string) => boolean): Promise<readonly RunFile[]> {
    const files = await this.list();
    return files.filter(({ id, state }) => !isFinal(state) || isPending(id)).reverse();
  }

  /** What services have kept about the runs, the oldest first; what was never answered for is removed on the way. */
  async serviceFiles(): Promise<readonly { readonly id: string; readonly file: ServiceFile }[]> {
    const found: { id: string; file: ServiceFile }[] = [];
    for (const id of (await this.#names()).reverse()) {
      const file = await readServiceFile(this.directoryOf(id));
      if (file === null) continue;
      if (await this.isGone(id)) await this.remove(id);
      else found.push({ id, file });
    }
    return found;
  }

  /** null when it is not over. */
  async resultOf({ id, state }: RunFile): Promise<RunResult | null> {
    if (!isFinal(state)) return null;
    const known = this.#results.get(id);
    if (known !== undefined) return known;
    const summary = await this.summary(id);
    if (summary === null) return null;
    const { verdict, exitCode, validity } = summary;
    const problem = state === "failed" ? (validity.reasons[0] ?? null) : null;
    const result = { verdict, exitCode, problem };
    return keep(this.#results, id, result);
  }

  /** What became of the probe run that was asked for with a run; null: none was, or nobody knows. */
  async probeOf(id: string): Promise<SavedProbe | null> {
    const known = this.#probes.get(id);
    if (known !== undefined) return known;
    const file = await readServiceFile(this.directoryOf(id));
    if (file === null) return null;
    const { probe } = file;
    return probe === null || probe.outcome !== null ? keep(this.#probes, id, probe) : probe;
  }

  /** As written at the end of the run; null when there is none (yet). */
  async summary(id: string): Promise<Summary | null> {
    const text = await this.read(id, "summary.json");
    return text === null ? null : (JSON.parse(text) as Summary);
  }

  /** A result's text; null when the run has none (yet). */
  async read(id: string, file: "summary.json" | "timeline.csv" | "scenario.yaml") {
    return readFile(join(this.directoryOf(id), file), "utf8").catch(() => null);
  }

  async remove(id: string): Promise<void> {
    this.#results.delete(id);
    this.#probes.delete(id);
    await rm(this.directoryOf(id), { recursive: true, force: true });
  }

  /** The newest first. */
  async #names(): Promise<string[]> {
    const names = await readdir(this.#directory).catch(() => []);
    const ids = names.filter((name) => RUN_ID.test(name)).sort();
    return ids.reverse().slice(0, MAX_LISTED);
  }
}

/** In place of the oldest, when there are many. */
function keep<T>(kept: Map<string, T>, id: string, value: T): T {
  kept.set(id, value);
  const [oldest] = kept.keys();
  if (kept.size > MAX_LISTED && oldest !== undefined) kept.delete(oldest);
  return value;
}
