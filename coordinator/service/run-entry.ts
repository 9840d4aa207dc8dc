/**
 * A run this coordinator has taken on, from its submission to its result. Made by service.ts.
 * Invariant: it is over exactly when everything it comes to is on disk; until then commands have an effect, and are on disk
 * before they have.
 */
import { OnrushError } from "../../shared/errors.ts";
import { isFinal, type RunState } from "../../shared/wire/command.ts";
import type { RunOutcome } from "../active-run/request.ts";
import { RunCommands } from "../active-run/run-requests.ts";
import type { FaultDesk } from "../live/fault-desk.ts";
import type { LiveResults } from "../live/live-results.ts";
import type { RunMeasures } from "../live/measures.ts";
import type { RunEvent } from "../store/event.ts";
import { checkHeld } from "../store/file-run-store.ts";
import { RunFeed } from "./run-feed.ts";
import {
  type SavedCommands,
  type SavedProbe,
  type ServiceFile,
  writeServiceFile,
} from "./service-file.ts";

/** What a run came to, in short. */
export interface RunResult {
  readonly verdict: string;
  readonly exitCode: number;
  /** Why it could not be done; null when it could. */
  readonly problem: string | null;
}

export class RunEntry {
  readonly id: string;
  readonly directory: string;
  readonly feed: RunFeed;
  readonly commands = new RunCommands();
  /** While it goes on; null before it is on disk. */
  results: LiveResults | null = null;
  /** While it goes on; null before it is on disk. */
  faults: FaultDesk | null = null;
  /** Resolves when this coordinator has nothing more to do with it. */
  settled: Promise<void> = Promise.resolve();
  #state: RunState;
  #result: RunResult | null = null;
  #delay: string | null = null;
  #isOpened = false;
  #measures: (() => RunMeasures) | null = null;
  #file: ServiceFile;
  #saving: Promise<void> = Promise.resolve();

  constructor(facts: {
    readonly id: string;
    readonly directory: string;
    readonly state: RunState;
    readonly feedName: string;
    readonly file: ServiceFile;
  }) {
    this.id = facts.id;
    this.directory = facts.directory;
    this.feed = new RunFeed(facts.feedName);
    this.#state = facts.state;
    this.#file = facts.file;
    this.apply(facts.file);
  }

  /** What it was commanded by now. */
  apply(file: ServiceFile): void {
    this.#file = file;
    const { end, most } = file.commands;
    if (end !== null) this.commands.end(end, "stopped");
    if (most !== null) this.commands.scale(most);
  }

  /** What became of the probe run that was asked for; null: none was. */
  get probe(): SavedProbe | null {
    return this.#file.probe;
  }

  /** How its end, and that of its probe run, was asked for; null: it was not. */
  get ending(): SavedCommands["end"] {
    return this.#file.commands.end;
  }

  /** It is on disk, in that state. */
  opened(state: RunState): void {
    this.#state = state;
    this.#isOpened = true;
  }

  /** It is on disk and this process's to write; before, nobody may be told that a command is kept. */
  get isOpened(): boolean {
    return this.#isOpened;
  }

  /** A final one only when the results are on disk. */
  get state(): RunState {
    return this.#result === null && isFinal(this.#state) ? "merging" : this.#state;
  }

  get result(): RunResult | null {
    return this.#result;
  }

  /** Why its results are not there yet, when something keeps them from the disk; else null. */
  get delay(): string | null {
    return this.#delay;
  }

  /** What there is of it whenever it is called; null before it is on disk, and when it is over. */
  get measures(): (() => RunMeasures) | null {
    return this.isOver ? null : this.#measures;
  }

  get isOver(): boolean {
    return this.#result !== null;
  }

  /**
   * Ends it before its plan does, and its probe run; an abort is the stronger command.
   * @throws OnrushError ONRUSH_RUN_DIRECTORY; ONRUSH_COORDINATOR_TAKEN when another coordinator has taken the run up
   */
  async end(mode: "stop" | "abort"): Promise<void> {
    await this.#save(({ commands }) => {
      const end = commands.end === "abort" ? "abort" : mode;
      return { commands: { ...commands, end } };
    });
    this.commands.end(mode, "stopped");
  }

  /** @param most workers that may serve it; null: as many as there are. @throws OnrushError ONRUSH_RUN_DIRECTORY */
  async scale(most: number | null): Promise<void> {
    await this.#save(({ commands }) => ({ commands: { ...commands, most } }));
    this.commands.scale(most);
  }

  /** @throws OnrushError as end */
  async saveProbe(probe: SavedProbe): Promise<void> {
    await this.#save(() => ({ probe }));
  }

  delayed(why: string | null): void {
    this.#delay = why;
  }

  measurable(read: () => RunMeasures): void {
    this.#measures = read;
  }

  heard(event: RunEvent): void {
    if (event.type === "state") this.#state = event.to;
    this.feed.push({ kind: "event", event });
  }

  /**
   * Follows the run to its end.
   * @param onOver called once when it is over
   * @param onLeft called when this coordinator cannot go on with it: the run is not over then, and the next one takes
   *   it up
   */
  follow(running: Promise<RunOutcome>, onOver: () => void, onLeft: (why: unknown) => void): void {
    this.settled = running.then(({ summary, exitCode, problem }) => {
      // The fold goes with it; what there is now is on disk.
      this.results = null;
      this.faults = null;
      this.#result = { verdict: summary.verdict, exitCode, problem: problem?.message ?? null };
      this.feed.push({ kind: "end", state: this.state, exitCode });
      this.feed.settle();
      onOver();
    }, onLeft);
  }

  /** One after another, so that the newest is what stays. */
  async #save(change: (file: ServiceFile) => Partial<ServiceFile>): Promise<void> {
    const saving = this.#saving.then(async () => {
      const file = { ...this.#file, ...change(this.#file) };
      await checkHeld(this.directory);
      await writeServiceFile(this.directory, file);
      await checkHeld(this.directory);
      this.#file = file;
    });
    this.#saving = saving.catch((error: unknown) => {
      if (!(error instanceof OnrushError)) throw error;
    });
    await saving;
  }
}
