/**
 * Goal: whatever options a bare URL is given, they stand for one valid scenario that says what they say.
 * Method: generated options through the real parser; tables for what does not fit together.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BareUrlOptions,
  refuseBareUrlOptions,
} from "../../../coordinator/cli/options/bare-url-options.ts";
import { isTargetUrl, scenarioOfUrl } from "../../../coordinator/launch/scenario/bare-url.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";

function parsed(url: string, options: BareUrlOptions) {
  const result = parseScenario(scenarioOfUrl(url, options), {
    fileName: "command-line.yaml",
    env: {},
    readFile: () => {
      throw new Error("it names no file");
    },
  });
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.scenario;
}

const seconds = fc.integer({ min: 1, max: 500 });

describe("a bare URL", () => {
  it("stands for a valid scenario, whatever the options", () => {
    const options = fc.record({
      connections: fc.integer({ min: 1, max: 1_000_000 }),
      held: seconds,
      perSec: fc.integer({ min: 0, max: 1000 }),
      bytes: fc.integer({ min: 0, max: 100_000 }),
      ramp: fc.constantFrom("linear", "exponential", "step"),
      over: seconds,
    });
    fc.assert(
      fc.property(options, ({ connections, held, perSec, bytes, ramp, over }) => {
        const given = { duration: `${held}s`, rate: `${perSec}/s`, size: `${bytes}` };
        const scenario = parsed("ws://127.0.0.1:9001/a?b={{conn.index}}", {
          ...given,
          connections,
          ramp,
          over: `${over}s`,
        });
        expect(scenario.phases).toMatchObject([
          { ramp, to: connections, durationUs: over * 1e6 },
          { ramp: "hold", durationUs: held * 1e6 },
        ]);
        expect(scenario.messages?.rate.perSec ?? 0).toBe(perSec);
        if (perSec > 0) {
          expect(scenario.messages?.mix[0]?.send).toMatchObject({ kind: "binary", sizes: [bytes] });
          expect(scenario.integrity.stamp).toBe(bytes >= 16);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("has defaults, and a ramp of one second for each thousand connections", () => {
    expect(parsed("ws://[::1]:9001", {})).toMatchObject({
      name: "[::1]:9001",
      targets: [{ url: "ws://[::1]:9001" }],
      phases: [
        { ramp: "linear", to: 10, durationUs: 1e6 },
        { ramp: "hold", durationUs: 10e6 },
      ],
      messages: { rate: { kind: "perConnection", perSec: 1 } },
    });
    expect(parsed("ws://h", { connections: 2001 }).phases[0]?.durationUs).toBe(3e6);
    expect(parsed("ws://h", { connections: 3, ramp: "step" }).phases[0]).toMatchObject({
      steps: 3,
    });
  });

  it("a burst is one phase, and has no length of its own", () => {
    const burst = { connections: 7, ramp: "burst", duration: "4s" } as const;
    expect(parsed("ws://h", burst).phases).toMatchObject([
      { ramp: "burst", to: 7, durationUs: 4e6 },
    ]);
    expect(() => scenarioOfUrl("ws://h", { ...burst, over: "2s" })).toThrow(/--over/);
  });

  it("cannot break out of its text", () => {
    const url = 'ws://h/"\nload: []\n#';
    const text = scenarioOfUrl(url, {});
    expect(text.split("\n").filter((line) => line.startsWith("load:"))).toEqual(["load:"]);
  });

  it.each([
    ["ws://h", true],
    ["WSS://h", true],
    ["ws.yaml", false],
    ["http://h", false],
  ])("%s is a URL: %s", (text, expected) => {
    expect(isTargetUrl(text)).toBe(expected);
  });

  it("its options are refused beside a scenario file", () => {
    expect(() => refuseBareUrlOptions({})).not.toThrow();
    expect(() => refuseBareUrlOptions({ rate: "1/s" })).toThrow(/--rate goes with a URL/);
    expect(() => refuseBareUrlOptions({ printScenario: true })).toThrow(/--print-scenario/);
  });
});
