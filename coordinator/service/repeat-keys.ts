/**
 * Keys of submissions (the Idempotency-Key of HTTP): who repeats a request gets the run of the first one. Used by
 * service.ts. Invariant: a key stands for one run and one content; one that led to no run is free again. The newest
 * MAX_KEYS are known; those of runs on disk are learnt again by the next coordinator.
 */

const MAX_KEYS = 1000;

interface Use<T> {
  readonly content: string;
  readonly made: Promise<T>;
}

export class RepeatKeys<T extends { readonly id: string }> {
  readonly #uses = new Map<string, Use<T>>();

  /** What is known from the disk. */
  learn(key: string, content: string, made: T): void {
    this.#keep(key, { content, made: Promise.resolve(made) });
  }

  /** @returns what the key stands for, made now when it is new; "reused" when it was given with another content */
  async once(key: string, content: string, make: () => Promise<T>): Promise<T | "reused"> {
    const known = this.#uses.get(key);
    if (known !== undefined) return known.content === content ? known.made : "reused";
    const made = make();
    this.#keep(key, { content, made });
    try {
      return await made;
    } catch (error) {
      this.#uses.delete(key);
      throw error;
    }
  }

  /** The run is gone; so is its key. */
  async forget(id: string): Promise<void> {
    for (const [key, { made }] of this.#uses) {
      const run = await made.catch(() => null);
      if (run?.id === id) this.#uses.delete(key);
    }
  }

  #keep(key: string, use: Use<T>): void {
    this.#uses.set(key, use);
    const [oldest] = this.#uses.keys();
    if (this.#uses.size > MAX_KEYS && oldest !== undefined) this.#uses.delete(oldest);
  }
}
