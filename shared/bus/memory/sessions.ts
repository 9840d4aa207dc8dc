/**
 * Sessions of workers and their claims on slices, in memory. Part of the memory store.
 * Invariant: epochs only grow; a claim belongs to a live session, and goes when the session goes.
 */
import type { Clock } from "../../time/clock.ts";
import type { StoredSession } from "../transport.ts";
import { storeFull } from "./store-full.ts";

/** How many opened sessions are remembered by nonce, so that a repeated call finds its epoch. */
const MAX_NONCES = 4096;
/** Ended sessions that are known to be ended; one that is older has fenced itself long ago. */
const MAX_ENDED = 4096;

interface Session {
  readonly epoch: number;
  readonly info: string;
  status: string;
  renewedUs: number;
}

export class Sessions {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #live = new Map<number, Session>();
  readonly #epochOfNonce = new Map<string, number>();
  readonly #ended = new Set<number>();
  readonly #claims = new Map<string, Map<number, number>>();
  #lastEpoch = 0;

  /** @param limit number of sessions, and of runs with claims, held at once */
  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** @throws OnrushError ONRUSH_LIMITS_TOO_LOW when there are too many sessions. */
  open(info: string, nonce: string): number {
    const known = this.#epochOfNonce.get(nonce);
    if (known !== undefined) return known;
    if (this.#live.size >= this.#limit) throw storeFull(`${this.#limit} worker sessions`);
    this.#lastEpoch += 1;
    const epoch = this.#lastEpoch;
    this.#epochOfNonce.set(nonce, epoch);
    const [oldest] = this.#epochOfNonce.keys();
    if (this.#epochOfNonce.size > MAX_NONCES && oldest !== undefined) {
      this.#epochOfNonce.delete(oldest);
    }
    this.#add(epoch, info);
    return epoch;
  }

  /** Makes a session known that this store has forgotten. */
  resume(epoch: number, info: string): "ok" | "gone" {
    if (this.#ended.has(epoch)) return "gone";
    if (this.#live.has(epoch)) return "ok";
    if (this.#live.size >= this.#limit) throw storeFull(`${this.#limit} worker sessions`);
    this.#lastEpoch = Math.max(this.#lastEpoch, epoch);
    this.#add(epoch, info);
    return "ok";
  }

  renew(epoch: number, status: string): "ok" | "gone" | "unknown" {
    const session = this.#live.get(epoch);
    if (session === undefined) return this.#ended.has(epoch) ? "gone" : "unknown";
    session.status = status;
    session.renewedUs = this.#clock.monotonicUs();
    return "ok";
  }

  /** Releases the session's claims. Harmless for one that ended before. */
  end(epoch: number): void {
    this.#ended.add(epoch);
    const [oldest] = this.#ended;
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
    if (!this.#live.delete(epoch)) return;
    for (const claims of this.#claims.values()) {
      for (const [slice, holder] of claims) {
        if (holder === epoch) claims.delete(slice);
      }
    }
  }

  list(): StoredSession[] {
    const nowUs = this.#clock.monotonicUs();
    return [...this.#live.values()].map(({ epoch, info, status, renewedUs }) => ({
      key: String(epoch),
      info,
      status,
      silentMs: (nowUs - renewedUs) / 1000,
    }));
  }

  claim(run: string, slice: number, epoch: number): "held" | "taken" {
    if (!this.#live.has(epoch)) return "taken";
    const claims = this.#claimsOf(run);
    const holder = claims.get(slice);
    if (holder !== undefined) return holder === epoch ? "held" : "taken";
    claims.set(slice, epoch);
    return "held";
  }

  release(run: string, slice: number, epoch: number): void {
    const claims = this.#claims.get(run);
    if (claims?.get(slice) === epoch) claims.delete(slice);
  }

  claimsOf(run: string): Map<number, number> {
    return new Map(this.#claims.get(run));
  }

  forgetRun(run: string): void {
    this.#claims.delete(run);
  }

  /** All but how far epochs have come: they grow over a forgotten store too. */
  forgetEverything(): void {
    this.#live.clear();
    this.#epochOfNonce.clear();
    this.#ended.clear();
    this.#claims.clear();
  }

  #add(epoch: number, info: string): void {
    this.#live.set(epoch, { epoch, info, status: "", renewedUs: this.#clock.monotonicUs() });
  }

  #claimsOf(run: string): Map<number, number> {
    let claims = this.#claims.get(run);
    if (claims === undefined) {
      if (this.#claims.size >= this.#limit) throw storeFull(`claims of ${this.#limit} runs`);
      claims = new Map();
      this.#claims.set(run, claims);
    }
    return claims;
  }
}
