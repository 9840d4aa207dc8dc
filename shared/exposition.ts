/**
 * Families of metrics as text that Prometheus reads (text format 0.0.4). Used by whatever is scraped. Ours, because what
 * is told was counted elsewhere: prom-client's histograms count single values and take no ready-made buckets.
 * Invariant: whatever a label holds, a line stays one line.
 */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  /** What follows the family's name, such as _bucket. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
  readonly labels: Labels;
  readonly value: number;
}

export interface Family {
  /** Letters, digits and underscores; a counter's ends in _total. */
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: readonly Sample[];
}

export function exposition(families: readonly Family[]): string {
  return families.map(textOf).join("");
}

function textOf({ name, help, type, samples }: Family): string {
  const head = `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`;
  return head + samples.map((sample) => lineOf(name, sample)).join("");
}

function lineOf(name: string, { suffix, labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${quotable(text)}"`);
  const of = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
  return `${name}${suffix ?? ""}${of} ${numberText(value)}\n`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function quotable(text: string): string {
  return escaped(text).replaceAll('"', '\\"');
}
