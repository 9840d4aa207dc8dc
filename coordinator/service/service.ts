/**
 * The coordinator as a service: one bus, one fleet, any number of runs in line. Called by `onrush coordinator`, used
 * by the HTTP routes.
 *
 *   submitted -> waiting (in line for workers) -> going on -> over
 *                   ^ taken up again after a restart ^
 *
 * Invariant: a run that was accepted is on disk before its id is told; when this process ends, runs stay as they are, and
 * the next coordinator on the same data directory and bus goes on with them.
 */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type CoordinatorBus, documentKey } from "../../shared/bus/bus.ts";
import { OnrushError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { Issue } from "../../shared/scenario/issue.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Timers } from "../../shared/time/timer.ts";
import type { PlanDocument } from "../../shared/wire/plan.ts";
import { rebuildRun } from "../report/rebuild.ts";
import type { Fleet } from "../run/fleet.ts";
import { DEFAULT_POLICIES, makePlan, type RunPolicies } from "../run/plan.ts";
import type { RunOutcome, RunRequest } from "../run/request.ts";
import { executeRun, resumeRun } from "../run/run.ts";
import { type RunFile, runPath } from "../store/run-directory.ts";
import { makeRunId } from "../store/run-id.ts";
import { RunArchive } from "./run-archive.ts";
import { RunEntry } from "./run-entry.ts";
import {
  readSubmission,
  SERVICE_LIMITS,
  type ServiceLimits,
  type Submission,
} from "./submission.ts";

export interface ServiceOptions {
  /** Guarded by the lead. */
  readonly bus: CoordinatorBus;
  readonly fleet: Fleet;
  /** A directory per run in here. */
  readonly dataDirectory: string;
  /** Hosts other than loopback that may be targeted. */
  readonly allowTargets: readonly string[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly limits?: Partial<ServiceLimits>;
  /** Another coordinator has taken over, or a bug: this one must end. */
  readonly onFatal: (error: unknown) => void;
}

export type Accepted =
  | { readonly ok: true; readonly entry: RunEntry }
  | { readonly ok: false; readonly issues: readonly Issue[] };

export class Service {
  readonly archive: RunArchive;
  readonly fleet: Fleet;
  readonly #options: ServiceOptions;
  readonly #limits: ServiceLimits;
  readonly #entries = new Map<string, RunEntry>();

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.fleet = options.fleet;
    this.#limits = { ...SERVICE_LIMITS, ...options.limits };
    this.archive = new RunArchive(options.dataDirectory);
  }

  /** Runs that wait or go on, and those that ended under this process. */
  get entries(): readonly RunEntry[] {
    return [...this.#entries.values()];
  }

  entry(id: string): RunEntry | null {
    return this.#entries.get(id) ?? null;
  }

  /** Takes up what a coordinator before this one left unfinished. */
  async recover(): Promise<void> {
    for (const file of await this.archive.unfinished()) {
      if (this.#entries.has(file.id)) continue;
      try {
        await this.#takeUp(file);
      } catch (error) {
        if (!(error instanceof OnrushError)) throw error;
        this.#options.log.error(`run ${file.id} cannot be taken up: ${error.message}`);
      }
    }
  }

  /** Whether a scenario could be run; starts nothing. @throws as readSubmission */
  check(submission: Submission) {
    const { allowTargets } = this.#options;
    const read = readSubmission(submission, { allowTargets, limits: this.#limits });
    if (!read.ok) return read;
    const { scenario } = read;
    const plan = makePlan({
      run: "dry-run",
      scenario,
      allowTargets,
      policies: submission.policies,
    });
    return { ok: true as const, plan };
  }

  /**
   * Puts a run in line.
   * @throws as readSubmission, and ONRUSH_RUN_DIRECTORY
   */
  async submit(submission: Submission): Promise<Accepted> {
    const { allowTargets, clock } = this.#options;
    const read = readSubmission(submission, { allowTargets, limits: this.#limits });
    if (!read.ok) return read;
    const going = this.entries.filter(({ isOver }) => !isOver).length;
    if (going >= this.#limits.runs) throw tooManyRuns(this.#limits.runs);
    const { scenario, maskedText } = read;
    const random = randomBytes(3).toString("hex");
    const id = makeRunId(clock.wallMs(), scenario.name, random);
    const entry = this.#enter(id, scenario.name, clock.wallMs());
    const { workers, policies, fileName } = submission;
    const source = { fileName, text: maskedText };
    await this.#begin(entry, executeRun, { scenario, source, workers, policies });
    return { ok: true, entry };
  }

  /** Forgets a run that is over, on disk too. @returns false when it is not over */
  async remove(id: string): Promise<boolean> {
    const entry = this.#entries.get(id);
    if (entry && !entry.isOver) return false;
    this.#entries.delete(id);
    await this.archive.remove(id);
    return true;
  }

  async #takeUp(file: RunFile): Promise<void> {
    const { bus } = this.#options;
    const directory = this.archive.directoryOf(file.id);
    const { fold } = await rebuildRun(directory);
    const { policies, scenario: redacted, planHash } = fold.facts;
    const read = await bus.getDocument(documentKey.plan(file.id));
    const plan = (read?.value ?? null) as PlanDocument | null;
    const whole = plan?.hash === planHash ? plan.scenario : null;
    const text = await readFile(runPath.scenario(directory), "utf8").catch(() => "");
    const entry = this.#enter(file.id, file.name, Date.parse(file.createdAt));
    entry.state = fold.state;
    const source = { fileName: "scenario.yaml", text };
    const { workers } = file;
    await this.#begin(entry, resumeRun, {
      ...{ scenario: whole ?? redacted, source, workers, policies: policies ?? DEFAULT_POLICIES },
      ...(whole === null ? { planHash } : {}),
    });
    this.#options.log.warn(`run ${file.id} is taken up again in state ${fold.state}`);
  }

  #enter(id: string, name: string, createdWallMs: number): RunEntry {
    const directory = this.archive.directoryOf(id);
    const entry = new RunEntry({ id, name, directory, createdWallMs });
    this.#entries.set(id, entry);
    return entry;
  }

  /** Resolves when the run is on disk. @throws what keeps it from getting there */
  async #begin(
    entry: RunEntry,
    carryOut: (request: RunRequest) => Promise<RunOutcome>,
    what: {
      readonly scenario: StrictScenario;
      readonly source: RunRequest["source"];
      readonly workers: number;
      readonly policies: RunPolicies;
      readonly planHash?: string;
    },
  ): Promise<void> {
    const { bus, fleet, clock, timers, allowTargets, onFatal } = this.#options;
    const { workers: workersExpected, ...rest } = what;
    const onDisk = new Promise<void>((resolve, reject) => {
      const running = carryOut({
        ...{ ...rest, bus, fleet, clock, timers, allowTargets, workersExpected },
        runId: entry.id,
        runDirectory: entry.directory,
        control: entry.wishes,
        onOpened: resolve,
        onView: (view) => entry.feed.push({ kind: "view", view }),
        onEvent: (event) => entry.heard(event),
      });
      entry.follow(running, (problem) => {
        if (problem === null) return;
        reject(problem);
        if (!(problem instanceof OnrushError) || problem.code === "ONRUSH_COORDINATOR_TAKEN") {
          onFatal(problem);
        }
      });
    });
    try {
      await onDisk;
    } catch (error) {
      this.#entries.delete(entry.id);
      throw error;
    }
  }
}

function tooManyRuns(most: number): OnrushError {
  return new OnrushError({
    code: "ONRUSH_LIMITS_TOO_LOW",
    message: `${most} runs wait or go on already; this coordinator takes no more.`,
    remedy: "Wait for some to end, or stop them.",
  });
}
