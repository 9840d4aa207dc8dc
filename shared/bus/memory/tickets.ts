/**
 * The ticket queues, one per run, in memory. Part of the memory store.
 *
 *   waiting --take--> taken --done--> gone for good (its id stays known, an equal offer is a duplicate)
 *      ^                |
 *      +-- back | visibility   not for its taker, or not done in time: first in line, under a new delivery
 *
 * Invariant: a ticket is in at most one of the two lists, and a late done() of a delivery that has come
 * back changes nothing.
 */
import { assert } from "../../assert.ts";
import type { Clock } from "../../time/clock.ts";
import type { Timers } from "../../time/timer.ts";
import type { OfferedText } from "../transport.ts";

export interface TicketsOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** How long a ticket may be held without done(). */
  readonly visibilityMs: number;
  /** Ticket ids known per run, waiting or not. */
  readonly limitPerRun: number;
}

export interface Delivery {
  readonly token: number;
  readonly ticket: OfferedText;
}

interface Taker {
  readonly run: string;
  readonly settle: (delivery: Delivery | null) => void;
}

export class Tickets {
  readonly #options: TicketsOptions;
  readonly #known = new Map<string, Set<string>>();
  #waiting: OfferedText[] = [];
  /** In order of their deadlines, because the visibility time is the same for all. */
  readonly #taken = new Map<number, { readonly ticket: OfferedText; readonly untilUs: number }>();
  readonly #takers = new Set<Taker>();
  #lastToken = 0;
  #cancelReturn: () => void = () => {};

  constructor(options: TicketsOptions) {
    this.#options = options;
  }

  offer(ticket: OfferedText): "queued" | "duplicate" {
    let ids = this.#known.get(ticket.run);
    if (ids === undefined) {
      ids = new Set();
      this.#known.set(ticket.run, ids);
    }
    const { id } = ticket;
    if (ids.has(id)) return "duplicate";
    assert(ids.size < this.#options.limitPerRun, `over ${this.#options.limitPerRun} tickets`);
    ids.add(id);
    this.#waiting.push(ticket);
    this.#serve();
    return "queued";
  }

  /** Resolves with null after waitMs, or when the signal aborts. */
  take(run: string, waitMs: number, signal: AbortSignal): Promise<Delivery | null> {
    return new Promise((resolve) => {
      const giveUp = () => taker.settle(null);
      const taker: Taker = {
        run,
        settle: (delivery) => {
          this.#takers.delete(taker);
          cancelTimer();
          signal.removeEventListener("abort", giveUp);
          resolve(delivery);
        },
      };
      const cancelTimer = this.#options.timers.after(waitMs, giveUp);
      signal.addEventListener("abort", giveUp);
      this.#takers.add(taker);
      this.#serve();
    });
  }

  done(token: number): void {
    this.#taken.delete(token);
  }

  back(token: number): void {
    const taken = this.#taken.get(token);
    if (!this.#taken.delete(token) || taken === undefined) return;
    this.#waiting.unshift(taken.ticket);
    this.#serve();
  }

  forgetRun(run: string): void {
    this.#known.delete(run);
    this.#waiting = this.#waiting.filter((ticket) => ticket.run !== run);
    for (const [token, taken] of this.#taken) {
      if (taken.ticket.run === run) this.#taken.delete(token);
    }
  }

  forgetEverything(): void {
    this.#known.clear();
    this.#waiting = [];
    this.#taken.clear();
  }

  #serve(): void {
    this.#takeBack();
    for (const taker of this.#takers) {
      const at = this.#waiting.findIndex(({ run }) => run === taker.run);
      const ticket = this.#waiting[at];
      if (ticket === undefined) continue;
      this.#waiting.splice(at, 1);
      this.#lastToken += 1;
      const untilUs = this.#options.clock.monotonicUs() + this.#options.visibilityMs * 1000;
      this.#taken.set(this.#lastToken, { ticket, untilUs });
      taker.settle({ token: this.#lastToken, ticket: ticket });
    }
    this.#armReturn();
  }

  /** Puts tickets whose holders were silent for too long in front of the queue again. */
  #takeBack(): void {
    const nowUs = this.#options.clock.monotonicUs();
    const returned: OfferedText[] = [];
    for (const [token, { ticket, untilUs }] of this.#taken) {
      if (untilUs > nowUs) break;
      this.#taken.delete(token);
      returned.push(ticket);
    }
    if (returned.length > 0) this.#waiting = [...returned, ...this.#waiting];
  }

  /** Somebody waits and somebody holds: look again when the first ticket may come back. */
  #armReturn(): void {
    this.#cancelReturn();
    this.#cancelReturn = () => {};
    const [first] = this.#taken.values();
    if (first === undefined || this.#takers.size === 0) return;
    const delayMs = (first.untilUs - this.#options.clock.monotonicUs()) / 1000;
    this.#cancelReturn = this.#options.timers.after(Math.max(1, Math.ceil(delayMs)), () =>
      this.#serve(),
    );
  }
}
