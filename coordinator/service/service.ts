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
import type { Issue } from "../../shared/scenario/issue.ts";
import { isFinal, type RunState } from "../../shared/wire/command.ts";
import type { Checked, PlanFigures, SubmittedBody } from "../check/question.ts";
import { SERVICE_LIMITS, type ServiceLimits, tooManyRuns } from "../check/submission.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { DEFAULT_POLICIES } from "../plan/policies.ts";
import { checkPdf } from "../report/pdf/pdf.ts";
import { readRunFacts } from "../report/rebuild.ts";
import { executeRun, resumeRun } from "../run/run.ts";
import { makeFolders } from "../store/folders.ts";
import { directoryError } from "../store/journal-record.ts";
import type { LeadIntent } from "../store/lock.ts";
import { type RunFile, runPath } from "../store/run-directory.ts";
import { makeRunId } from "../store/run-id.ts";
import { type Begun, beginRun } from "./begin-run.ts";
import { Drained } from "./drained.ts";
import { type CarriedOut, ProbeRuns } from "./probe-runs.ts";
import { type Rendering, renderingElsewhere } from "./rendering.ts";
import { RepeatKeys } from "./repeat-keys.ts";
import { RunArchive } from "./run-archive.ts";
import { RunEntry } from "./run-entry.ts";
import {
  createWithServiceFile,
  NO_COMMANDS,
  PROBE_WANTED,
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

/** Of a run that nobody submitted, or that is removed. */
const OF_PROBE_RUN: ServiceFile = {
  schema: 1,
  key: null,
  content: null,
  commands: NO_COMMANDS,
  probe: null,
};
/** Runs that are over and still quickly at hand; the archive has all of them. */
const MAX_OVER = 50;

export class Service {
  readonly archive: RunArchive;
  readonly fleet: Fleet;
  readonly drained: Drained;
  readonly takeUp: TakeUp;
  readonly rendering: Rendering;
  readonly probeRuns: ProbeRuns;
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
    this.probeRuns = new ProbeRuns({
      ...{ archive: this.archive, rendering: this.rendering, clock, timers, log },
      waiting: () => fleet.waiting,
      entry: (id) => this.entry(id),
      start: (id, what) => this.#start(id, what, OF_PROBE_RUN),
      lead: () => this.#lead(),
      isLeaving: () => this.#leaving,
    });
    this.takeUp = new TakeUp({
      ...{ archive: this.archive, clock, timers, log, lead },
      generation: () => fleet.generation,
      isPending: (id) => this.probeRuns.isPending(id),
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
      this.probeRuns.learn(id, file);
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

  /** By its files: of a run that this coordinator does not carry out, or not yet. */
  isOver({ id, state }: RunFile): boolean {
    return isFinal(state) && !this.probeRuns.isPending(id);
  }

  /** Forgets a run that has ended and is not served any more, on disk too. @returns false when it is not, or still served */
  async remove(id: string): Promise<boolean> {
    const file = await this.archive.get(id);
    const entry = this.#entries.get(id);
    // One that ended, and whose probe run nobody sees to, would wait for that for ever.
    if (entry ? !entry.isOver : file !== null && !isFinal(file.state)) return false;
    this.#entries.delete(id);
    this.probeRuns.learn(id, OF_PROBE_RUN);
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
    const probe = checked.value.autoProbe ? PROBE_WANTED : null;
    const file: ServiceFile = { schema: 1, key, content, commands: NO_COMMANDS, probe };
    const source = { fileName, text: maskedText };
    await this.#start(id, { scenario, source, workers, policies }, file);
    return { id };
  }

  /** Resolves when it is on disk, and in line. @throws OnrushError ONRUSH_RUN_DIRECTORY; nothing is left of it then */
  async #start(id: string, what: CarriedOut, file: ServiceFile): Promise<void> {
    await createWithServiceFile(this.archive.directoryOf(id), file);
    const entry = this.#enter(id, "created", file);
    try {
      await this.#begin(entry, { ...what, carryOut: executeRun, lead: this.#lead() });
    } catch (error) {
      await this.archive.remove(id);
      this.probeRuns.learn(id, OF_PROBE_RUN);
      throw error;
    }
  }

  #lead(): LeadIntent {
    return { epoch: this.#options.lead.epoch, bus: this.fleet.generation };
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
    // Removed meanwhile.
    if (isFinal(state) && !this.probeRuns.isPending(id)) return;
    const entry = this.#enter(id, state, file);
    await this.#begin(entry, {
      ...{ carryOut: resumeRun, scenario: whole ?? redacted, source, workers },
      policies: policies ?? DEFAULT_POLICIES,
      ...{ planHash, redacted: whole === null, lead },
    });
    // From now on nobody else writes it.
    entry.apply((await readServiceFile(directory)) ?? file);
    log.warn(`run ${id} is taken up again in state ${entry.state}`);
  }

  #enter(id: string, state: RunState, file: ServiceFile): RunEntry {
    const directory = this.archive.directoryOf(id);
    this.probeRuns.learn(id, file);
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
  #begin(entry: RunEntry, begun: Begun): Promise<void> {
    const { probeRuns, rendering } = this;
    return beginRun(entry, begun, {
      ...{ options: this.#options, probeRuns, rendering },
      isLeaving: () => this.#leaving,
      onOver: () => this.#retire(),
      onLeft: () => this.#entries.delete(entry.id),
    });
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
