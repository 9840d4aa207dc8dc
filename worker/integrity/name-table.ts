/**
 * Names that a target gives to senders and scopes, each kept once and known by a number. Called by stream-table.ts, which
 * says how often a name is in use. Bounds: MAX_NAME_CHARS characters a name; no more names than there are streams.
 */

/** A longer name is nobody's. */
export const MAX_NAME_CHARS = 256;
/** In place of a scope that a message does not name. */
export const NO_NAME = "";

export type Name = string | number;

export class NameTable {
  readonly #ids = new Map<Name, number>();
  readonly #names: Name[] = [];
  readonly #uses: number[] = [];
  readonly #free: number[] = [];

  /** undefined: the name is not in use. */
  find(name: Name): number | undefined {
    return this.#ids.get(name);
  }

  /** One use more of the name. @returns its number */
  use(name: Name): number {
    const known = this.#ids.get(name);
    if (known !== undefined) {
      this.#uses[known] = (this.#uses[known] as number) + 1;
      return known;
    }
    const id = this.#free.pop() ?? this.#names.length;
    this.#names[id] = name;
    this.#uses[id] = 1;
    this.#ids.set(name, id);
    return id;
  }

  /** One use less. */
  release(id: number): void {
    const left = (this.#uses[id] as number) - 1;
    this.#uses[id] = left;
    if (left > 0) return;
    this.#ids.delete(this.#names[id] as Name);
    this.#names[id] = NO_NAME;
    this.#free.push(id);
  }

  nameOf(id: number): Name {
    return this.#names[id] as Name;
  }
}

/** A value as the name of somebody; null when it is none. */
export function nameIn(value: unknown): Name | null {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return String(value);
  return typeof value === "string" && value.length <= MAX_NAME_CHARS ? value : null;
}
