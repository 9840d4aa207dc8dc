/**
 * Goal: the end of a run reads right, verdict first, and nothing a target said can act on the terminal.
 * Method: summaries that pass the published schema, one property each.
 */
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { summaryText } from "../../../coordinator/cli/terminal/report-text.ts";
import { makeStyle } from "../../../coordinator/cli/terminal/style.ts";
import type { Summary } from "../../../coordinator/report/summary-schema.ts";
import { sampleSummary } from "./samples.ts";

const plain = makeStyle(false);
const compact = (summary: Summary) => summaryText({ summary }, "compact", { style: plain });
const full = (summary: Summary) => summaryText({ summary }, "full", { style: plain });

const threshold = (index: number, passed: boolean) => ({
  metric: "latency",
  rule: `p99 < ${index}ms`,
  observed: 20,
  limit: index,
  passed,
  reason: null,
});

const failure = (kind: string, signature: string, count: number) => ({
  kind,
  signature,
  count,
  firstSeen: 1000,
  lastSeen: 2500,
  stage: "session",
  cause: "target" as const,
  samples: [],
});

describe("the verdict line", () => {
  it.each([
    ["pass", 0, "✓ PASSED"],
    ["fail", 99, "✗ FAILED"],
    ["invalid", 97, "✗ INVALID"],
    ["interrupted", 105, "■ INTERRUPTED"],
    ["stopped", 103, "■ STOPPED"],
  ] as const)("%s", (verdict, exitCode, words) => {
    const [first] = compact(sampleSummary({ verdict, exitCode })).split("\n");
    expect(first).toContain(words);
    expect(first).toContain(`exit code ${exitCode}`);
    expect(first).toContain("28.2 s");
  });

  it("is followed by the reasons: first what makes the result invalid, then the thresholds", () => {
    const base = sampleSummary();
    const summary = sampleSummary({
      verdict: "invalid",
      exitCode: 97,
      validity: { ...base.validity, valid: false, reasons: ["send lag p99 was 90 ms"] },
      thresholds: [threshold(10, false)],
    });
    const lines = full(summary).split("\n");
    expect(lines[2]).toContain("send lag p99 was 90 ms");
    expect(lines[3]).toContain("latency p99 < 10ms does not hold: observed 20.0 ms");
    expect(compact(summary)).toMatch(/^ {2}because {7}send lag p99 was 90 ms/m);
    expect(compact(summary)).toContain("(and 1 more)");
  });
});

it("does not hold thresholds against a run that was cut short", () => {
  const thresholds = [threshold(10, false)];
  const summary = sampleSummary({ verdict: "interrupted", exitCode: 105, thresholds });
  expect(compact(summary)).not.toContain("because");
  expect(full(summary)).not.toContain("does not hold");
});

describe("thresholds", () => {
  it("shows what was observed beside the rule, failed ones first", () => {
    const thresholds = [threshold(100, true), threshold(10, false)];
    const text = compact(sampleSummary({ verdict: "fail", exitCode: 99, thresholds }));
    expect(text.indexOf("✗ latency p99 < 10ms")).toBeLessThan(
      text.indexOf("✓ latency p99 < 100ms"),
    );
    expect(text).toMatch(/✗ latency p99 < 10ms\s+observed 20\.0 ms/);
  });

  it("says why there is nothing to show", () => {
    const nothing = { ...threshold(10, false), observed: null, reason: "no latency was measured" };
    expect(compact(sampleSummary({ thresholds: [nothing] }))).toContain(
      "observed no data (no latency was measured)",
    );
    expect(compact(sampleSummary({ thresholds: [] }))).toContain("none in the scenario");
  });
});

describe("size", () => {
  const many = Array.from({ length: 12 }, (_, index) => threshold(index + 1, index % 2 === 0));
  const failures = Array.from({ length: 30 }, (_, index) =>
    failure("close-code", `40${index}`, index),
  );

  it("a compact summary keeps within 15 lines, whatever happened", () => {
    const base = sampleSummary();
    const worst = sampleSummary({
      verdict: "invalid",
      exitCode: 97,
      validity: { ...base.validity, valid: false, reasons: ["one", "two", "three"] },
      thresholds: many,
      failures,
    });
    expect(compact(worst).trimEnd().split("\n").length).toBeLessThanOrEqual(15);
    expect(compact(worst)).toContain("… and 9 more; 6 of 12 passed");
    expect(compact(worst)).toContain("… and 28 more groups");
    expect(compact(base).trimEnd().split("\n").length).toBeGreaterThanOrEqual(10);
  });

  it("a full one has every threshold, the phases and the workers", () => {
    const text = full(sampleSummary({ thresholds: many, failures }));
    for (const { rule } of many) expect(text).toContain(rule);
    expect(text).toMatch(/phase\s+run time\s+established/);
    expect(text).toMatch(/steady\s+00:00 to 00:28\s+9,990/);
    expect(text).toMatch(/worker-1\s+here\s+finished\s+1\s+9,990\s+0\.40 cores/);
    for (const { signature } of failures) expect(text).toContain(signature);
  });
});

describe("numbers", () => {
  it("have units, and corrected latency stands beside service time", () => {
    const text = compact(sampleSummary());
    expect(text).toMatch(
      /latency\s+p50 10\.0 ms .* max 50\.0 ms {2}\(corrected: from the intended/,
    );
    expect(text).toMatch(/service\s+p50 8\.00 ms .* \(from the actual send\)/);
    expect(text).toContain("99.875% of planned messages sent");
    expect(text).toContain("10,000 planned, 9,990 established, 10 failed, peak 9,990");
  });

  it("that were not taken are no data, not zero", () => {
    const base = sampleSummary();
    const text = compact(
      sampleSummary({
        connections: { ...base.connections, connectMs: null, peak: null },
        messages: { ...base.messages, latencyMs: null, serviceMs: null, lost: null },
      }),
    );
    expect(text).toMatch(/connect\s+no data/);
    expect(text).toMatch(/latency\s+no data/);
    expect(text).toContain("peak no data");
    expect(text).not.toContain("lost");
  });

  it("of an unbalanced ledger and missing frames are named", () => {
    const base = sampleSummary();
    const validity = {
      ...base.validity,
      ledger: { balanced: false, differences: { "connections.attempted": -3 } },
      framesMissing: 2,
      maskedSeconds: 4,
    };
    expect(compact(sampleSummary({ validity }))).toContain(
      "ledger off: connections.attempted by -3, 2 frames missing, 4 s masked",
    );
  });
});

describe("hostile text", () => {
  it("is escaped wherever it may come from", () => {
    const evil = "\u001b[2J\u202eevil\r\n";
    const base = sampleSummary();
    const summary = sampleSummary({
      name: evil,
      verdict: "invalid",
      validity: { ...base.validity, valid: false, reasons: [evil] },
      failures: [failure("close-code", evil, 3)],
      connections: { ...base.connections, failedByKind: { [evil]: 1 } },
      messages: {
        ...base.messages,
        byName: {
          [evil]: {
            ...{ sent: 1, expected: 1, matched: 1, rejected: null, timedOut: 0, unanswered: 0 },
            ...{ corruptReplies: 0, late: 0, latencyMs: null },
          },
        },
      },
      workers: base.workers.map((worker) => ({ ...worker, host: evil, id: evil })),
      phases: base.phases.map((phase) => ({ ...phase, phase: evil })),
    });
    for (const text of [compact(summary), full(summary)]) {
      expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });
});

describe("colour", () => {
  it("is never the only signal", () => {
    const summary = sampleSummary({ thresholds: [threshold(10, false), threshold(100, true)] });
    const coloured = summaryText({ summary }, "full", { style: makeStyle(true) });
    expect(coloured).toContain("\u001b[");
    expect(stripVTControlCharacters(coloured)).toBe(full(summary));
  });
});
