/** What is settled before the schema looks: static placeholders, secrets, and overrides from the command line. */
import { describe, expect, it } from "vitest";
import { linesOf, minimal, parseText, scenarioOf } from "./reading.ts";

const env = { CHAT_TOKEN: "abcdefgh" };

describe("placeholders that have a value before the run", () => {
  it("are resolved, whole ones with their type", () => {
    const text = minimal(
      'vars: { n: 5, unit: s, name: "r-{{vars.n}}", on: true }\nname: "{{vars.name}}"\nseed: "{{vars.n + 1}}"\nconnect: { timeout: "{{vars.n}}{{vars.unit}}", tls: { verify: "{{vars.on}}" } }\n',
    );
    const scenario = scenarioOf(parseText(text));
    expect(scenario).toMatchObject({ name: "r-5", seed: 6 });
    expect(scenario.connect).toMatchObject({ timeoutUs: 5e6, tls: { rejectUnauthorized: true } });
  });

  it("hold no secret where it would be shown", () => {
    const text = minimal(
      'vars: { token: { env: CHAT_TOKEN, secret: true }, both: "x-{{vars.token}}" }\nname: "{{vars.both}}"\n',
    );
    expect(linesOf(parseText(text, { env }))).toEqual([
      "5:10 the secret vars.both would be shown here (use it in headers, the URL or messages only)",
    ]);
  });

  it("keeps secrets out of the target's URL, and registers what is made of them", () => {
    const text =
      'version: 1\nvars: { token: { env: CHAT_TOKEN, secret: true }, both: "x-{{vars.token}}" }\ntarget: "ws://localhost:1/?t={{vars.both}}"\nload: [{ phase: a, ramp: burst, to: 1, hold: 1s }]\n';
    const scenario = scenarioOf(parseText(text, { env }));
    expect(scenario.targets[0]?.url).toBe("ws://localhost:1/?t={{vars.both}}");
    expect(scenario.secrets).toEqual(["abcdefgh", "x-abcdefgh"]);
  });

  it("reports an unset variable once, where it is declared", () => {
    const text = minimal(
      'vars: { token: { env: NOPE } }\nname: "{{vars.token}}"\nconnect: { headers: { a: "{{vars.token}}" } }\n',
    );
    expect(linesOf(parseText(text))).toEqual([
      "4:23 the environment variable NOPE is not set (set it, or pass -e token=...)",
    ]);
  });
});

describe("overrides", () => {
  const file = minimal("vars: { room: a, n: 1, on: false, token: { env: NOPE, secret: true } }\n");
  const set = (...pairs: [string, string][]) => ({
    overrides: { vars: { token: "t0ken" }, set: pairs },
  });

  it("replace values before they are checked", () => {
    const scenario = scenarioOf(
      parseText(
        file,
        set(
          ["load.0.to", "5000"],
          ["load.a.over", "2m"],
          ["load[0].exclude", "true"],
          ["connect.timeout", "3s"],
          ["connect.headers", "{ x-a: b }"],
        ),
      ),
    );
    expect(scenario.phases[0]).toMatchObject({ to: 5000, durationUs: 120e6, exclude: true });
    expect(scenario.connect).toMatchObject({ timeoutUs: 3e6, headers: [["x-a", "b"]] });
  });

  it("report their problems under their own name, not at a place in the file", () => {
    const result = parseText(
      file,
      set(
        ["load.0.to", "many"],
        ["load.7.to", "5"],
        ["load.b.to", "5"],
        ["conect.timeout", "1s"],
        ["seed", "[1"],
        ["a..b", "1"],
        ["__proto__.x", "1"],
      ),
    );
    const issues = result.ok ? [] : result.issues;
    expect(issues.every(({ line, column }) => line === 0 && column === 0)).toBe(true);
    expect(issues.map(({ file: name, what }) => `${name}: ${what}`).sort()).toEqual([
      '--set __proto__.x: not a path: "__proto__.x"',
      '--set a..b: not a path: "a..b"',
      '--set conect.timeout: unknown key "conect"',
      '--set load.0.to: expected a number, got the text "many"',
      "--set load.7.to: there is no load.7",
      "--set load.b.to: there is no load.b",
      expect.stringContaining("--set seed: the value is not valid"),
    ]);
  });

  it("give vars in the type of the file, and stand for environment variables", () => {
    const overrides = { vars: { room: "b", n: "7", on: "true", token: "t0ken" }, set: [] };
    const scenario = scenarioOf(parseText(file, { overrides }));
    expect(scenario.vars).toEqual({ room: "b", n: 7, on: true, token: "t0ken" });
    expect(scenario.secrets).toEqual(["t0ken"]);
    const target =
      'version: 1\ntarget: "{{env.HERE}}"\nload: [{ phase: a, ramp: burst, to: 1, hold: 1s }]\n';
    const other = { vars: { HERE: "ws://localhost:2" }, set: [] };
    expect(scenarioOf(parseText(target, { overrides: other })).targets[0]?.url).toBe(
      "ws://localhost:2",
    );
  });

  it("are refused when they change nothing or have the wrong type", () => {
    const overrides = { vars: { rooom: "b", n: "many", on: "yes", token: "t" }, set: [] };
    const result = parseText(file, { overrides });
    expect(
      result.ok ? [] : result.issues.map((issue) => `${issue.file}: ${issue.what}`).sort(),
    ).toEqual([
      '-e n: the var is a number in the file: "many" is not a number',
      "-e on: the var is true or false in the file",
      "-e rooom: the scenario has no var rooom and no env.rooom",
    ]);
  });
});
