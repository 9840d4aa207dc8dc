/**
 * The workers of one coordinator and the runs they serve: looks at the sessions again and again, gives free workers to
 * runs, and writes the placement document, which lets workers take tickets. One per coordinator, shared by its runs.
 * Invariant: one worker serves one run; a worker takes no ticket the run it serves has not given it room for; a run whose
 * connections the free workers do not hold waits.
 */
import { type CoordinatorBus, documentKey, type SessionRecord } from "../../shared/bus/bus.ts";
import { OnrushError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Timers } from "../../shared/time/timer.ts";
import type { Refusals } from "../../shared/trust/refusals.ts";
import type { Placement, Quota } from "../../shared/wire/placement.ts";
import { assignWorkers, type Claimant, type Need, workersWanted } from "./assign.ts";
import { DocumentWriter } from "./document-writer.ts";
import { forgetRun } from "./forget-run.ts";
import { isFit, type Member, type MemberInfo, Members } from "./members.ts";
import { PollLoop } from "./poll-loop.ts";
import { Rewrites } from "./rewrites.ts";
import { Roster } from "./roster.ts";

/** Runs that are over and the bus has not forgotten yet. */
const MAX_LEFTOVERS = 256;

export interface FleetOptions {
  readonly bus: CoordinatorBus;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** Says there who comes and goes; absent where a run says it by itself. */
  readonly rosterLog?: Log;
}

/** A run's side of the fleet. */
export interface Assignment {
  /** Has the workers it needs to begin. */
  readonly granted: boolean;
  /** Workers that serve the run and are not gone. */
  workers(): readonly Member[];
  /** Slices each of them may hold. @throws what the bus throws; the next look tries again */
  place(quotas: ReadonlyMap<number, number>): Promise<void>;
  /** What it needs from now on. */
  need(change: Partial<Pick<Need, "workers" | "most">>): void;
  /** Workers that hold slices of it already: a coordinator that starts again gets them back. */
  adopt(epochs: Iterable<number>): void;
  /** Takes no more workers. */
  close(): void;
  /** Lets its workers go. Idempotent. */
  release(): Promise<void>;
}

interface Entry {
  need: Need;
  stage: Claimant["stage"];
  quotas: ReadonlyMap<number, number>;
}

export class Fleet {
  readonly #options: FleetOptions;
  readonly #roster: Roster | null;
  readonly rewrites = new Rewrites();
  /** Of its bus. */
  readonly refusals: Refusals;
  readonly #members: Members;
  readonly #entries = new Map<string, Entry>();
  /** epoch -> run */
  readonly #serves = new Map<number, string>();
  readonly #placement: DocumentWriter<Placement>;
  readonly #leftovers = new Set<string>();
  readonly #polling: PollLoop;
  #unsubscribe: () => void = () => {};
  #drained: ReadonlySet<number> = new Set();
  #sessions: readonly SessionRecord[] = [];
  #polls = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#roster = options.rosterLog === undefined ? null : new Roster(options.rosterLog);
    this.refusals = options.bus.refusals;
    this.#members = new Members(this.refusals);
    this.#placement = new DocumentWriter(options.bus, documentKey.placement);
    const { timers, log } = options;
    this.#polling = new PollLoop({ poll: () => this.#poll(), timers, log });
  }

  /** The last listing, of those that have answered. */
  get sessions(): readonly SessionRecord[] {
    return this.#sessions;
  }

  /** Listings so far. */
  get looks(): number {
    return this.#polls;
  }

  /** The store's life, as of the last look; "" before the first. */
  get generation(): string {
    return this.#members.generation;
  }

  /** Why the last look failed; null when it did not. */
  get trouble(): string | null {
    return this.#polling.trouble;
  }

  get massLoss(): boolean {
    return this.#members.massLoss;
  }

  /** Runs that wait for workers, the first in line first. */
  get waiting(): readonly string[] {
    return [...this.#entries].flatMap(([run, { stage }]) => (stage === "waiting" ? [run] : []));
  }

  /** Workers that all runs together need; one more would have the capacity of the smallest that is there. */
  get wanted(): number {
    const runs = [...this.#entries.values()].map(({ need, stage }) => ({ ...need, stage }));
    const capacities = this.#members.all.map(({ info }) => info.capacity);
    return workersWanted(runs, capacities.length === 0 ? null : Math.min(...capacities));
  }

  member(epoch: number): Member | undefined {
    return this.#members.get(epoch);
  }

  /** The run a worker serves, or null. */
  runOf(epoch: number): string | null {
    return this.#serves.get(epoch) ?? null;
  }

  /** Begins to look; the first look is done when it resolves, unless the bus does not answer. */
  async start(): Promise<void> {
    await this.#polling.start();
    this.#unsubscribe = this.#options.bus.onHint("workers-changed", () => this.#polling.soon());
  }

  /** Called after each look. @returns the function that ends it */
  onLooked(listener: () => void): () => void {
    return this.#polling.onPolled(listener);
  }

  /** Stops looking. The bus stays open. Idempotent. */
  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#polling.close();
  }

  /** Takes a run in line. @param need of a run that is not there yet */
  enter(need: Need): Assignment {
    const { run } = need;
    const entry: Entry = { need, stage: "waiting", quotas: new Map() };
    this.#entries.set(run, entry);
    this.#polling.soon();
    return {
      get granted() {
        return entry.stage !== "waiting";
      },
      workers: () => this.#members.all.filter(({ epoch }) => this.#serves.get(epoch) === run),
      place: (quotas) => {
        entry.quotas = quotas;
        return this.#place();
      },
      need: (change) => {
        entry.need = { ...entry.need, ...change };
      },
      adopt: (epochs) => {
        entry.stage = "running";
        for (const epoch of epochs) this.#serves.set(epoch, run);
      },
      close: () => {
        entry.stage = "over";
      },
      release: () => this.#release(run, entry),
    };
  }

  /** See Members.expect. */
  expect(epoch: number, info: MemberInfo): void {
    this.#members.expect(epoch, info, this.#options.clock.monotonicUs());
  }

  /** Whether any run but this one has workers. */
  othersBusy(run: string): boolean {
    return [...this.#serves.values()].some((other) => other !== run);
  }

  /** Workers that could be given to a run now. */
  free(): readonly Member[] {
    const nowUs = this.#options.clock.monotonicUs();
    return this.#members.all.filter(
      (member) =>
        !this.#serves.has(member.epoch) &&
        !this.#drained.has(member.epoch) &&
        !this.#members.isSuspect(member, nowUs) &&
        isFit(member),
    );
  }

  /** Ends a worker's session: it is gone, also when the bus has forgotten it already. @throws what the bus throws */
  async endSession(epoch: number): Promise<void> {
    await this.#options.bus.endSession(epoch);
    this.#members.ended(epoch);
  }

  /** Workers that are to be empty; they count as leaving. In place of those that were to be before. */
  drain(epochs: Iterable<number>): void {
    this.#drained = new Set(epochs);
  }

  /** Has the bus forget a run that is over: now, or when it answers again. */
  async forgetRun(run: string): Promise<void> {
    if (this.#leftovers.size < MAX_LEFTOVERS) this.#leftovers.add(run);
    await this.#forget(run).catch((error: unknown) => {
      if (!(error instanceof OnrushError)) throw error;
    });
  }

  async #poll(): Promise<void> {
    const { bus, clock } = this.#options;
    const sessions = await bus.listSessions();
    // Read after the listing: when it is the known one, the listing was of that life of the store, too.
    const generation = await bus.generation();
    const before = this.#members.generation;
    this.#members.list(sessions, generation, clock.monotonicUs());
    for (const member of this.#members.all) {
      if (!this.#drained.has(member.epoch) || member.status === null) continue;
      member.status = { ...member.status, leaving: true };
    }
    this.#roster?.look(this.#members.all, (epoch) => this.runOf(epoch));
    if (before !== "" && before !== generation) this.#placement.forgotten();
    if (this.rewrites.isDue(this.#members)) this.#placement.forgotten();
    this.#sessions = sessions.filter(({ epoch }) => this.#members.get(epoch));
    this.#polls++;
    for (const epoch of this.#serves.keys()) {
      if (!this.#members.get(epoch)) this.#serves.delete(epoch);
    }
    this.#assign();
    await this.#place();
    await this.#tidy();
  }

  #assign(): void {
    const held = (run: string) =>
      this.#members.all.filter(({ epoch }) => this.#serves.get(epoch) === run).map(asWorker);
    const claimants = [...this.#entries].map(
      ([run, { need, stage }]): Claimant => ({ ...need, stage, held: held(run) }),
    );
    for (const [epoch, run] of assignWorkers(claimants, this.free().map(asWorker))) {
      this.#serves.set(epoch, run);
      const entry = this.#entries.get(run);
      if (entry?.stage === "waiting") entry.stage = "running";
    }
  }

  /** Writes the placement document when it is not what it should be. */
  async #place(): Promise<void> {
    const quotas: Quota[] = [];
    for (const [run, entry] of this.#entries) {
      for (const [epoch, slices] of entry.quotas) {
        if (this.#serves.get(epoch) === run) quotas.push({ run, epoch, slices });
      }
    }
    const placement = { quotas, challenge: this.#members.challenge };
    if (!this.#placement.holds(placement)) this.#placement.set(placement);
    if (await this.#placement.flush()) await this.#options.bus.hint("tickets-offered", "");
  }

  /** Ends idle sessions nobody renews any more, and what is left of runs that are over. */
  async #tidy(): Promise<void> {
    for (const { epoch, overdue } of this.#members.all) {
      if (!overdue || this.#serves.has(epoch)) continue;
      await this.endSession(epoch);
    }
    for (const run of this.#leftovers) await this.#forget(run);
  }

  async #forget(run: string): Promise<void> {
    await forgetRun(this.#options.bus, run);
    this.#leftovers.delete(run);
  }

  async #release(run: string, entry: Entry): Promise<void> {
    if (this.#entries.get(run) !== entry) return;
    this.#entries.delete(run);
    for (const [epoch, served] of this.#serves) if (served === run) this.#serves.delete(epoch);
    await this.#place();
  }
}

function asWorker({ epoch, info }: Member): { epoch: number; capacity: number } {
  return { epoch, capacity: info.capacity };
}
