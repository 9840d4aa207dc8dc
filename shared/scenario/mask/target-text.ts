/**
 * Makes text of a target fit to be kept: secrets it repeats are masked, characters that could act on a terminal or a
 * page are escaped, its length is bounded. The one door for such text; called by workers' logs of failures and by whoever
 * reports why something could not start. Invariant: no secret of the scenario leaves the worker in what it reports.
 */
import { createPartialMask, type Mask } from "./mask.ts";
import { SecretIndex } from "./secret-index.ts";

/** Of a longer text only the beginning is looked at. */
const MAX_LOOKED_AT = 4000;
/** Texts whose cleaned form is remembered, so that a storm of equal failures costs little. */
const MAX_REMEMBERED = 256;

export class TargetText {
  readonly #secrets: readonly string[];
  readonly #captured = new SecretIndex();
  #mask: Mask | null = null;
  readonly #cleaned = new Map<string, string>();

  constructor(secrets: readonly string[] = []) {
    this.#secrets = secrets;
  }

  /** Masked from now on, too: a secret that was captured. */
  keepSecret(value: string): void {
    if (this.#captured.add(value)) this.#cleaned.clear();
  }

  /** At most `max` characters of `text`; an ellipsis is the last one when something was left out. */
  clean(text: string, max: number): string {
    if (text === "") return "";
    const key = `${max} ${text}`;
    const known = this.#cleaned.get(key);
    if (known !== undefined) return known;
    const looked = text.slice(0, MAX_LOOKED_AT);
    const held = this.#captured.candidates(looked);
    const cleaned = harmless(this.#maskOf(held)(looked), max);
    if (this.#cleaned.size >= MAX_REMEMBERED) this.#cleaned.clear();
    if (text.length <= max * 2) this.#cleaned.set(key, cleaned);
    return cleaned;
  }

  #maskOf(held: readonly string[]): Mask {
    if (held.length > 0) return createPartialMask([...this.#secrets, ...held]);
    // Made when there is a text: most runs say little.
    this.#mask ??= createPartialMask(this.#secrets);
    return this.#mask;
  }
}

/** Control, format and surrogate characters become \u{…}; the rest stays; cut to `max` characters. */
function harmless(text: string, max: number): string {
  const escaped = text
    .slice(0, max)
    .replace(
      /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
      (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    );
  return escaped.length > max || text.length > max ? `${escaped.slice(0, max - 1)}…` : escaped;
}
