/** Goal: people's settings about colour and live output are honoured. Method: a table of environments. */
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../coordinator/cli/config.ts";
import { wantsColour, wantsLiveView } from "../../../coordinator/cli/terminal/style.ts";

const settings = (environment: NodeJS.ProcessEnv) => readConfig(environment).terminal;

describe("colour", () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ FORCE_COLOR: "false" }, true, false],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
    [{ TERM: "dumb" }, true, false],
    [{ CI: "true" }, true, true],
    [{ CI: "true" }, false, false],
  ])("%o on a terminal: %s -> %s", (environment, isTerminal, expected) => {
    expect(wantsColour(settings(environment), isTerminal)).toBe(expected);
  });
});

describe("the live view", () => {
  const terminal = { isTTY: true, columns: 80, rows: 24 };

  it.each([
    [{}, terminal, true],
    [{}, { isTTY: false }, false],
    [{}, {}, false],
    [{}, { ...terminal, columns: 0, rows: 0 }, false],
    [{ CI: "true" }, terminal, false],
    [{ CI: "false" }, terminal, true],
    [{ TERM: "dumb" }, terminal, false],
    [{ NO_COLOR: "1" }, terminal, true],
  ])("%o on %o: %s", (environment, screen, expected) => {
    expect(wantsLiveView(settings(environment), screen)).toBe(expected);
  });
});

describe("the rest of the environment", () => {
  it("reads the list of allowed targets and the debug switch", () => {
    const config = readConfig({
      ONRUSH_ALLOW_TARGETS: "a.example, b.example:9000,,",
      ONRUSH_DEBUG: "1",
    });
    expect(config.allowTargets).toEqual(["a.example", "b.example:9000"]);
    expect(config.debug).toBe(true);
    expect(readConfig({ ONRUSH_DEBUG: "0" }).debug).toBe(false);
  });
});
