/** Goal: a scenario whose run could distinguish its explanations gets no note, and another says which it could not. */
import { describe, expect, it } from "vitest";
import { loadSize } from "../../../coordinator/plan/load-size.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";

const GOOD = `
version: 1
name: soak
target: ws://127.0.0.1:9001
load:
  - { phase: come, ramp: linear, to: 100, over: 60s }
  - { phase: stay, hold: 10m }
messages: { rate: 1/s, mix: [{ name: say, send: { text: hello } }] }
`;

function spotsOf(text: string): string[] {
  const parsed = parseScenario(text, {
    fileName: "t.yaml",
    env: {},
    readFile: () => Buffer.alloc(0),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return loadSize(parsed.scenario).blindSpots.map(({ what }) => what);
}

describe("what a run could not distinguish", () => {
  it("is nothing for a soak that ramps, holds and talks, and for a trial of a minute", () => {
    expect(spotsOf(GOOD)).toEqual([]);
    const trial = GOOD.replace("hold: 10m", "hold: 30s").replace(/messages:.*\n/, "");
    expect(spotsOf(trial)).toEqual([]);
  });

  it.each([
    ["nobody ever sends", GOOD.replace(/messages:.*\n/, ""), /idle timeout/],
    [
      "all come at once",
      GOOD.replace("ramp: linear, to: 100, over: 60s", "ramp: burst, to: 100, hold: 1m"),
      /one second/,
    ],
    ["the load never stays", GOOD.replace("hold: 10m", "ramp: linear, to: 0, over: 10m"), /30 s/],
    [
      "each connect logs in",
      `${GOOD}flow: { before: [{ http: { get: "http://127.0.0.1:9001/stats" } }] }\n`,
      /expired token/,
    ],
  ])("%s", (_, text, expected) => {
    const spots = spotsOf(text);
    expect(spots).toHaveLength(1);
    expect(spots[0]).toMatch(expected);
  });

  it("takes no step for sending that sends nothing, and no arrivals for steady load before anybody goes", () => {
    const steps = (loop: string) => GOOD.replace(/messages:.*\n/, `flow: { loop: [${loop}] }\n`);
    expect(spotsOf(steps("{ wait: 5s }, { mark: there }"))[0]).toMatch(/idle timeout/);
    expect(spotsOf(steps("{ repeat: { times: 2, steps: [ping] } }, { wait: 5s }"))).toEqual([]);
    const arrive = (stay: string) =>
      GOOD.replace("hold: 10m", `arrive: 1/s, for: 10m, stay: ${stay}`);
    expect(spotsOf(arrive("1m"))).toEqual([]);
    expect(spotsOf(arrive("15m"))[0]).toMatch(/30 s/);
    expect(spotsOf(arrive("exp(4m)"))[0]).toMatch(/30 s/);
  });

  it("says nothing of a login that is made once", () => {
    const once = `${GOOD}flow: { before: [{ http: { get: "http://127.0.0.1:9001/stats", when: "!has(conn.token)", capture: { token: "body.name" } } }] }\n`;
    expect(spotsOf(once)).toEqual([]);
  });
});
