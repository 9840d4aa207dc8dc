/**
 * What the links of all connections of an engine hold together. Called by pipe.ts. Invariant: the sum of what was taken and not
 * given back; once it is at its bound, a pipe that holds anything takes nothing more, so it is exceeded by one read or write of
 * each connection at most.
 */

/** Of one engine, which is one thread. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;

let held = 0;

export function takeHeld(bytes: number): void {
  held += bytes;
}

export function giveHeld(bytes: number): void {
  held -= bytes;
}

export function isCrowded(): boolean {
  return held >= MAX_HELD_BYTES;
}

/** Bytes held now. */
export function heldBytes(): number {
  return held;
}
