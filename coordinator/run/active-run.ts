/**
 * A run that is under way: its plan, log, state and the wishes to end it. Made by run.ts, used by dispatch.ts,
 * start.ts and watch.ts. Invariant: what happened is in the journal before it is on the bus.
 */
import type { CoordinatorBus } from "../../shared/bus/bus.ts";
import { OnrushError } from "../../shared/errors.ts";
import { sleep, systemTimers, type Timers } from "../../shared/time/timer.ts";
import type { RunState } from "../../shared/wire/command.ts";
import { openJournal } from "../store/journal.ts";
import {
  createRunDirectory,
  type RunDirectory,
  runPath,
  writeResult,
  writeRunFile,
} from "../store/run-directory.ts";
import { makeFacts, type Plan } from "./plan.ts";
import type { RunRequest } from "./request.ts";
import { RunDocumentWriter } from "./run-document.ts";
import { RunLog } from "./run-log.ts";
import { transition } from "./state.ts";

type EndMode = "stop" | "abort";
type EndBy = "interrupt" | "api" | "threshold" | "failure";

export class ActiveRun {
  readonly request: RunRequest;
  readonly plan: Plan;
  readonly log: RunLog;
  readonly document: RunDocumentWriter;
  readonly timers: Timers;
  /** What kept the run from being done, as it was thrown. */
  problem: OnrushError | null = null;
  readonly #directory: RunDirectory;
  readonly #onWish = () => this.#wake.abort();
  #state: RunState = "created";
  #ending: EndMode | null = null;
  #wake = new AbortController();

  /**
   * Makes the run directory with its first files.
   * @throws OnrushError ONRUSH_RUN_DIRECTORY
   */
  static async open(request: RunRequest, plan: Plan): Promise<ActiveRun> {
    const directory = await createRunDirectory(request.runDirectory);
    try {
      await writeResult(runPath.scenario(directory.path), request.source.text);
      const { journal } = await openJournal(runPath.journal(directory.path));
      const facts = makeFacts(plan, {
        createdWallMs: request.clock.wallMs(),
        busKind: request.bus.kind,
      });
      const { clock, onEvent } = request;
      const log = new RunLog({ facts, journal, clock, onEvent });
      await log.sync();
      const run = new ActiveRun({ request, plan, log, directory });
      await run.writeRunFile();
      return run;
    } catch (error) {
      await directory.release();
      throw error;
    }
  }

  constructor(parts: {
    readonly request: RunRequest;
    readonly plan: Plan;
    readonly log: RunLog;
    readonly directory: RunDirectory;
  }) {
    this.request = parts.request;
    this.plan = parts.plan;
    this.log = parts.log;
    this.#directory = parts.directory;
    this.timers = parts.request.timers ?? systemTimers;
    this.document = new RunDocumentWriter(parts.request.bus, parts.request.runId);
    const { stop, abort } = parts.request.control;
    stop.addEventListener("abort", this.#onWish);
    abort.addEventListener("abort", this.#onWish);
  }

  get bus(): CoordinatorBus {
    return this.request.bus;
  }

  get id(): string {
    return this.request.runId;
  }

  get state(): RunState {
    return this.#state;
  }

  /** How the run is ended before its plan is over; null while nobody wants that. */
  get ending(): EndMode | null {
    return this.#ending;
  }

  /** Moves on in the journal and, with other changes, on the bus. */
  async move(to: RunState): Promise<void> {
    const from = this.#state;
    this.#state = transition(from, to);
    this.log.event({ type: "state", from, to });
    await this.document.write({ state: to });
  }

  /** Sees what people wish for; the first of each kind counts. */
  async heedWishes(): Promise<void> {
    const { stop, abort } = this.request.control;
    if (stop.aborted && this.#ending === null) await this.requestEnd("stop", ...wish(stop));
    if (abort.aborted && this.#ending !== "abort") await this.requestEnd("abort", ...wish(abort));
  }

  /** Ends the run before its plan does. The stronger mode counts. */
  async requestEnd(mode: EndMode, by: EndBy, reason: string): Promise<void> {
    if (this.#ending === mode || this.#ending === "abort") return;
    this.#ending = mode;
    this.log.event({ type: "end-requested", mode, by, reason });
    await this.document.write({ end: { mode, reason } });
  }

  /** The run cannot be done or finished. Tells the workers to cut, if the bus still carries it. */
  async fail(problem: OnrushError): Promise<void> {
    this.problem ??= problem;
    const { code, message, remedy } = problem;
    this.log.event({ type: "problem", code, message, remedy });
    await this.requestEnd("abort", "failure", message).catch(ignoreOperating);
  }

  /** Waits, at most until somebody wishes for the end. */
  async pause(delayMs: number): Promise<void> {
    await sleep(this.timers, delayMs, this.#wake.signal);
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
  }

  /** Microseconds on this host's monotonic clock. */
  nowUs(): number {
    return this.request.clock.monotonicUs();
  }

  async writeRunFile(): Promise<void> {
    const { facts, startWallMs } = this.log.fold;
    const ended = this.log.fold.complete;
    await writeRunFile(this.#directory.path, {
      schema: 1,
      id: facts.run,
      name: facts.scenario.name,
      state: this.#state,
      createdAt: iso(facts.createdWallMs),
      startedAt: startWallMs === null ? null : iso(startWallMs),
      endedAt: ended ? iso(this.request.clock.wallMs()) : null,
      planHash: facts.planHash,
      connections: facts.connections,
      shards: facts.shards,
      durationSeconds: facts.durationUs / 1_000_000,
      versions: facts.versions,
    });
  }

  /** Gives everything back. Idempotent. */
  async close(): Promise<void> {
    const { stop, abort } = this.request.control;
    stop.removeEventListener("abort", this.#onWish);
    abort.removeEventListener("abort", this.#onWish);
    await this.log.close().catch(ignoreOperating);
    await this.#directory.release();
  }
}

/** For calls that may fail because of what has been reported already. Bugs still come through. */
export function ignoreOperating(error: unknown): void {
  if (!(error instanceof OnrushError)) throw error;
}

function wish(signal: AbortSignal): [by: EndBy, reason: string] {
  return signal.reason === "stopped" ? ["api", "stopped"] : ["interrupt", "interrupted"];
}

function iso(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
