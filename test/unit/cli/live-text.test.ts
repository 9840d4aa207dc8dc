/** Goal: the live view and the plain line are complete, bounded and safe. Method: views, one property each. */
import { describe, expect, it } from "vitest";
import { LIVE_LINES, liveBlock, plainLine } from "../../../coordinator/cli/terminal/live-text.ts";
import { makeStyle } from "../../../coordinator/cli/terminal/style.ts";
import { sampleView } from "./samples.ts";

const plain = makeStyle(false);
const evil = "\u001b[2J\u202eevil\r\n";

const failures = Array.from({ length: 10 }, (_, index) => ({
  kind: "close-code",
  signature: `400${index}`,
  count: 10 - index,
}));
const thresholds = Array.from({ length: 10 }, (_, index) => ({
  metric: "latency",
  rule: `p99 < ${index}ms`,
  observed: null,
  passed: null,
}));

describe("the live view", () => {
  it("has everything a person watches for", () => {
    const text = liveBlock(sampleView(), 100, plain);
    for (const part of [
      "echo  running, 2 workers",
      "00:12 / 00:28  phase steady (2/3)",
      "planned 10,000   open 9,998",
      "sent 8,012/s   received 8,001/s",
      "p50 1.20 ms   p90 3.10 ms   p99 12.3 ms   max 40.0 ms",
      "ok   busy 34%   send lag p99 1.10 ms   loop lag max 4.00 ms",
      "✓ latency p99 < 200ms (12.3 ms)",
    ]) {
      expect(text).toContain(part);
    }
  });

  it("shows what is listened for, with its latency where it may be told", () => {
    const push = [
      { name: evil, received: 51_676, latencyUs: { p50: 8135, p99: 48_031 } },
      { name: "tick", received: 3, latencyUs: null },
      { name: "third", received: 3, latencyUs: null },
    ];
    const text = liveBlock(sampleView({ push }), 100, plain);
    expect(text).toMatch(/push .*51,676 {3}p50 8\.13 ms|push .*51,676 {3}p50 8\.14 ms/);
    expect(text).toContain("tick 3\n");
    expect(text).not.toContain("third");
    expect(text).not.toContain("\u001b[2J");
  });

  it("shows roles with what is open of them, and steps that fail, within 80 columns", () => {
    const roles = Array.from({ length: 10 }, (_, at) => ({
      ...{ name: at === 0 ? evil : `role-${at}`, open: 1000 * at },
      failed: at === 1 ? 7 : 0,
    }));
    const steps = [
      { name: "login", started: 200, failed: 50 },
      { name: evil, started: 3, failed: 3 },
      { name: "third", started: 3, failed: 1 },
    ];
    const text = liveBlock(sampleView({ roles, steps, failures, thresholds }), 80, plain);
    expect(text).toContain("role-1 1,000 open (7 failed)");
    expect(text).toMatch(/roles .*\n.*… \d more\n/);
    expect(text).toContain("login 50 failed of 200 (25%)");
    expect(text).not.toContain("third");
    expect(text).not.toContain("\u001b[2J");
    const lines = text.split("\n");
    expect(lines.length).toBeLessThanOrEqual(LIVE_LINES);
    for (const line of lines.filter((one) => /role-|login/.test(one)))
      expect(line.length).toBeLessThanOrEqual(80);
  });

  it("says in words when the generator is the limit", () => {
    const { generator } = sampleView();
    const view = sampleView({ generator: { ...generator, saturated: true } });
    expect(liveBlock(view, 100, plain)).toContain("SATURATED");
    expect(plainLine(view)).toContain("GENERATOR SATURATED");
    expect(plainLine(view)).not.toContain("INVALID");
    const reasons = [`The load generator ${evil} sent messages late.`, "Another one."];
    const invalid = sampleView({ generator: { ...generator, reasons } });
    expect(liveBlock(invalid, 100, plain)).toMatch(/invalid so far: The load generator .*late\./);
    expect(liveBlock(invalid, 100, plain)).not.toContain("Another one");
    expect(plainLine(invalid)).toMatch(/INVALID SO FAR$/);
  });

  it("never grows beyond its bound", () => {
    const generator = { ...sampleView().generator, reasons: ["It was late."] };
    const text = liveBlock(sampleView({ failures, thresholds, generator }), 80, plain);
    expect(text.split("\n").length).toBeLessThanOrEqual(LIVE_LINES);
    expect(text).toContain("… and 6 more");
  });

  it.each([20, 60, 200])(
    "draws a bar on a terminal %i columns wide, before, during and after",
    (columns) => {
      for (const elapsedUs of [-2_000_000, 0, 14_000_000, 99_000_000]) {
        const bar = liveBlock(sampleView({ elapsedUs }), columns, plain).split("\n")[1] ?? "";
        const width = bar.match(/[█░]/g)?.length ?? 0;
        expect(width).toBeGreaterThanOrEqual(10);
        expect(width).toBeLessThanOrEqual(48);
      }
    },
  );
});

describe("the plain line", () => {
  it("is one line with units", () => {
    expect(plainLine(sampleView())).toBe(
      "00:12/00:28  running  phase steady (2/3)  planned 10,000  open 9,998  failed 2  sent 8,012/s  received 8,001/s  timed out 3  latency p50 1.20 ms p99 12.3 ms",
    );
    expect(plainLine(sampleView({ latencyUs: null, phase: null }))).toContain("latency no data");
  });
});

describe("hostile text", () => {
  it("is escaped in both", () => {
    const view = sampleView({
      name: evil,
      phase: { name: evil, index: 0, count: 1 },
      failures: [{ kind: "close-code", signature: evil, count: 1 }],
      generator: { ...sampleView().generator, reasons: [evil] },
    });
    expect(plainLine(view)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(liveBlock(view, 80, plain).replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
