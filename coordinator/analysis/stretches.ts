/** Stretches of seconds, each without its end, and the seconds in them. Pure; used where evidence names seconds, and where it is computed again. */

/** @param seconds rising */
export function stretchesOf(
  seconds: readonly number[],
): readonly (readonly [from: number, to: number])[] {
  const stretches: [number, number][] = [];
  for (const second of seconds) {
    const last = stretches.at(-1);
    if (last?.[1] === second) last[1] = second + 1;
    else stretches.push([second, second + 1]);
  }
  return stretches;
}

/** @param margin seconds before and after each stretch that are in, too */
export function secondsIn(
  stretches: readonly { readonly from: number; readonly to: number }[],
  margin = 0,
): ReadonlySet<number> {
  const seconds = new Set<number>();
  for (const { from, to } of stretches) {
    for (let at = Math.ceil(from) - margin; at < to + margin; at++) seconds.add(at);
  }
  return seconds;
}
