/**
 * Hints between the sides of a memory store. Part of the memory store.
 * Invariant: a listener is never called inside hint(), nor after it unsubscribed, so nobody can come to rely
 * on an order that other transports do not have.
 */
import type { Timers } from "../../time/timer.ts";
import type { HintTopic } from "../../wire/command.ts";

type Listener = (payload: string) => void;

export class Hints {
  readonly #timers: Timers;
  readonly #listeners = new Map<HintTopic, Set<Listener>>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** @returns the unsubscribe function. */
  on(topic: HintTopic, listener: Listener): () => void {
    let listeners = this.#listeners.get(topic);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(topic, listeners);
    }
    // Its own function per subscription, so that one listener may subscribe twice.
    const subscribed: Listener = (payload) => listener(payload);
    listeners.add(subscribed);
    return () => void listeners.delete(subscribed);
  }

  send(topic: HintTopic, payload: string): void {
    this.#timers.after(0, () => {
      const listeners = this.#listeners.get(topic) ?? new Set<Listener>();
      for (const listener of [...listeners]) {
        if (listeners.has(listener)) listener(payload);
      }
    });
  }
}
