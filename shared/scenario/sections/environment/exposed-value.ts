/**
 * A figure in a page of metrics (OpenMetrics 1.0, Prometheus text format 0.0.4). Called by metric.ts. Pure. Invariant: what is no sample
 * is passed over; labels may come in any order, and those that are not asked for may be anything.
 */

const SAMPLE = /^([A-Za-z_:][\w:]*)(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?\s+(\S+)(?:\s.*)?$/;
const LABEL = /([A-Za-z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"/g;
/** Of one line; what is longer is passed over. */
const MAX_LINE_CHARS = 8192;

/** @param asked `name`, or `name{label="value"}`. @returns the sum of all samples that match; null: there is none */
export function sumOfSamples(page: string, asked: string): number | null {
  const [, name = asked.trim(), labels = ""] = /^\s*([^{\s]+)\s*(\{.*\})?\s*$/s.exec(asked) ?? [];
  const wanted = labelsOf(labels);
  let sum: number | null = null;
  for (const line of page.split("\n")) {
    if (line.startsWith("#") || line.length > MAX_LINE_CHARS || !line.startsWith(name)) continue;
    const [, found, foundLabels = "", text = ""] = SAMPLE.exec(line) ?? [];
    if (found !== name) continue;
    const has = labelsOf(foundLabels);
    if (![...wanted].every(([label, value]) => has.get(label) === value)) continue;
    const value = Number(text);
    if (Number.isFinite(value)) sum = (sum ?? 0) + value;
  }
  return sum;
}

function labelsOf(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(LABEL)].map(([, label = "", value = ""]) => [label, value]));
}
