/**
 * What the unfinished messages of all connections of an engine may hold together. Each connection may hold up to
 * maxMessage of one; without a common bound a target that finishes none would fill the memory. Called by both drivers
 * when what they hold grows or shrinks, never for a message that comes whole.
 * Invariant: `held` is the sum of what was taken and not given back, and never above MAX_PARTIAL_BYTES.
 */

/** Of one engine, which is one thread. */
export const MAX_PARTIAL_BYTES = 256 * 1024 * 1024;

let held = 0;

/** Bytes held now. */
export function partialBytes(): number {
  return held;
}

/** Takes `bytes` more; false, and nothing taken, when that is too much. */
export function takePartial(bytes: number): boolean {
  if (held + bytes > MAX_PARTIAL_BYTES) return false;
  held += bytes;
  return true;
}

export function givePartial(bytes: number): void {
  held -= bytes;
}
