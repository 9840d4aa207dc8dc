/** Looks things up in rising numbers. Used by crowd.ts and victims.ts. */

/** How many of rising numbers are below one. */
export function below(rising: Uint32Array, limit: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rising[middle] as number) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
