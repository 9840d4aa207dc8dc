/** The threshold grammar: every measure with every kind of statistic, and what is refused and where. */
import { describe, expect, it } from "vitest";
import { isFault, parseMetric, parseRule } from "../../../shared/scenario/threshold.ts";

function rule(metricText: string, text: string) {
  const metric = parseMetric(metricText);
  if (isFault(metric)) throw new Error(metric.what);
  return parseRule(text, metric);
}

describe("metrics", () => {
  it.each([
    ["latency", "latency", null, null],
    ["latency{phase=steady}", "latency", "steady", null],
    ["service{phase=a, name=say}", "service", "a", "say"],
    ["latency{name='say'}", "latency", null, "say"],
    [' delivery { phase = "long soak" } ', "delivery", "long soak", null],
    ["sendLag", "sendLag", null, null],
  ])("%s", (text, measure, phase, name) => {
    expect(parseMetric(text)).toEqual({ measure, selector: { phase, name } });
  });

  it.each([
    ["latncy", "did you mean latency?"],
    ["sequence", "remove it"],
    ["availability", "remove it"],
    ["push", "remove it"],
    ["latency{event=a}", "remove it"],
    ["latency{phase}", "such as"],
    ["latency{phase=}", "such as"],
    ["latency{phase=a", "such as"],
    ["latency{phse=a}", "did you mean phase?"],
    ["latency{phase=a,phase=b}", ""],
    ["__proto__", ""],
    ["constructor", "known here"],
    ["", "such as"],
  ])("%j is refused", (text, hint) => {
    const fault = parseMetric(text);
    expect(isFault(fault)).toBe(true);
    expect("hint" in fault && fault.hint).toContain(hint);
  });
});

describe("rules", () => {
  it.each([
    ["latency", "p99 < 200ms", "p99", "<", 200_000, "us"],
    ["latency", "p99<200ms", "p99", "<", 200_000, "us"],
    ["latency", "p99.9 <= 1s", "p99.9", "<=", 1e6, "us"],
    ["latency", "p999 <= 1s", "p99.9", "<=", 1e6, "us"],
    ["latency", "p9999 <= 1s", "p99.99", "<=", 1e6, "us"],
    ["latency", "p99.90 <= 1s", "p99.9", "<=", 1e6, "us"],
    ["latency", "p5 > 1us", "p5", ">", 1, "us"],
    ["service", "mean >= 1ms", "mean", ">=", 1000, "us"],
    ["ping", "max != 1h", "max", "!=", 3600e6, "us"],
    ["sendLag", "p50 == 0s", "p50", "==", 0, "us"],
    ["connect", "failed < 0.1%", "failed", "<", 0.001, "share"],
    ["connect", "failed == 0", "failed", "==", 0, "count"],
    ["connect", "p95 < 500ms", "p95", "<", 500_000, "us"],
    ["delivery", "lost == 0", "lost", "==", 0, "count"],
    ["delivery", "reordered < 0.01%", "reordered", "<", 0.0001, "share"],
    ["messages", "sent > 1000", "sent", ">", 1000, "count"],
    ["messages", "rate > 100/s", "rate", ">", 100, "perSec"],
    ["messages{name=a}", "rate > 6000/min", "rate", ">", 100, "perSec"],
    ["delivery{name=a}", "timedOut < 1%", "timedOut", "<", 0.01, "share"],
  ])("%s: %s", (metric, text, ...[statistic, operator, limit, unit]) => {
    expect(rule(metric, text)).toEqual({ statistic, operator, limit, unit });
  });

  it("takes a bare number for a latency to be milliseconds, and says so", () => {
    expect(rule("latency", "p99 < 5")).toMatchObject({ hint: "did you mean 5ms?" });
  });

  it.each([
    ["latency", "p99 < 5%", 6],
    ["latency", "p99 < 5", 6],
    ["latency", "p99 < -5ms", 6],
    ["latency", "lost == 0", 0],
    ["latency", "p0 < 1s", 0],
    ["latency", "p100 < 1s", 0],
    ["latency", "p99.9.9 < 1s", 0],
    ["latency", " avg < 1s", 1],
    ["latency", "p99 = 1s", 4],
    ["latency", "p99 => 1s", 4],
    ["latency", "p99", 0],
    ["latency", "< 1s", 0],
    ["latency", "p99 < 1s < 2s", 6],
    ["delivery", "p99 < 1s", 0],
    ["delivery", "lost < 1s", 7],
    ["delivery", "lost < 101%", 7],
    ["delivery", "lost < 1.5", 7],
    ["messages", "sent > 50%", 7],
    ["messages", "rate > 100", 7],
    ["connect{name=a}", "p99 < 1s", 0],
    ["delivery{name=a}", "lost == 0", 0],
    ["messages{name=a}", "received > 5", 0],
    ["latency", "toString < 1s", 0],
  ])("%s: %s is refused at %d", (metric, text, offset) => {
    expect(rule(metric, text)).toMatchObject({ what: expect.any(String), offset });
  });
});
