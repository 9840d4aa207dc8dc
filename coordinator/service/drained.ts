/**
 * Workers that people want empty: they get nothing more, and others take over what they hold. Kept in a file of the data
 * directory, made by service.ts. Invariant: on disk before it is said, so the next coordinator keeps to it; a worker that
 * is started again is a new one.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fleet } from "../fleet/fleet.ts";
import { writeResult } from "../store/run-directory.ts";

interface DrainedFile {
  readonly schema: 1;
  readonly epochs: readonly number[];
}

export class Drained {
  readonly #path: string;
  readonly #fleet: Fleet;
  #epochs: readonly number[] = [];

  constructor(dataDirectory: string, fleet: Fleet) {
    this.#path = join(dataDirectory, "drained.json");
    this.#fleet = fleet;
  }

  /** Keeps to what was said to a coordinator before this one. */
  async recover(): Promise<void> {
    const text = await readFile(this.#path, "utf8").catch(() => "");
    if (text !== "") this.#epochs = (JSON.parse(text) as DrainedFile).epochs;
    this.#fleet.drain(this.#epochs);
  }

  /**
   * @returns the epochs of the workers of that id; none: there is none
   * @throws OnrushError ONRUSH_RUN_DIRECTORY
   */
  async add(worker: string): Promise<readonly number[]> {
    const { sessions } = this.#fleet;
    const epochs = sessions.flatMap(({ epoch, info }) => (info.id === worker ? [epoch] : []));
    if (epochs.length === 0) return [];
    const here = new Set(sessions.map(({ epoch }) => epoch));
    const still = this.#epochs.filter((epoch) => here.has(epoch));
    this.#epochs = [...new Set([...still, ...epochs])];
    const file: DrainedFile = { schema: 1, epochs: this.#epochs };
    await writeResult(this.#path, `${JSON.stringify(file)}\n`);
    this.#fleet.drain(this.#epochs);
    return epochs;
  }
}
