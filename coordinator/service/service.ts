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
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import type { CoordinatorBus } from "../../shared/bus/bus.ts";
import { readPlan, unlessRefused } from "../../shared/bus/read-document.ts";
import { OnrushError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { Issue } from "../../shared/scenario/issue.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Timers } from "../../shared/time/timer.ts";
import type { RunState } from "../../shared/wire/command.ts";
import type { Checker } from "../check/checker.ts";
import type { Checked, PlanFigures, SubmittedBody } from "../check/question.ts";
import { SERVICE_LIMITS, type ServiceLimits } from "../check/submission.ts";
import { checkPdf } from "../report/pdf/pdf.ts";
import { rebuildRun } from "../report/rebuild.ts";
import type { Fleet } from "../run/fleet.ts";
import { DEFAULT_POLICIES, type RunPolicies } from "../run/plan.ts";
import type { RunOutcome, RunRequest } from "../run/request.ts";
import { executeRun, resumeRun } from "../run/run.ts";
import { directoryError } from "../store/journal-record.ts";
import { type RunFile, runPath } from "../store/run-directory.ts";
import { makeRunId } from "../store/run-id.ts";
import { Drained } from "./drained.ts";
import { RepeatKeys } from "./repeat-keys.ts";
import { RunArchive } from "./run-archive.ts";
import { RunEntry } from "./run-entry.ts";
import {
  createWithServiceFile,
  NO_WISHES,
  readServiceFile,
  type ServiceFile,
} from "./service-file.ts";

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
  /** Looks at what is submitted, without this thread. */
  readonly checker: Checker;
  /** Another coordinator has taken over, or a bug: this one must end. */
  readonly onFatal: (error: unknown) => void;
}

/** Who submits, and how a repetition is known. */
export interface Asked {
  readonly by: string;
  /** The same for every repetition of one request; null: each is one of its own. */
  readonly key: string | null;
  /** All of the request, as text. */
  readonly content: string;
}

export type Accepted =
  | { readonly kind: "accepted"; readonly id: string }
  | { readonly kind: "invalid"; readonly issues: readonly Issue[] }
  /** The key was given with another content before. */
  | { readonly kind: "key-reused" };

/** Thrown and caught in here: a submission that is no run leaves its key free. */
class Invalid extends Error {
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super("invalid");
    this.issues = issues;
  }
}

/** Runs that are over and still quickly at hand; the archive has all of them. */
const MAX_OVER = 50;

export class Service {
  readonly archive: RunArchive;
  readonly fleet: Fleet;
  readonly drained: Drained;
  readonly #options: ServiceOptions;
  readonly #limits: ServiceLimits;
  readonly #entries = new Map<string, RunEntry>();
  readonly #keys = new RepeatKeys<{ readonly id: string }>();
  #leaving = false;
  /** Of this process: its feeds are told from those of others by it. */
  readonly #name = randomBytes(4).toString("hex");

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.fleet = options.fleet;
    this.#limits = { ...SERVICE_LIMITS, ...options.limits };
    this.archive = new RunArchive(options.dataDirectory);
    this.drained = new Drained(options.dataDirectory, options.fleet);
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
    const { dataDirectory } = this.#options;
    await mkdir(dataDirectory, { recursive: true }).catch((error: unknown) => {
      throw directoryError("cannot make the data directory", dataDirectory, error);
    });
    await this.drained.recover();
    for (const { id, file } of await this.archive.serviceFiles()) {
      if (file.key !== null) this.#keys.learn(file.key, file.content ?? "", { id });
    }
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

  /** Whether a scenario could be run, and what it would do; starts nothing. @throws as Checker.check */
  check(body: SubmittedBody, by: string): Promise<Checked<PlanFigures>> {
    return this.#options.checker.check("plan", this.#questionOf(body), by);
  }

  /**
   * Puts a run in line; a repetition finds the run of the first request.
   * @throws as Checker.check, and ONRUSH_RUN_DIRECTORY
   */
  async submit(body: SubmittedBody, { by, key, content }: Asked): Promise<Accepted> {
    const id = key === null ? null : digestOf(`${by}\n${key}`);
    const what = digestOf(content);
    try {
      if (id === null)
        return {
          kind: "accepted",
          ...(await this.#create(body, { by, key: null, content: what })),
        };
      const made = await this.#keys.once(id, what, () =>
        this.#create(body, { by, key: id, content: what }),
      );
      return made === "reused" ? { kind: "key-reused" } : { kind: "accepted", id: made.id };
    } catch (error) {
      if (error instanceof Invalid) return { kind: "invalid", issues: error.issues };
      throw error;
    }
  }

  /** Forgets a run that is over, on disk too. @returns false when it is not over */
  async remove(id: string): Promise<boolean> {
    const entry = this.#entries.get(id);
    if (entry && !entry.isOver) return false;
    this.#entries.delete(id);
    await this.archive.remove(id);
    await this.#keys.forget(id);
    return true;
  }

  /** Resolves when all runs are left as they are, for the next coordinator; the bus must be refusing by then. */
  async leave(): Promise<void> {
    this.#leaving = true;
    await Promise.all(this.entries.map(({ settled }) => settled));
  }

  async #create(
    body: SubmittedBody,
    { by, key, content }: Asked,
  ): Promise<{ readonly id: string }> {
    const { clock, checker } = this.#options;
    const checked = await checker.check("submission", this.#questionOf(body), by);
    if (!checked.ok) throw new Invalid(checked.issues);
    const going = this.entries.filter(({ isOver }) => !isOver).length;
    if (going >= this.#limits.runs) throw tooManyRuns(this.#limits.runs);
    const { scenario, maskedText, workers, policies, fileName } = checked.value;
    await checkPdf(scenario.outputs);
    const id = makeRunId(clock.wallMs(), scenario.name, randomBytes(3).toString("hex"));
    const file: ServiceFile = { schema: 1, key, content, wishes: NO_WISHES };
    await createWithServiceFile(this.archive.directoryOf(id), file);
    const entry = this.#enter(id, "created", file);
    const source = { fileName, text: maskedText };
    try {
      await this.#begin(entry, executeRun, { scenario, source, workers, policies });
    } catch (error) {
      await this.archive.remove(id);
      throw error;
    }
    return { id };
  }

  #questionOf(body: SubmittedBody) {
    return { body, allowTargets: this.#options.allowTargets, limits: this.#limits };
  }

  async #takeUp(run: RunFile): Promise<void> {
    const { bus, log } = this.#options;
    const { id, workers } = run;
    const directory = this.archive.directoryOf(id);
    const file = await readServiceFile(directory);
    // A run of another program (`onrush run`) is not this one's to go on with.
    if (file === null) return log.info(`run ${id} is left as it is: no coordinator began it`);
    const { fold } = await rebuildRun(directory);
    const { policies, scenario: redacted, planHash } = fold.facts;
    const plan = await unlessRefused(readPlan(bus, id));
    const whole = plan?.hash === planHash ? plan.scenario : null;
    const text = await readFile(runPath.scenario(directory), "utf8").catch(() => "");
    const entry = this.#enter(id, fold.state, file);
    const source = { fileName: "scenario.yaml", text };
    await this.#begin(entry, resumeRun, {
      ...{ scenario: whole ?? redacted, source, workers, policies: policies ?? DEFAULT_POLICIES },
      ...{ planHash, redacted: whole === null },
    });
    log.warn(`run ${id} is taken up again in state ${fold.state}`);
  }

  #enter(id: string, state: RunState, file: ServiceFile): RunEntry {
    const directory = this.archive.directoryOf(id);
    const entry = new RunEntry({ id, directory, state, file, feedName: this.#name });
    this.#entries.set(id, entry);
    return entry;
  }

  /** Of runs that are over, the newest stay at hand. */
  #retire(): void {
    const over = this.entries.filter(({ isOver }) => isOver);
    for (const { id } of over.slice(0, -MAX_OVER)) this.#entries.delete(id);
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
      readonly redacted?: boolean;
    },
  ): Promise<void> {
    const { bus, fleet, clock, timers, log, allowTargets, onFatal } = this.#options;
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
      const leave = (why: unknown) => {
        reject(why);
        this.#entries.delete(entry.id);
        if (this.#leaving) return;
        if (!(why instanceof OnrushError) || why.code === "ONRUSH_COORDINATOR_TAKEN") onFatal(why);
        else log.error(`run ${entry.id} is left as it is: ${why.message}`);
      };
      entry.follow(running, () => this.#retire(), leave);
    });
    await onDisk;
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function tooManyRuns(most: number): OnrushError {
  return new OnrushError({
    code: "ONRUSH_LIMITS_TOO_LOW",
    message: `${most} runs wait or go on already; this coordinator takes no more.`,
    remedy: "Wait for some to end, or stop them.",
  });
}
