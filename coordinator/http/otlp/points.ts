/**
 * A run's families as OTLP points. Called by pusher.ts; pure. Invariant: a point says what the line of the exposition says:
 * same name, same labels, same count. Only the form differs: buckets hold their own values here and not those below too.
 * Histograms are handed over ready-made, never recorded again, so their bounds and counts stay exact.
 */
import type { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { assert } from "../../../shared/assert.ts";
import type { Family, Labels, Sample } from "../../../shared/exposition.ts";
import { VERSION } from "../../../shared/version.ts";

export type ResourceMetrics = Parameters<OTLPMetricExporter["export"]>[0];
type ScopeMetrics = ResourceMetrics["scopeMetrics"][number];
type MetricData = ScopeMetrics["metrics"][number];
type Point<T> = Extract<MetricData, { dataPoints: { value: T }[] }>["dataPoints"][number];
type Histogram = Extract<MetricData, { dataPointType: 0 }>["dataPoints"][number]["value"];
type HrTime = Point<number>["startTime"];

/** Numbers of the SDK's enums; the compiler holds them to their types. */
const CUMULATIVE: MetricData["aggregationTemporality"] = 1;
const HISTOGRAM = 0;
const GAUGE = 2;
const SUM = 3;
const INT: MetricData["descriptor"]["valueType"] = 0;
const DOUBLE: MetricData["descriptor"]["valueType"] = 1;

const NS_PER_US = 1000;
const SECOND_US = 1_000_000;

/** Microseconds since the Unix epoch. */
export interface Span {
  /** Since when it was counted. */
  readonly startUs: number;
  readonly endUs: number;
}

/** All of it as one export. @param run its id */
export function resourceMetrics(
  families: readonly Family[],
  run: string,
  span: Span,
): ResourceMetrics {
  const metrics = families
    .filter(({ samples }) => samples.length > 0)
    .map((family) => metricOf(family, span));
  return {
    resource: resourceOf({
      "service.name": "onrush",
      "service.version": VERSION,
      "service.instance.id": run,
      "onrush.run": run,
    }),
    scopeMetrics: [{ scope: { name: "onrush", version: VERSION }, metrics }],
  };
}

function resourceOf(attributes: Labels): ResourceMetrics["resource"] {
  const resource: ResourceMetrics["resource"] = {
    attributes,
    merge: () => resource,
    getRawAttributes: () => Object.entries(attributes),
  };
  return resource;
}

function metricOf({ name, help, type, samples }: Family, span: Span): MetricData {
  const times = { startTime: hrTime(span.startUs), endTime: hrTime(span.endUs) };
  const unit = unitOf(name);
  const descriptor = { name, description: help, unit, valueType: DOUBLE };
  const metric = { descriptor, aggregationTemporality: CUMULATIVE };
  if (type === "histogram") {
    const dataPoints = histogramsOf(samples).map((point) => ({ ...times, ...point }));
    return { ...metric, dataPointType: HISTOGRAM, dataPoints };
  }
  const dataPoints = samples.map(({ labels, value }) => ({ ...times, attributes: labels, value }));
  if (type === "gauge") return { ...metric, dataPointType: GAUGE, dataPoints };
  return {
    ...metric,
    descriptor: { ...descriptor, valueType: unit === "s" ? DOUBLE : INT },
    dataPointType: SUM,
    isMonotonic: true,
    dataPoints,
  };
}

/** By UCUM, as OpenTelemetry wants it. */
function unitOf(name: string): string {
  if (name.endsWith("_seconds") || name.endsWith("_seconds_total")) return "s";
  return name.endsWith("_bytes_total") ? "By" : "";
}

/** Buckets, sum and count of one after those of another, as run-metrics.ts writes them. */
function histogramsOf(
  samples: readonly Sample[],
): { readonly attributes: Labels; readonly value: Histogram }[] {
  const points: { attributes: Labels; value: Histogram }[] = [];
  let buckets: Sample[] = [];
  let sum = 0;
  for (const sample of samples) {
    if (sample.suffix === "_bucket") buckets.push(sample);
    else if (sample.suffix === "_sum") sum = sample.value;
    else {
      points.push({ attributes: sample.labels, value: histogramOf(buckets, sum, sample.value) });
      buckets = [];
    }
  }
  return points;
}

/** @param upTo cumulative, the last one without a bound */
function histogramOf(upTo: readonly Sample[], sum: number, count: number): Histogram {
  assert(upTo.at(-1)?.value === count, "the last bucket of a histogram holds all of it");
  const boundaries = upTo.slice(0, -1).map(({ labels }) => Number(labels["le"]));
  const counts = upTo.map(({ value }, at) => value - (upTo[at - 1]?.value ?? 0));
  return { buckets: { boundaries, counts }, sum, count };
}

/** Seconds and nanoseconds. */
function hrTime(us: number): HrTime {
  const whole = Math.floor(us);
  const seconds = Math.floor(whole / SECOND_US);
  return [seconds, (whole - seconds * SECOND_US) * NS_PER_US];
}
