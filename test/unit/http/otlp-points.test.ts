/**
 * Goal: what is pushed is what is scraped: every name, label and count, in OTLP's form. Method: both made from the same
 * synthetic runs and held against each other, the exposition read by the strict reader of test/support.
 */
import { describe, expect, it } from "vitest";
import { runMetrics } from "../../../coordinator/http/metrics/run-metrics.ts";
import { type ResourceMetrics, resourceMetrics } from "../../../coordinator/http/otlp/points.ts";
import { runMeasures, TIME_BOUNDS_US } from "../../../coordinator/live/measures.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { exposition } from "../../../shared/exposition.ts";
import { VERSION } from "../../../shared/version.ts";
import { histogramsOf, parseExposition } from "../../support/exposition.ts";
import { begun, facts, goodRun, merge, SyntheticEngine } from "../merge/synthetic-run.ts";

const SPAN = { startUs: 1_790_000_000_123_456.5, endUs: 1_790_000_012_000_000 };

function measuresOf(fold: RunFold) {
  return runMeasures(fold, { state: "running", elapsedUs: 5_000_000 });
}

function metricsOf(of: ResourceMetrics) {
  return of.scopeMetrics.flatMap(({ metrics }) => metrics);
}

type Metric = ReturnType<typeof metricsOf>[number];
type HistogramMetric = Extract<Metric, { dataPointType: 0 }>;

function histogram(of: ResourceMetrics, name: string): HistogramMetric {
  const metric = metricsOf(of).find(({ descriptor }) => descriptor.name === name);
  if (metric?.dataPointType !== 0) throw new Error(`${name} is no histogram`);
  return metric;
}

describe("a run as OTLP points", () => {
  const families = runMetrics(measuresOf(goodRun()));
  const pushed = resourceMetrics(families, "r1", SPAN);
  const scraped = parseExposition(exposition(families));

  it("says who it is and when it was counted", () => {
    expect(pushed.resource.attributes).toEqual({
      "service.name": "onrush",
      "service.version": VERSION,
      "service.instance.id": "r1",
      "onrush.run": "r1",
    });
    expect(pushed.scopeMetrics.map(({ scope }) => scope)).toEqual([
      { name: "onrush", version: VERSION },
    ]);
    for (const { dataPoints, aggregationTemporality } of metricsOf(pushed)) {
      // Cumulative.
      expect(aggregationTemporality).toBe(1);
      for (const { startTime, endTime } of dataPoints) {
        expect(startTime).toEqual([1_790_000_000, 123_456_000]);
        expect(endTime).toEqual([1_790_000_012, 0]);
      }
    }
  });

  it("has every metric that is scraped, with its labels and numbers", () => {
    const told = [...scraped].filter(([, { samples }]) => samples.length > 0);
    expect(metricsOf(pushed).map(({ descriptor }) => descriptor.name)).toEqual(
      told.map(([name]) => name),
    );
    const kinds = { gauge: 2, counter: 3, histogram: 0 } as Readonly<Record<string, number>>;
    for (const [at, metric] of metricsOf(pushed).entries()) {
      const [name, { type, help, samples }] = told[at] as (typeof told)[number];
      expect(metric.descriptor.description).toBe(help);
      expect(metric.dataPointType, name).toBe(kinds[type]);
      if (metric.dataPointType === 3) expect(metric.isMonotonic).toBe(true);
      if (metric.dataPointType === 0) continue;
      expect(metric.dataPoints.map(({ attributes, value }) => [attributes, value])).toEqual(
        samples.map(({ labels, value }) => [labels, value]),
      );
    }
  });

  it("has histograms with the same bounds, each bucket with its own count alone", () => {
    let filled = 0;
    for (const metric of metricsOf(pushed)) {
      if (metric.dataPointType !== 0) continue;
      const { name } = metric.descriptor;
      const all = histogramsOf(name, scraped.get(name)?.samples ?? []);
      expect(metric.dataPoints.map(({ attributes }) => attributes)).toEqual(
        all.map(({ labels }) => labels),
      );
      for (const [at, { value }] of metric.dataPoints.entries()) {
        const { boundaries, counts } = value.buckets;
        expect(boundaries).toEqual(TIME_BOUNDS_US.map((boundUs) => boundUs / 1e6));
        expect(counts).toHaveLength(boundaries.length + 1);
        expect(counts.every((count) => count >= 0)).toBe(true);
        let upTo = 0;
        expect(counts.map((count) => (upTo += count))).toEqual(
          all[at]?.buckets.map(({ count }) => count),
        );
        expect(upTo).toBe(value.count);
        expect([value.count, value.sum]).toEqual([all[at]?.count, all[at]?.sum]);
        if (value.count > 0) filled++;
      }
    }
    expect(filled).toBeGreaterThan(5);
  });

  it("counts values where they belong, those above every bound too", () => {
    const us = [0, 100, 101, 1999, 2000, 2001, 5003, 5004, 1.8e9, 3.6e9];
    const fold = new RunFold(facts());
    begun(fold);
    merge(fold, 1, [
      new SyntheticEngine().frame({
        second: 1,
        values: [{ metric: "latency", phase: 1, name: 0, us }],
      }),
    ]);
    const name = "onrush_run_corrected_latency_seconds";
    const metric = histogram(resourceMetrics(runMetrics(measuresOf(fold)), "r1", SPAN), name);
    const point = metric.dataPoints.find(
      ({ attributes }) => attributes["phase"] === "steady" && attributes["message"] === "say",
    );
    const bounds = [0, ...TIME_BOUNDS_US, Number.POSITIVE_INFINITY];
    expect(point?.value.buckets.counts).toEqual(
      bounds
        .slice(1)
        .map(
          (bound, at) =>
            us.filter((one) => one <= bound && (at === 0 || one > (bounds[at] ?? 0))).length,
        ),
    );
    expect(point?.value.count).toBe(us.length);
  });

  it("names units by which a name need not be changed", () => {
    for (const { descriptor } of metricsOf(pushed)) {
      const words = { s: "_seconds", By: "_bytes", "": "" } as Readonly<Record<string, string>>;
      expect(Object.keys(words)).toContain(descriptor.unit);
      expect(descriptor.name).toContain(words[descriptor.unit]);
    }
    expect(histogram(pushed, "onrush_run_ping_seconds").descriptor.unit).toBe("s");
  });
});
