/**
 * What connections agreed on with the target since the last frame: subprotocol and extensions, and how many did. Owned by
 * the recorder, told by each connection that opens. Invariant: the counts are exact; of the texts, which are in part the
 * target's, MAX_AGREED pairs are kept in a frame and the rest is counted as "other".
 */
import type { TargetText } from "../../shared/scenario/mask/target-text.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";
import { FRAME_LIMITS } from "../../shared/wire/frame/frame-limits.ts";

const MAX_AGREED = 50;
const OTHER = "other";
const OTHER_KEY = `${OTHER}\n${OTHER}`;

interface Row {
  readonly protocol: string;
  readonly extensions: string;
  count: number;
}

export class AgreedRows {
  readonly #text: TargetText;
  #rows = new Map<string, Row>();
  /** The row counted last, and what as: most connections agree on the same. */
  #last: Row | null = null;
  #lastProtocol = "";
  #lastExtensions = "";

  constructor(text: TargetText) {
    this.#text = text;
  }

  /** A connection opened with these; "" for none. */
  count(protocol: string, extensions: string): void {
    const isSame = protocol === this.#lastProtocol && extensions === this.#lastExtensions;
    if (!isSame || this.#last === null) {
      this.#last = this.#row(this.#clean(protocol), this.#clean(extensions));
      this.#lastProtocol = protocol;
      this.#lastExtensions = extensions;
    }
    this.#last.count++;
  }

  /** All rows since the last cut. */
  cut(): Frame["agreed"] {
    const cut = [...this.#rows.values()];
    this.#rows = new Map();
    this.#last = null;
    return cut;
  }

  #clean(text: string): string {
    return this.#text.clean(text, FRAME_LIMITS.signature);
  }

  #row(protocol: string, extensions: string): Row {
    const key = `${protocol}\n${extensions}`;
    const known = this.#rows.get(key);
    if (known) return known;
    const isFull = this.#rows.size >= MAX_AGREED && key !== OTHER_KEY;
    if (isFull) return this.#row(OTHER, OTHER);
    const made = { protocol, extensions, count: 0 };
    this.#rows.set(key, made);
    return made;
  }
}
