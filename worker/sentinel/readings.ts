/**
 * The values that were picked of a page: series of OpenMetrics or Prometheus text, paths in JSON. Called by scraper.ts. Pure.
 * Invariant: a value is a finite number; what is not there, or is none, is undefined.
 */

/** One for each pick. */
export function readingsOf(page: string, picks: readonly string[]): (number | undefined)[] {
  const isJson = /^\s*[[{]/.test(page);
  return isJson ? jsonReadings(page, picks) : textReadings(page, picks);
}

/** A name without labels is the sum over all of its label sets. */
function textReadings(page: string, picks: readonly string[]): (number | undefined)[] {
  const sums = new Map<string, number>();
  const wanted = new Set(picks);
  for (const line of page.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const labels = line.indexOf("{");
    const end = labels < 0 ? line.indexOf(" ") : line.lastIndexOf("}") + 1;
    if (end <= 0) continue;
    const series = line.slice(0, end);
    const name = labels < 0 ? series : line.slice(0, labels);
    if (!wanted.has(series) && !wanted.has(name)) continue;
    // Behind the value may come a timestamp.
    const [value = ""] = line.slice(end).trim().split(/\s/);
    const number = value === "" ? Number.NaN : Number(value);
    if (!Number.isFinite(number)) continue;
    for (const key of new Set([series, name])) sums.set(key, (sums.get(key) ?? 0) + number);
  }
  return picks.map((pick) => sums.get(pick));
}

/** A path: keys and indices with dots between them. */
function jsonReadings(page: string, picks: readonly string[]): (number | undefined)[] {
  let whole: unknown;
  try {
    whole = JSON.parse(page);
  } catch {
    return picks.map(() => undefined);
  }
  return picks.map((pick) => {
    let node = whole;
    for (const key of pick.split(".")) {
      const isMap = typeof node === "object" && node !== null && Object.hasOwn(node, key);
      node = isMap ? (node as Record<string, unknown>)[key] : undefined;
    }
    return typeof node === "number" && Number.isFinite(node) ? node : undefined;
  });
}
