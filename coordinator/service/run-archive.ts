/**
 * The runs in a coordinator's data directory: what there is, and which were left unfinished. Used by service.ts.
 * Invariant: reads only; a directory that is no run, or cannot be read, is passed over.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { OnrushError } from "../../shared/errors.ts";
import type { RunState } from "../../shared/wire/command.ts";
import { type RunFile, runPath } from "../store/run-directory.ts";

const FINAL: ReadonlySet<RunState> = new Set(["done", "failed", "aborted"]);
/** Listed at most, the newest first. */
const MAX_LISTED = 1000;
/** As run ids are made, so that no name leads out of the data directory. */
const RUN_ID = /^[a-z0-9][a-z0-9-]{0,99}$/;

export class RunArchive {
  readonly #directory: string;

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
    const names = await readdir(this.#directory).catch(() => []);
    const newest = names.filter((name) => RUN_ID.test(name)).sort();
    const files: RunFile[] = [];
    for (const name of newest.reverse().slice(0, MAX_LISTED)) {
      const file = await this.get(name);
      if (file) files.push(file);
    }
    return files;
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

  /** The oldest first. */
  async unfinished(): Promise<readonly RunFile[]> {
    return (await this.list()).filter(({ state }) => !FINAL.has(state)).reverse();
  }

  /** A result's text; null when the run has none (yet). */
  async read(id: string, file: "summary.json" | "timeline.csv" | "scenario.yaml") {
    return readFile(join(this.directoryOf(id), file), "utf8").catch(() => null);
  }

  async remove(id: string): Promise<void> {
    await rm(this.directoryOf(id), { recursive: true, force: true });
  }
}
