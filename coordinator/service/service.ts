/**
 * The coordinator as a service: one bus, one fleet, any number of runs in line. Called by `onrush coordinator`, used
 * by the HTTP routes.
 *
 *   submitted -> waiting (in line for workers) -> going on -> over
 *                   ^ taken up again after a restart ^
 *
 * Invariant: a run that was accepted is on disk before its id is returned; when this process ends, runs stay as they are, and
 * the next coordinator on the same data directory and bus goes on with them.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { readPlan, unlessRefused } from "../../shared/bus/read-document.ts";
import { OnrushError } from "../../shared/errors.ts";
import type { Issue } from "../../shared/scenario/issue.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { isFinal, type RunState } from "../../shared/wire/command.ts";
import type { RunOutcome, RunRequest } from "../active-run/request.ts";
import type { Checked, PlanFigures, SubmittedBody } from "../check/question.ts";
import { SERVICE_LIMITS, type ServiceLimits, tooManyRuns } from "../check/submission.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { DEFAULT_POLICIES, type RunPolicies } from "../plan/policies.ts";
import { checkPdf } from "../report/pdf/pdf.ts";
import { readRunFacts } from "../report/rebuild.ts";
import { executeRun, resumeRun } from "../run/run.ts";
import { makeFolders } from "../store/folders.ts";
import { directoryError } from "../store/journal-record.ts";
import type { LeadIntent } from "../store/lock.ts";
import { type RunFile, runPath } from "../store/run-directory.ts";
import { makeRunId } from "../store/run-id.ts";
import { Drained } from "./drained.ts";
import { type Rendering, renderingElsewhere } from "./rendering.ts";
import { RepeatKeys } from "./repeat-keys.ts";
import { RunArchive } from "./run-archive.ts";
import { RunEntry } from "./run-entry.ts";
import {
  createWithServiceFile,
  NO_COMMANDS,
  readServiceFile,
  type ServiceFile,
} from "./service-file.ts";
import type { ServiceOptions } from "./service-options.ts";
import { TakeUp } from "./take-up.ts";

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

/** Results that the disk refuses are tried again for so long. */
const RESULTS_PATIENCE_MS = 10 * 60_000;
/** Runs that are over and still quickly at hand; the archive has all of them. */
const MAX_OVER = 50;

export class Service {
  readonly archive: RunArchive;
  readonly fleet: Fleet;
  readonly drained: Drained;
  readonly takeUp: TakeUp;
  readonly rendering: Rendering;
  readonly #options: ServiceOptions;
  readonly #limits: ServiceLimits;
  readonly #entries = new Map<string, RunEntry>();
  readonly #keys = new RepeatKeys<{ readonly id: string }>();
  #leaving = false;
  /** Of this process: its feeds are distinguished from those of others by it. */
  readonly #name = randomBytes(4).toString("hex");

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.fleet = options.fleet;
    this.#limits = { ...SERVICE_LIMITS, ...options.limits };
    this.archive = new RunArchive(options.dataDirectory);
    this.drained = new Drained(options.dataDirectory, options.fleet);
    const { fleet, clock, timers, log, lead } = options;
    this.rendering = renderingElsewhere(timers);
    this.takeUp = new TakeUp({
      ...{ archive: this.archive, clock, timers, log, lead },
      generation: () => fleet.generation,
      entries: () => this.entries,
      take: (run, file, intent) => this.#takeUp(run, file, intent),
    });
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
    await makeFolders(dataDirectory).catch((error: unknown) => {
      throw directoryError("cannot make the data directory", dataDirectory, error);
    });
    await this.drained.recover();
    for (const { id, file } of await this.archive.serviceFiles()) {
      if (file.key !== null) this.#keys.learn(file.key, file.content ?? "", { id });
    }
    await this.takeUp.start();
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
    const file = entry === undefined ? await this.archive.get(id) : null;
    if (entry ? !entry.isOver : file !== null && !isFinal(file.state)) return false;
    this.#entries.delete(id);
    await this.archive.remove(id);
    await this.#keys.forget(id);
    return true;
  }

  /** Resolves when all runs are left as they are, for the next coordinator; the bus must be refusing by then. */
  async leave(): Promise<void> {
    this.#leaving = true;
    await this.takeUp.close();
    this.rendering.close();
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
    const file: ServiceFile = { schema: 1, key, content, commands: NO_COMMANDS };
    await createWithServiceFile(this.archive.directoryOf(id), file);
    const entry = this.#enter(id, "created", file);
    const source = { fileName, text: maskedText };
    try {
      const lead = { epoch: this.#options.lead.epoch, bus: this.fleet.generation };
      await this.#begin(entry, executeRun, { scenario, source, workers, policies, lead });
    } catch (error) {
      await this.archive.remove(id);
      throw error;
    }
    return { id };
  }

  #questionOf(body: SubmittedBody) {
    const { allowTargets, allowHooks, allowCommands } = this.#options;
    return { body, allowTargets, allowHooks, allowCommands, limits: this.#limits };
  }

  async #takeUp(run: RunFile, file: ServiceFile, lead: LeadIntent): Promise<void> {
    const { bus, log } = this.#options;
    const { id, workers, state } = run;
    const directory = this.archive.directoryOf(id);
    const { policies, scenario: redacted, planHash } = await readRunFacts(directory);
    const plan = await unlessRefused(readPlan(bus, id));
    const whole = plan?.hash === planHash ? plan.scenario : null;
    const text = await readFile(runPath.scenario(directory), "utf8").catch(() => "");
    const source = { fileName: "scenario.yaml", text };
    const entry = this.#enter(id, state, file);
    await this.#begin(entry, resumeRun, {
      ...{ scenario: whole ?? redacted, source, workers, policies: policies ?? DEFAULT_POLICIES },
      ...{ planHash, redacted: whole === null, lead },
    });
    // From now on nobody else writes it.
    entry.apply((await readServiceFile(directory)) ?? file);
    log.warn(`run ${id} is taken up again in state ${entry.state}`);
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
      readonly lead: LeadIntent;
    },
  ): Promise<void> {
    const { bus, fleet, lead, clock, timers, log, onFatal } = this.#options;
    const { allowTargets, allowCommands } = this.#options;
    const { workers: workersExpected, ...rest } = what;
    const onDisk = new Promise<void>((resolve, reject) => {
      const running = carryOut({
        ...{ ...rest, bus, fleet, clock, timers, allowTargets, allowCommands, workersExpected },
        runId: entry.id,
        runDirectory: entry.directory,
        control: entry.commands,
        onOpened: (state) => {
          entry.opened(state);
          resolve();
        },
        resultsPatienceMs: RESULTS_PATIENCE_MS,
        onResults: (results) => {
          entry.results = results;
        },
        onFaultable: (desk) => {
          entry.faults = desk;
        },
        writeElsewhere: (outputs) =>
          this.rendering.write({ kind: "write", directory: entry.directory, outputs }),
        onDelayed: (why) => entry.delayed(why),
        // After a pause of this process another one may show the run by now.
        onView: (view) => {
          if (lead.held) entry.feed.push({ kind: "view", view });
        },
        onEvent: (event) => entry.heard(event),
        onMeasurable: (read) => entry.measurable(read),
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
