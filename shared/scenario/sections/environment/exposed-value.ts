/**
 * Figures in a page of metrics (OpenMetrics 1.0, Prometheus text format 0.0.4). Called by metric.ts, by ../observe.ts for what is asked,
 * and by workers that read pages of observe. Pure. Invariant: what is no sample is passed over; labels may come in any order, and those
 * that are not asked for may be anything.
 */

const SAMPLE = /^([^\s{}"#]+)(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?\s+(\S+)(?:\s.*)?$/;
const NAME = /^[^\s{}"#]+/;
const LABEL = /([A-Za-z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"/g;
const LABELS = new RegExp(`^\\{\\s*(?:${LABEL.source}\\s*(?:,\\s*|(?=\\})))*\\}$`);
/** Of one line; what is longer is passed over. */
const MAX_LINE_CHARS = 8192;

/** What is asked for: a name, and labels that the sample has to have. */
interface Asked {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
}

/** What is said of one that cannot be read. */
export const UNREADABLE_SAMPLE = [
  "not the name of a sample",
  'write a name, or one with labels in double quotes: http_requests{code="500"}',
] as const;

/** Whether it can be read: `name`, or `name{label="value"}`. */
export function isSampleName(text: string): boolean {
  return readAsked(text) !== null;
}

function readAsked(text: string): Asked | null {
  const [, name = "", labels = ""] = /^([^\s{}"#]+)\s*(\{.*\})?$/s.exec(text.trim()) ?? [];
  if (name === "" || (labels !== "" && !LABELS.test(labels))) return null;
  return { name, labels: labelsOf(labels) };
}

/**
 * @param asked each as isSampleName has it; others are nowhere
 * @returns for each the sum of all samples that match; null: there is none
 */
export function sumsOfSamples(page: string, asked: readonly string[]): (number | null)[] {
  const wanted = new Map<string, (Asked & { readonly at: number })[]>();
  for (const [at, text] of asked.entries()) {
    const one = readAsked(text);
    if (one !== null) wanted.set(one.name, [...(wanted.get(one.name) ?? []), { ...one, at }]);
  }
  const sums: (number | null)[] = asked.map(() => null);
  for (const line of page.split("\n")) {
    if (line.length > MAX_LINE_CHARS) continue;
    const sought = wanted.get(NAME.exec(line)?.[0] ?? "");
    if (sought === undefined) continue;
    const [whole, , labels = "", text = ""] = SAMPLE.exec(line) ?? [];
    const value = Number(text);
    if (whole === undefined || !Number.isFinite(value)) continue;
    const has = labelsOf(labels);
    for (const one of sought) {
      const matches = [...one.labels].every(([label, asks]) => has.get(label) === asks);
      if (matches) sums[one.at] = (sums[one.at] ?? 0) + value;
    }
  }
  return sums;
}

function labelsOf(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(LABEL)].map(([, label = "", value = ""]) => [label, value]));
}
