/**
 * Everything a memory bus remembers. One store is shared by all its sides (memory-bus.ts, ipc/ipc-server.ts);
 * the coordinator process holds it in single-node mode, tests and simulations hold it with their own clock.
 * Invariant: values that go in or come out are copies; every list has a bound.
 */
import type { Clock } from "../../time/clock.ts";
import type { Timers } from "../../time/timer.ts";
import { randomClusterKey } from "../../trust/cluster-key.ts";
import { Documents } from "./documents.ts";
import { FrameLogs } from "./frame-log.ts";
import { Hints } from "./hints.ts";
import { Sessions } from "./sessions.ts";
import { Tickets } from "./tickets.ts";

export interface MemoryLimits {
  /** Unacknowledged frame bytes per run. */
  readonly logBytes: number;
  readonly frameBytes: number;
  /** Runs with a frame log at once. */
  readonly runs: number;
  readonly documents: number;
  readonly sessions: number;
  readonly ticketsPerRun: number;
  /** How long a ticket may be held without done(). */
  readonly ticketVisibilityMs: number;
}

export const MEMORY_LIMITS: MemoryLimits = {
  logBytes: 256 * 1024 * 1024,
  frameBytes: 16 * 1024 * 1024,
  runs: 64,
  /** Rows of data are a document for each shard, and there are 4096 of a run at most. */
  documents: 16_384,
  sessions: 1024,
  ticketsPerRun: 65_536,
  ticketVisibilityMs: 15_000,
};

export interface MemoryStoreOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly limits?: Partial<MemoryLimits>;
}

export class MemoryStore {
  readonly clock: Clock;
  readonly documents: Documents;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
  readonly logs: FrameLogs;
  readonly hints: Hints;
  /** Of the cluster this store is for; handed to the workers that are started for it. */
  readonly clusterKey = randomClusterKey();
  /** Life of the store: another one after it has forgotten everything. */
  generation = 1;
  #lead: { readonly text: string; readonly untilUs: number } | null = null;

  constructor(options: MemoryStoreOptions) {
    const limits = { ...MEMORY_LIMITS, ...options.limits };
    this.clock = options.clock;
    this.documents = new Documents(limits.documents);
    this.sessions = new Sessions(options.clock, limits.sessions);
    this.tickets = new Tickets({
      clock: options.clock,
      timers: options.timers,
      visibilityMs: limits.ticketVisibilityMs,
      limitPerRun: limits.ticketsPerRun,
    });
    this.logs = new FrameLogs(limits);
    this.hints = new Hints(options.timers);
  }

  /** @returns what the lead says now */
  lead(text: string, ttlMs: number, over: string): string {
    const nowUs = this.clock.monotonicUs();
    const held = this.#lead;
    if (held !== null && held.untilUs > nowUs && held.text !== text && held.text !== over) {
      return held.text;
    }
    this.#lead = { text, untilUs: nowUs + ttlMs * 1000 };
    return text;
  }

  releaseLead(text: string): void {
    if (this.#lead?.text === text) this.#lead = null;
  }

  /** As a broker whose store was wiped. */
  forgetEverything(): void {
    this.generation++;
    this.#lead = null;
    this.documents.forgetEverything();
    this.sessions.forgetEverything();
    this.tickets.forgetEverything();
    this.logs.forgetEverything();
  }

  forgetRun(run: string): void {
    this.logs.forgetRun(run);
    this.sessions.forgetRun(run);
    this.tickets.forgetRun(run);
  }
}
