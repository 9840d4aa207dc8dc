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
    ["connections{phase=soak,target=b}", "connections", "soak", null, "b"],
    ["messages{target='eu:1'}", "messages", null, null, "eu:1"],
    ["latency{phase=steady}", "latency", "steady", null],
    ["service{phase=a, name=say}", "service", "a", "say"],
    ["latency{name='say'}", "latency", null, "say"],
    [' delivery { phase = "long soak" } ', "delivery", "long soak", null],
    ["sendLag", "sendLag", null, null],
    ["availability{phase=soak}", "availability", "soak", null],
  ] as [string, string, string | null, string | null, string?][])("%s", (...given) => {
    const [text, measure, phase, name, target = null] = given;
    expect(parseMetric(text)).toEqual({ measure, selector: { phase, name, target } });
  });

  it.each([
    ["latncy", "did you mean latency?"],
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
    ["messages", "sent > 50%", "sent", ">", 0.5, "share"],
    ["messages", "matched > 99.9%", "matched", ">", 0.999, "share"],
    ["messages", "unanswered == 0", "unanswered", "==", 0, "count"],
    ["messages{name=a}", "unanswered < 1%", "unanswered", "<", 0.01, "share"],
    ["messages{target=a}", "timedOut == 0", "timedOut", "==", 0, "count"],
    ["messages", "skipped < 5%", "skipped", "<", 0.05, "share"],
    ["connections", "dropped < 0.1%", "dropped", "<", 0.001, "share"],
    ["connections{target=a}", "dropped == 0", "dropped", "==", 0, "count"],
    ["connections", "reconnects < 5", "reconnects", "<", 5, "count"],
    ["connections", "open > 990", "open", ">", 990, "count"],
    ["connections", "open >= 99%", "open", ">=", 0.99, "share"],
    ["connections", "established > 99%", "established", ">", 0.99, "share"],
    ["connections", "failed == 0", "failed", "==", 0, "count"],
    ["messages", "rate > 100/s", "rate", ">", 100, "perSec"],
    ["messages{name=a}", "rate > 6000/min", "rate", ">", 100, "perSec"],
    ["delivery{name=a}", "timedOut < 1%", "timedOut", "<", 0.01, "share"],
    ["availability", "> 99.9%", "uptime", ">", 0.999, "share"],
    ["availability", "uptime >= 99%", "uptime", ">=", 0.99, "share"],
    ["availability{target=a}", "outages == 0", "outages", "==", 0, "count"],
    ["availability", "mttr < 30s", "mttr", "<", 30e6, "us"],
    ["availability", "mtbf > 10m", "mtbf", ">", 600e6, "us"],
    ["availability", "burn < 50%", "burn", "<", 0.5, "share"],
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
    ["availability", "> 5s", 2],
    ["availability{name=a}", "> 99%", 0],
    ["availability", "uptme > 99%", 0],
    ["delivery", "p99 < 1s", 0],
    ["delivery", "lost < 1s", 7],
    ["delivery", "lost < 101%", 7],
    ["delivery", "lost < 1.5", 7],
    ["messages{name=a}", "sent > 50%", 7],
    ["messages{name=a}", "skipped == 0", 0],
    ["messages{name=a,target=b}", "matched > 1", 0],
    ["connections{name=a}", "dropped == 0", 0],
    ["connections{target=a}", "open > 1", 0],
    ["latency{target=a}", "p99 < 1s", 0],
    ["connect{target=a}", "failed == 0", 0],
    ["messages", "rate > 100", 7],
    ["connect{name=a}", "p99 < 1s", 0],
    ["delivery{name=a}", "lost == 0", 0],
    ["messages{name=a}", "received > 5", 0],
    ["latency", "toString < 1s", 0],
  ])("%s: %s is refused at %d", (metric, text, offset) => {
    expect(rule(metric, text)).toMatchObject({ what: expect.any(String), offset });
  });

  it.each([
    ["connect", "closed == 0", "dropped is a statistic of connections"],
    ["connect", "lost == 0", "dropped is a statistic of connections"],
    ["connect", "dropped == 0", "dropped is a statistic of connections"],
    ["connect", "reconnects < 5", "reconnects is a statistic of connections"],
    ["connections", "closed == 0", "did you mean dropped?"],
    ["connections", "lost == 0", "did you mean dropped?"],
    ["connections", "disconnects == 0", "did you mean dropped?"],
    ["connections", "matched > 1", "matched is a statistic of messages"],
    ["delivery", "unanswered == 0", "unanswered is a statistic of messages"],
    ["delivery", "matched > 99%", "matched is a statistic of messages"],
    ["messages", "lost == 0", "lost is a statistic of delivery"],
    ["messages", "timeouts == 0", "did you mean timedOut?"],
    ["messages", "replies > 0", "did you mean matched?"],
    ["latency", "failed == 0", "failed is a statistic of connect"],
    ["latency", "average < 1s", "did you mean mean?"],
  ])("%s: %s is answered with where to look", (metric, text, hint) => {
    const fault = rule(metric, text);
    expect(fault).toMatchObject({ what: expect.stringContaining("has no statistic") });
    expect("hint" in fault && fault.hint).toContain(hint);
  });

  it("lists what a measure has when a statistic is not one of them", () => {
    expect(rule("connections", "xyz == 0")).toMatchObject({
      hint: "known here: dropped, open, reconnects, established, failed",
    });
  });

  it("says where a count is told apart as it is wanted", () => {
    expect(rule("connect{target=a}", "failed == 0")).toMatchObject({
      what: "connect failed is not recorded per target",
      hint: "connections failed is",
    });
    expect(rule("latency{target=a}", "p99 < 1s")).toMatchObject({
      what: "latency p99 is not recorded per target",
      hint: "select by phase, name, role or event",
    });
  });

  it("knows events of sequences, and what sequences are judged by", () => {
    const event = parseMetric("latency{event=agent_started}");
    expect(event).toMatchObject({ measure: "latency", selector: { event: "agent_started" } });
    expect(rule("sequence", "completed > 99.9%")).toMatchObject({ limit: 0.999, unit: "share" });
    expect(rule("sequence{name=ask}", "violations == 0")).toMatchObject({ unit: "count" });
    expect(rule("sequence", "p99 < 1s")).toMatchObject({ limit: 1_000_000, unit: "us" });
    expect(rule("sequence{event=a}", "p99 < 1s")).toMatchObject({
      what: "sequence p99 is not recorded per event",
    });
    expect(rule("latency{name=ask,event=a}", "p99 < 1s")).toMatchObject({
      what: "latency p99 is not recorded per message name and event at once",
    });
  });
});
