/** Goal: what was picked of a page is what the page says, whatever else is on it, and nothing where it says none. */
import { describe, expect, it } from "vitest";
import { readingsOf } from "../../../worker/sentinel/readings.ts";

const TEXT = `# HELP process_resident_memory_bytes Memory
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 1.2e+08
process_resident_memory_bytes_max 9
http_requests_total{code="200",path="/a b{}"} 5 1700000000
http_requests_total{code="500"} 2
odd NaN
endless +Inf
empty{a="b"}
{weird 1
`;

describe("text", () => {
  it.each([
    ["process_resident_memory_bytes", 1.2e8],
    ["http_requests_total", 7],
    ['http_requests_total{code="500"}', 2],
    ['http_requests_total{code="200",path="/a b{}"}', 5],
    ["odd", undefined],
    ["endless", undefined],
    ["empty", undefined],
    ["absent", undefined],
  ])("%s", (pick, expected) => {
    expect(readingsOf(TEXT, [pick, "absent"])).toEqual([expected, undefined]);
  });
});

describe("JSON", () => {
  const page = JSON.stringify({ memory: { rss: 5 }, pools: [{ size: 3 }], text: "7", "a.b": 1 });

  it.each([
    ["memory.rss", 5],
    ["pools.0.size", 3],
    ["text", undefined],
    ["memory", undefined],
    ["memory.rss.more", undefined],
    ["__proto__.x", undefined],
    ["constructor", undefined],
  ])("%s", (pick, expected) => {
    expect(readingsOf(page, [pick])).toEqual([expected]);
  });

  it("is nothing where it is none", () => {
    expect(readingsOf("{ not json", ["a", "b"])).toEqual([undefined, undefined]);
  });
});
