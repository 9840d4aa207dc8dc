/**
 * The values that were picked of a page: series of OpenMetrics or Prometheus text, paths in JSON. Called by scraper.ts. Pure.
 * Invariant: a value is a finite number; what is not there, or is none, is undefined.
 */
import { sumsOfSamples } from "../../shared/scenario/sections/environment/exposed-value.ts";

/** One for each pick. */
export function readingsOf(page: string, picks: readonly string[]): (number | undefined)[] {
  const isJson = /^\s*[[{]/.test(page);
  if (isJson) return jsonReadings(page, picks);
  return sumsOfSamples(page, picks).map((sum) => sum ?? undefined);
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
