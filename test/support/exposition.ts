/**
 * A strict reader of Prometheus' text exposition format 0.0.4: what it does not know is an error. Used by the tests of
 * whatever is scraped. Rules: HELP and TYPE once and before the samples of a metric, samples of a metric together, no sample twice,
 * counters end in _total and are not negative, names and labels are well formed, the text ends with a newline; bounds of a
 * histogram rise, its counts do not fall, and the last bucket, +Inf, holds as many as _count.
 */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{((?:${LABEL}(?:,(?=[a-zA-Z_]))?)*)\\})? (\\S+)$`);
const META = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`);
const VALUE = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|NaN|[+-]Inf)$/i;
const SUFFIXES: Readonly<Record<string, RegExp>> = {
  histogram: /_(bucket|sum|count)$/,
  summary: /_(sum|count)$/,
};

/** @throws Error that names the first line that is not as it should be */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the text does not end with a newline");
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>();
  const seen = new Set<string>();
  let current = "";
  for (const [index, line] of text.split("\n").entries()) {
    const wrong = (why: string) => new Error(`line ${index + 1}: ${why}: ${line}`);
    if (line === "") continue;
    if (line.startsWith("#")) {
      const [, kind, name = "", rest = ""] = META.exec(line) ?? [];
      if (kind === undefined) throw wrong("neither HELP nor TYPE");
      const family = families.get(name) ?? { type: "", help: "", samples: [] };
      if (family.samples.length > 0) throw wrong("after its samples");
      if (kind === "HELP") {
        if (family.help !== "") throw wrong("HELP twice");
        family.help = rest;
      } else {
        if (family.type !== "") throw wrong("TYPE twice");
        if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest)) throw wrong("unknown type");
        family.type = rest;
      }
      families.set(name, family);
      current = name;
      continue;
    }
    const [, name = "", labelText = "", valueText = ""] = SAMPLE.exec(line) ?? [];
    if (name === "") throw wrong("no sample");
    const family = families.get(current);
    if (!family || family.type === "" || family.help === "") throw wrong("no HELP and TYPE before");
    const suffix = SUFFIXES[family.type];
    const base = suffix === undefined ? name : name.replace(suffix, "");
    if (base !== current && name !== current) throw wrong(`stands among the samples of ${current}`);
    if (!VALUE.test(valueText)) throw wrong("no number");
    const value = Number(valueText.replace(/Inf$/, "Infinity"));
    if (family.type === "counter") {
      if (!name.endsWith("_total")) throw wrong("a counter without _total");
      if (value < 0) throw wrong("a negative counter");
    }
    const labels = labelsOf(labelText);
    const identity = `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
    if (seen.has(identity)) throw wrong("twice");
    seen.add(identity);
    family.samples.push({ name, labels, value });
  }
  for (const [name, { type, samples }] of families) {
    if (type === "histogram") for (const one of histogramsOf(name, samples)) checkHistogram(one);
  }
  return families;
}

/** One histogram of a family: its labels but `le`, and its cumulative counts. */
export interface HistogramSamples {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As they stand in the text. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
  readonly sum: number | null;
  readonly count: number | null;
}

export function histogramsOf(name: string, samples: readonly Sample[]): HistogramSamples[] {
  const found = new Map<string, HistogramSamples & { buckets: { le: number; count: number }[] }>();
  for (const sample of samples) {
    const { le, ...labels } = sample.labels;
    const key = JSON.stringify(Object.entries(labels).sort());
    const one = found.get(key) ?? { name, labels, buckets: [], sum: null, count: null };
    if (sample.name === `${name}_bucket`) {
      if (le === undefined) throw new Error(`${name}: a bucket without le`);
      one.buckets.push({ le: Number(le.replace(/Inf$/, "Infinity")), count: sample.value });
      found.set(key, one);
    } else if (sample.name === `${name}_sum`) found.set(key, { ...one, sum: sample.value });
    else if (sample.name === `${name}_count`) found.set(key, { ...one, count: sample.value });
    else throw new Error(`${name}: ${sample.name} is no part of a histogram`);
  }
  return [...found.values()];
}

function checkHistogram({ name, labels, buckets, sum, count }: HistogramSamples): void {
  const wrong = (why: string) => new Error(`${name}${JSON.stringify(labels)}: ${why}`);
  for (const [at, { le, count: here }] of buckets.entries()) {
    const before = buckets[at - 1];
    if (Number.isNaN(le)) throw wrong("a bound that is no number");
    if (before && before.le >= le) throw wrong(`the bound ${le} does not rise`);
    if (!Number.isSafeInteger(here) || here < (before?.count ?? 0)) throw wrong(`falls at ${le}`);
  }
  const last = buckets.at(-1);
  if (last?.le !== Number.POSITIVE_INFINITY) throw wrong("no bucket +Inf");
  if (last.count !== count) throw wrong("+Inf is not _count");
  if (sum === null || !Number.isFinite(sum)) throw wrong("no _sum");
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [pair] of text.matchAll(new RegExp(LABEL, "g"))) {
    const at = pair.indexOf("=");
    const name = pair.slice(0, at);
    if (Object.hasOwn(labels, name)) throw new Error(`label ${name} twice`);
    labels[name] = pair.slice(at + 2, -1).replace(/\\(.)/g, (_, one) => (one === "n" ? "\n" : one));
  }
  return labels;
}
