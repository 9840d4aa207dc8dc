/**
 * "Did you mean": the known name closest to a mistyped one. Called wherever a name from a scenario is
 * looked up. Invariant: never suggests a name that is as far away as half of what was written.
 */

const MAX_COMPARED = 64;

/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** The closest of `known`, or null when none is close. Case does not count as a difference. */
export function closest(written: string, known: Iterable<string>): string | null {
  const wanted = written.slice(0, MAX_COMPARED).toLowerCase();
  let best: string | null = null;
  let bestDistance = (wanted.length < 3 ? 0 : Math.max(1, Math.floor(wanted.length / 2.5))) + 0.5;
  for (const name of known) {
    if (Math.abs(name.length - wanted.length) > bestDistance) continue;
    const distance = editDistance(wanted, name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** `did you mean X?`, or the list of known names when none is close; "" when there are none. */
export function didYouMean(written: string, known: Iterable<string>): string {
  const names = [...known];
  const best = closest(written, names);
  if (best !== null) return `did you mean ${best}?`;
  if (names.length === 0) return "";
  const shown = names.slice(0, 15).join(", ");
  return `known here: ${shown}${names.length > 15 ? ", ..." : ""}`;
}
