/**
 * Probe runs of a coordinator: behind a run that was submitted with one, a run of its own in line, which tells causes apart that the first
 * one cannot. Used by service.ts. Made as `onrush run --auto-probe` makes it (launch/auto-probe.ts).
 *
 *   asked for -> the run ends -> named in service.json -> in line, going on -> read -> in the journal -> results made again -> settled
 *
 * Invariants: the run is not over before its probe run is settled; a probe run has its name on disk before it begins, so there is one at
 * most, whichever coordinator goes on with it; one that does not come to its end changes nothing, and that is said; none is waited for
 * without a bound.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { sleep, type Timers } from "../../shared/time/timer.ts";
import { isFinal } from "../../shared/wire/command.ts";
import type { RunOutcome } from "../active-run/request.ts";
import type { LiveResults } from "../live/live-results.ts";
import type { RunPolicies } from "../plan/policies.ts";
import { patiently } from "../run/patience.ts";
import {
  type Ended,
  isBrokenOff,
  longestProbeUs,
  NO_PROBE_TELLS,
  PROBE_BROKEN_OFF,
  planProbe,
  probeSource,
  type Retry,
  readProbe,
  recordProbe,
} from "../run/probe-run.ts";
import type { RunEvent } from "../store/event.ts";
import { fileRunStore } from "../store/file-run-store.ts";
import type { LeadIntent } from "../store/lock.ts";
import type { ProbedEvent } from "../store/probed-event.ts";
import type { RunFile } from "../store/run-directory.ts";
import type { StoredRun } from "../store/run-store.ts";
import { leaving } from "./leaving-bus.ts";
import type { Rendering } from "./rendering.ts";
import type { RunArchive } from "./run-archive.ts";
import type { RunEntry } from "./run-entry.ts";
import { PROBE_WANTED, type ServiceFile } from "./service-file.ts";

const POLL_MS = 250;
/** For workers, in line, and to be taken up again: what comes later than that meets another state of the service. */
const LONGEST_WAIT_US = 120_000_000;
/** To be taken up again, so that it can be ended, when its run is ended: several looks of take-up.ts. */
const LONGEST_WAIT_ENDED_US = 10_000_000;
/** Results that the disk refuses are tried again for so long. */
export const RESULTS_PATIENCE_MS = 10 * 60_000;

const RUN_BROKEN_OFF = "no probe run: the run did not come to its end";
const STARTED_AGAIN = "no probe run: the coordinator was started again before it began";
const STOPPED = "no probe run: the run was stopped before it began";
const NO_WORKERS = "no probe run: within 2 minutes no workers were free for it";

/** What a run is carried out with. */
export interface CarriedOut {
  readonly scenario: StrictScenario;
  readonly source: { readonly fileName: string; readonly text: string };
  readonly workers: number;
  readonly policies: RunPolicies;
  /** The scenario lacks its secrets. */
  readonly redacted?: boolean;
}

export interface ProbeRunsOptions {
  readonly archive: RunArchive;
  readonly rendering: Rendering;
  /** Runs that wait for workers. */
  readonly waiting: () => readonly string[];
  readonly entry: (id: string) => RunEntry | null;
  /** Puts a run in line. @returns when it is on disk. @throws OnrushError ONRUSH_RUN_DIRECTORY */
  readonly start: (id: string, what: CarriedOut) => Promise<void>;
  readonly lead: () => LeadIntent;
  readonly isLeaving: () => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

type Fold = LiveResults["fold"];

export class ProbeRuns {
  readonly #options: ProbeRunsOptions;
  /** Runs whose probe run is not settled. */
  readonly #pending = new Set<string>();

  constructor(options: ProbeRunsOptions) {
    this.#options = options;
  }

  /** What is known of a run, from its file. */
  learn(id: string, { probe }: ServiceFile): void {
    if (probe !== null && probe.outcome === null) this.#pending.add(id);
    else this.#pending.delete(id);
  }

  /** The run is not over, whatever its own file says. */
  isPending(id: string): boolean {
    return this.#pending.has(id);
  }

  /**
   * Whatever is to follow on a run: nothing, when no probe run was asked for.
   * @param outcome of the run, whose results are on disk
   * @returns the same outcome: verdict and exit code are those of the first run
   * @throws OnrushError ONRUSH_COORDINATOR_TAKEN when another coordinator goes on with it; ONRUSH_RUN_DIRECTORY
   */
  async after(entry: RunEntry, outcome: RunOutcome, what: CarriedOut): Promise<RunOutcome> {
    if (entry.probe === null || entry.probe.outcome !== null) return outcome;
    const stored = await fileRunStore.reopen(entry.directory, this.#options.lead());
    try {
      const said = await this.#outcomeOf(entry, outcome, { stored, what });
      const settled = { ...entry.probe, outcome: said };
      await this.#patiently(entry, () => entry.saveProbe(settled));
      this.#note(entry, said);
      this.#pending.delete(entry.id);
    } finally {
      await stored.release();
    }
    return outcome;
  }

  /** @returns what is said of it */
  async #outcomeOf(
    entry: RunEntry,
    { problem, exitCode, summary }: RunOutcome,
    { stored, what }: { readonly stored: StoredRun; readonly what: CarriedOut },
  ): Promise<string> {
    const { startedAt } = summary;
    const fold = entry.results?.fold;
    // A coordinator before this one had it in the journal already: whatever kept this one from writing, it was told.
    const told = fold?.probes[0];
    if (told !== undefined) return told.seen;
    if (fold === undefined || isBrokenOff({ problem, exitCode, startedAt })) return RUN_BROKEN_OFF;
    const said = await this.#probe(entry, fold, what).catch((error: unknown) =>
      this.#reason(error),
    );
    if (typeof said === "string") return said;
    const { clock, rendering } = this.#options;
    const retry: Retry = (write) => this.#patiently(entry, write);
    // What fails for good from here on is taken up again, with what the journal has by then.
    entry.heard(await recordProbe(stored, said, clock.wallMs(), retry));
    const { outputs } = what.scenario;
    await retry(() => rendering.write({ kind: "write", directory: entry.directory, outputs }));
    return said.seen;
  }

  /** @returns what the probe run says, or why there is none */
  async #probe(entry: RunEntry, fold: Fold, what: CarriedOut): Promise<ProbedEvent | string> {
    const refusal = entry.probe?.run == null ? await this.#begin(entry, fold, what) : null;
    if (refusal !== null) return refusal;
    const { kind, run } = entry.probe ?? PROBE_WANTED;
    if (kind === null || run === null) return NO_PROBE_TELLS;
    const unfit = await this.#awaitEnd(entry, run, what.policies);
    return unfit ?? readProbe(fold, kind, this.#options.archive.directoryOf(run));
  }

  /** @returns why there is none; null: it is in line */
  async #begin(entry: RunEntry, fold: Fold, what: CarriedOut): Promise<string | null> {
    if (entry.ending !== null) return STOPPED;
    if (what.redacted === true) return STARTED_AGAIN;
    const planned = planProbe(fold, what.scenario);
    if (planned === null) return NO_PROBE_TELLS;
    const { kind, change, scenario } = planned;
    const run = `${entry.id}-${kind}`;
    await entry.saveProbe({ kind, run, outcome: null });
    this.#note(entry, `probe run ${run}, with ${change}`);
    const { source, workers, policies } = what;
    const text = probeSource(entry.id, planned, source.text);
    await this.#options.start(run, { scenario, source: { ...source, text }, workers, policies });
    return null;
  }

  /** @returns why it says nothing; null: it came to its end */
  async #awaitEnd(entry: RunEntry, id: string, policies: RunPolicies): Promise<string | null> {
    const { archive, clock, timers, waiting, isLeaving } = this.#options;
    const begunUs = clock.monotonicUs();
    const longestUs = LONGEST_WAIT_US + longestProbeUs(policies);
    let servedUs = begunUs;
    let isWithoutWorkers = false;
    for (;;) {
      if (isLeaving()) throw leaving();
      const running = this.#options.entry(id);
      const file = await archive.get(id);
      if (file === null && (await archive.isGone(id))) return STARTED_AGAIN;
      const ended = file && (await this.#endOf(file, running));
      if (ended !== null) {
        if (!isBrokenOff(ended)) return null;
        return isWithoutWorkers ? NO_WORKERS : PROBE_BROKEN_OFF;
      }
      const nowUs = clock.monotonicUs();
      if (file !== null && running !== null) servedUs = nowUs;
      const patienceUs = entry.ending === null ? LONGEST_WAIT_US : LONGEST_WAIT_ENDED_US;
      if (nowUs - servedUs > patienceUs) return PROBE_BROKEN_OFF;
      const waitedUs = nowUs - begunUs;
      isWithoutWorkers ||= waitedUs > LONGEST_WAIT_US && waiting().includes(id);
      const isLate = isWithoutWorkers || waitedUs > longestUs;
      if (running !== null) await endAlso(running, isLate ? "abort" : entry.ending);
      await sleep(timers, POLL_MS);
    }
  }

  /** @returns null: it is not over, or what it came to cannot be read now */
  async #endOf(file: RunFile, running: RunEntry | null): Promise<Ended | null> {
    const isOver = running === null ? isFinal(file.state) : running.isOver;
    if (!isOver) return null;
    const result = running?.result ?? (await this.#options.archive.resultOf(file));
    return result && { ...result, startedAt: file.startedAt };
  }

  /** What the disk refuses for a while is tried again; meanwhile it is said of the run. */
  #patiently<T>(entry: RunEntry, write: () => Promise<T>): Promise<T> {
    const { clock, timers, isLeaving } = this.#options;
    const unlessLeaving = async () => {
      if (isLeaving()) throw leaving();
      return write();
    };
    return patiently(unlessLeaving, {
      ...{ clock, timers, patienceMs: RESULTS_PATIENCE_MS },
      onDelayed: (why) => entry.delayed(why),
    });
  }

  /** What keeps it from being made is said; a coordinator that goes on with it says it itself. */
  #reason(error: unknown): string {
    if (!(error instanceof OnrushError)) throw error;
    if (this.#options.isLeaving()) throw leaving();
    if (error.code === "ONRUSH_COORDINATOR_TAKEN") throw error;
    return `no probe run: ${error.message}`;
  }

  /** To whoever watches, and to the log. */
  #note(entry: RunEntry, message: string): void {
    const { clock, log } = this.#options;
    log.info(`run ${entry.id}: ${message}`);
    const event: RunEvent = { type: "note", message, wallMs: clock.wallMs(), elapsedUs: null };
    entry.heard(event);
  }
}

/** What is asked of a run is asked of its probe run; one that ends just now needs it no more, and is looked at again. */
async function endAlso(probe: RunEntry, ending: RunEntry["ending"]): Promise<void> {
  const isAsked = probe.ending === ending || probe.ending === "abort";
  if (ending === null || isAsked || !probe.isOpened) return;
  await probe.end(ending).catch((error: unknown) => {
    if (!(error instanceof OnrushError)) throw error;
  });
}
