/**
 * Many secrets, such as the tokens that connections capture: which of them a text may hold, without looking for each. Called by
 * target-text.ts. Invariant: a secret of four characters or more that a text holds, whole or its first half or more, in a form
 * that mask.ts knows, is among the candidates, if fewer than MAX_ALIKE newer ones are like it there. Bound: the newest
 * MAX_SECRETS; adding and asking cost the same whatever their number.
 */
import { readingsOf } from "./decoded-text.ts";
import { needlesOf } from "./mask.ts";

const MAX_SECRETS = 5000;
/** Shorter ones could be anywhere, so they always are candidates; they are few. */
const MAX_SHORT = 100;
/** Of a needle, the last characters, and those of its part that is enough: tokens begin alike. */
const KEY_CHARS = 6;
const MAX_ALIKE = 50;

export class SecretIndex {
  /** By key; each secret under one for each of its forms. */
  readonly #byKey = new Map<string, Set<string>>();
  readonly #known = new Set<string>();
  readonly #short = new Set<string>();
  /** Lengths of the keys there are. */
  readonly #lengths = new Set<number>();

  /** @returns false when it was known */
  add(secret: string): boolean {
    const keys = keysOf(secret);
    const set = keys.length === 0 ? this.#short : this.#known;
    if (secret === "" || set.has(secret)) return false;
    set.add(secret);
    for (const key of keys) {
      this.#lengths.add(key.length);
      const secrets = this.#byKey.get(key) ?? new Set();
      this.#byKey.set(key, secrets.add(secret));
      const [first] = secrets;
      if (secrets.size > MAX_ALIKE) secrets.delete(first ?? "");
    }
    const [oldest] = set;
    if (set.size > (set === this.#short ? MAX_SHORT : MAX_SECRETS)) this.#forget(oldest ?? "");
    return true;
  }

  /** Those that the text may hold. */
  candidates(text: string): string[] {
    const found = new Set(this.#short);
    if (this.#known.size === 0) return [...found];
    for (const { text: decoded } of readingsOf(text)) {
      for (const length of this.#lengths) {
        for (let at = 0; at + length <= decoded.length; at++) {
          for (const secret of this.#byKey.get(decoded.slice(at, at + length)) ?? []) {
            found.add(secret);
          }
        }
      }
    }
    return [...found];
  }

  #forget(secret: string): void {
    this.#short.delete(secret);
    this.#known.delete(secret);
    for (const key of keysOf(secret)) {
      const secrets = this.#byKey.get(key);
      secrets?.delete(secret);
      if (secrets?.size === 0) this.#byKey.delete(key);
    }
  }
}

/** None for a secret that is too short to have other forms. */
function keysOf(secret: string): string[] {
  const keys = needlesOf(secret).flatMap(({ text, least }) => [
    text.slice(Math.max(0, least - KEY_CHARS), least),
    text.slice(-KEY_CHARS),
  ]);
  return [...new Set(keys)];
}
