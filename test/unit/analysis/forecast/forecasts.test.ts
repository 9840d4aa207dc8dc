/**
 * Goal: a figure that grows at constant load is forecast to reach its limit when it does, with what each connection-hour and message
 * leaves behind; one that does not grow, a ramp, and growth that ends are forecast nothing, with the reason; all formats have it. Method:
 * runs told second by second, in which the target leaks what the test says.
 */
import { describe, expect, test } from "vitest";
import { forecastsOf } from "../../../../coordinator/analysis/forecast/forecasts.ts";
import { buildReportModel } from "../../../../coordinator/report/model/model.ts";
import { renderText } from "../../../../coordinator/report/outputs.ts";
import { summarySchema } from "../../../../coordinator/report/summary-schema.ts";
import type { StrictObserve } from "../../../../shared/scenario/strict-observe.ts";
import { joined, tell } from "../../merge/synthetic-run.ts";
import { foldOf, healthySeconds, type Told } from "../diagnosis/story.ts";
import { normal } from "../stats/noise.ts";

const CONNECTIONS = 100;
const SECONDS = 200;
const PICK = ["rss_bytes", "process_open_fds", "process_max_fds"];
const MEGABYTE = 1e6;
/** Bytes a second, and of each connection 36,000 an hour. */
const LEAK = 1000;

const observing = (rss: number): StrictObserve => ({
  ladder: null,
  metrics: [{ url: "", everyUs: 1e6, pick: PICK, limits: [{ pick: "rss_bytes", limit: rss }] }],
});

/** @param rss of a second; noise is added */
function told(rss: (second: number) => number, change: (second: number) => Told = () => ({})) {
  return healthySeconds({
    ...{ seconds: SECONDS, connections: CONNECTIONS, ramp: 2, rate: 1, medianUs: 8000, seed: 3 },
    ...{ correlation: 0.5, spread: 0.3 },
  }).map((one, second) => ({
    ...one,
    readings: [rss(second) + 3000 * normal(1, 1, second), 130, 1024],
    ...change(second),
  }));
}

const leaking = (second: number) => MEGABYTE + LEAK * second;
const foldWith = (seconds: readonly Told[], limit: number) =>
  foldOf(seconds, { connections: CONNECTIONS, observe: observing(limit) });
const rssOf = (seconds: readonly Told[], limit: number) => {
  const [rss] = forecastsOf(foldWith(seconds, limit));
  if (rss === undefined) throw new Error("nothing is said of the first figure");
  return rss;
};

describe("a target that leaks", () => {
  test("reaches its limit when it would, as surely as it says", () => {
    const rss = rssOf(told(leaking), 1.5 * MEGABYTE);
    expect(rss.outcome).toBe("reaches");
    const { estimate, earliest, latest } = rss.reach ?? {};
    expect(Math.abs((estimate ?? 0) - 500)).toBeLessThan(15);
    expect(earliest).toBeLessThan(500);
    expect(latest).toBeGreaterThan(500);
    expect(rss.growth?.low).toBeLessThan(LEAK);
    expect(rss.growth?.high).toBeGreaterThan(LEAK);
    expect(rss.readings[0]?.at).toBeGreaterThanOrEqual(2);
  });

  test("leaves behind so much by the connection-hour and by the message", () => {
    const { perConnectionHour, perMessage } = rssOf(told(leaking), 1.5 * MEGABYTE);
    const leftBehind = (LEAK * 3600) / CONNECTIONS;
    expect(perConnectionHour?.low).toBeLessThan(leftBehind);
    expect(perConnectionHour?.high).toBeGreaterThan(leftBehind);
    expect((perConnectionHour?.estimate ?? 0) / leftBehind).toBeCloseTo(1, 1);
    expect((perMessage?.estimate ?? 0) / (LEAK / CONNECTIONS)).toBeCloseTo(1, 1);
  });

  test("of a limit that is far away it is only said that it is", () => {
    const { outcome, reach, line } = rssOf(told(leaking), 1000 * MEGABYTE);
    expect(outcome).toBe("later");
    expect(reach).toEqual({ estimate: null, earliest: null, latest: null });
    expect(line?.until).toBeLessThanOrEqual(SECONDS + 3 * SECONDS);
  });

  test("of a limit that was reached it is said when", () => {
    const { outcome, reach } = rssOf(told(leaking), 1.1 * MEGABYTE);
    expect(outcome).toBe("reached");
    expect(Math.abs((reach?.estimate ?? 0) - 100)).toBeLessThan(10);
  });
});

describe("there is no forecast", () => {
  test("of what does not grow, with the limit that the target tells of", () => {
    const fds = forecastsOf(foldWith(told(leaking), 1.5 * MEGABYTE))[1];
    expect(fds?.figure).toMatchObject({ name: "process_open_fds", limit: 1024 });
    expect([fds?.outcome, fds?.why]).toEqual(["none", "flat"]);
  });

  test("of growth that ends", () => {
    const filling = (second: number) => MEGABYTE + 2e5 * (1 - Math.exp(-second / 30));
    const { outcome, why } = rssOf(told(filling), 1.5 * MEGABYTE);
    expect(outcome).toBe("none");
    // A bend looks like neighbours that depend on one another, too.
    expect(["short", "untested"]).toContain(why);
  });

  test("of a ramp: what grows with the load is the load's doing", () => {
    const ramp = told(leaking, (second) => ({ open: 20 + 5 * second }));
    expect(rssOf(ramp, 1.5 * MEGABYTE)).toMatchObject({ outcome: "none", why: "unsteady" });
  });

  test("of a short run", () => {
    const { outcome, why } = rssOf(told(leaking).slice(0, 25), 1.5 * MEGABYTE);
    expect(outcome).toBe("none");
    expect(["short", "unsteady"]).toContain(why);
  });

  test("of a run that looks at nothing", () => {
    expect(forecastsOf(foldOf(told(leaking), { connections: CONNECTIONS }))).toEqual([]);
  });
});

test("the generator's own heap is told of when it fills up, and never else", () => {
  const filling = (used: (second: number) => number) =>
    told(leaking, (second) => ({
      health: { heapUsedBytes: used(second), heapLimitBytes: 4e9 },
    }));
  const full = forecastsOf(
    foldWith(
      filling((second) => 1e9 + 5e6 * second),
      1.5 * MEGABYTE,
    ),
  );
  const heap = full.find(({ figure }) => figure.of === "generator");
  expect(heap?.outcome).toBe("reaches");
  expect(Math.abs((heap?.reach?.estimate ?? 0) - 600)).toBeLessThan(2);
  const flat = forecastsOf(
    foldWith(
      filling(() => 1e9),
      1.5 * MEGABYTE,
    ),
  );
  expect(flat.filter(({ figure }) => figure.of === "generator")).toEqual([]);
});

describe("what a worker may have in use", () => {
  const FILES = 10_000;
  /** Of as many workers as limits; each has 4,000 files open at the beginning, and so many more by the second. */
  const withFiles = (growth: number, ...limits: readonly number[]) => {
    const seconds = told(leaking, (second) => ({
      health: { openFiles: 4000 + growth * second, ports: 900 },
    }));
    const fold = foldWith(seconds, 1.5 * MEGABYTE);
    for (const [at, openFiles] of limits.entries()) {
      tell(fold, { ...joined(at + 1), limits: { openFiles, localPorts: 28_232 } } as never);
    }
    return forecastsOf(fold).filter(({ figure }) => figure.of === "generator");
  };

  test("is forecast to reach its limit when it would", () => {
    const [files, ...more] = withFiles(12, FILES);
    expect(files).toMatchObject({ outcome: "reaches", figure: { limit: FILES, of: "generator" } });
    expect(Math.abs((files?.reach?.estimate ?? 0) - 500)).toBeLessThan(2);
    expect(more).toEqual([]);
  });

  test("is not forecast of local ports: they are of one engine, and the limit of its machine", () => {
    const seconds = told(leaking, (second) => ({
      health: { openFiles: 100, ports: 4000 + 12 * second },
    }));
    const fold = foldWith(seconds, 1.5 * MEGABYTE);
    tell(fold, { ...joined(1), limits: { openFiles: FILES, localPorts: 10_000 } } as never);
    expect(forecastsOf(fold).filter(({ figure }) => figure.of === "generator")).toEqual([]);
  });

  test("is not forecast when it stays, its limit is not known, or workers have different ones", () => {
    expect(withFiles(0, FILES)).toEqual([]);
    expect(withFiles(12)).toEqual([]);
    expect(withFiles(12, FILES, 2 * FILES)).toEqual([]);
  });
});

test("is in every format, and absent where nothing was looked at", () => {
  const model = buildReportModel(foldWith(told(leaking), 1.5 * MEGABYTE), {
    ...{ scenarioText: null, notes: [] },
  });
  expect(summarySchema.safeParse(model.summary).error).toBeUndefined();
  expect(model.summary.forecasts?.map(({ figure, outcome }) => [figure, outcome])).toEqual([
    ["rss_bytes", "reaches"],
    ["process_open_fds", "none"],
  ]);
  for (const format of ["html", "md"] as const) {
    const shown = renderText(format, model);
    for (const words of ["Forecast", "rss_bytes", "per connection-hour"]) {
      expect(shown).toContain(words);
    }
  }
  expect(renderText("html", model)).toContain('id="forecast-0"');
  expect(renderText("csv", model)).toContain("figure,,rss_bytes,forecast_reach");
  const none = buildReportModel(foldOf(told(leaking), { connections: CONNECTIONS }), {
    ...{ scenarioText: null, notes: [] },
  });
  expect(none.summary).not.toHaveProperty("forecasts");
});
