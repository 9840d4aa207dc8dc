/**
 * Goal: a fault that is asked for while a run goes on is as sound as one of the file, begins at a moment that has not come, and is
 * refused with the place of what is wrong. Method: texts, against a strict scenario and a time of its run.
 */
import { describe, expect, it } from "vitest";
import { faultWindows, MAX_WINDOWS } from "../../../shared/scenario/fault-windows.ts";
import { MAX_FAULT_BYTES, readLiveFault } from "../../../shared/scenario/live-fault.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";

function scenario(faults: readonly object[] = []) {
  const text = JSON.stringify({
    ...{ version: 1, target: "ws://127.0.0.1:1/", faults },
    load: [
      { phase: "open", ramp: "burst", to: 4, hold: "10s" },
      { phase: "steady", hold: "90s" },
    ],
  });
  const read = parseScenario(text, {
    ...{ fileName: "example.json", env: {} },
    readFile: () => Buffer.alloc(0),
  });
  if (!read.ok) throw new Error(read.issues.map(({ what }) => what).join("; "));
  return read.scenario;
}

function ask(text: string, earliestUs: number | null = 12_345_678, faults: object[] = []) {
  const read = readLiveFault(text, { scenario: scenario(faults), earliestUs });
  if (read.ok) return "fault" in read ? read.fault : read.outside;
  return read.issues.map(({ line, column, path, what }) => `${line}:${column} ${path}: ${what}`);
}

describe("a fault that is asked for", () => {
  it("begins at the next whole millisecond that everybody can know of, without a time of its own", () => {
    const fault = ask("{ kind: disconnect, who: 20% }");
    expect(fault).toMatchObject({ phase: 1, offsetUs: 2_346_000, endedUs: null });
    expect(fault).toMatchObject({ name: "disconnect@steady+2s346ms" });
    expect(ask("{ kind: stop-reading, who: 3, for: 5s, at: steady+30s }")).toMatchObject({
      ...{ offsetUs: 30_000_000, forUs: 5_000_000, victims: { count: 3 } },
    });
    // A second one of the same moment has another name.
    const before = { at: "steady+2346ms", kind: "disconnect", who: "1%" };
    expect(ask("{ kind: disconnect, who: 20% }", 12_345_678, [before])).toMatchObject({
      name: "disconnect@steady+2s346ms (2)",
    });
  });

  it.each([
    ["kind: disconnect\nwho: 20%\nfro: 1s", '3:1 fro: unknown key "fro"'],
    ["kind: explode\nwho: 20%", '1:7 kind: unknown kind of fault "explode"'],
    ["kind: stop-reading\nwho: 20%", "1:1 : stop-reading needs for"],
    ["kind: disconnect\nwho: 20%\nat: open", "3:5 at: that moment is over"],
    ["kind: disconnect\nwho: 20%\nname: known", '3:7 name: the run has a fault "known"'],
    ["kind: disconnect\nwho: { role: nobody }", '2:14 who.role: unknown role "nobody"'],
    ["kind: stop-reading\nwho: 20%\nfor: 10m", "1:1 : it goes on beyond the run"],
    ["- a", "1:1 : expected a fault, got a list"],
    ["kind: [", "syntax error"],
    ["kind: call\nurl: http://127.0.0.1:1/", "call"],
  ])("is refused: %j", (text, issue) => {
    const known = [{ at: "steady+1s", kind: "disconnect", who: "1%", name: "known" }];
    expect(String(ask(text, 12_345_678, known))).toContain(issue);
  });

  it("needs a time before the run begins, and comes too late when its load is over", () => {
    expect(String(ask("{ kind: disconnect, who: 20% }", null))).toContain("has not begun yet");
    expect(ask("{ kind: disconnect, who: 20%, at: open }", null)).toMatchObject({ phase: 0 });
    expect(String(ask("{ kind: disconnect, who: 20% }", 100_000_000))).toContain("is over");
  });

  it("is one of the scenario once more, by its name, at the next moment or another", () => {
    const known = [
      { at: "on-request", for: "5s", kind: "blackhole", who: "5%", name: "dark" },
      { at: "steady+1s", every: "20s", kind: "disconnect", who: 2 },
    ];
    const first = ask("{ begin: dark }", 12_345_678, known);
    expect(first).toMatchObject({
      ...{ name: "dark@steady+2s346ms", phase: 1, offsetUs: 2_346_000, times: 1, forUs: 5e6 },
      ...{ victims: { share: 0.05 }, act: { kind: "blackhole" } },
    });
    // One without an end of its own goes on to the end of the run, whenever it begins.
    const endless = [
      { at: "on-request", kind: "disconnect", how: "silence", who: 2, name: "gone" },
    ];
    expect(ask("{ begin: gone, at: steady+30s }", 12_345_678, endless)).toMatchObject({
      forUs: 60e6,
    });
    expect(ask("{ begin: dark, at: steady+30s, name: again }", 12_345_678, known)).toMatchObject({
      ...{ name: "again", offsetUs: 30e6 },
    });
    const unnamed = ask('{ begin: "disconnect@steady+1s" }', 12_345_678, known);
    expect(unnamed).toMatchObject({ name: "disconnect@steady+2s346ms", times: 1, everyUs: 0 });
  });

  it.each([
    ["{ begin: drk }", "0 begin: the scenario has no fault"],
    ["{ begin: dark, who: 5% }", 'unknown key "who"'],
    ["{ begin: dark, at: open }", "that moment is over"],
    ["{ begin: dark, at: steady+88s }", "goes on beyond the run"],
    ["{ begin: dark, at: on-request }", "it would begin only when it is asked for again"],
  ])("is refused by its name: %s", (text, issue) => {
    const known = [{ at: "on-request", for: "5s", kind: "blackhole", who: "5%", name: "dark" }];
    expect(String(ask(text, 12_345_678, known))).toContain(issue.replace(/^0 /, ""));
  });

  it("may be done to the workers of the run, anew or once more, and then has no victims", () => {
    expect(ask("{ kind: pause-worker, who: 1, for: 5s }")).toMatchObject({
      ...{ name: "pause-worker@steady+2s346ms", phase: 1, offsetUs: 2_346_000, times: 1 },
      act: { workers: { count: 1 }, effect: { kind: "pause", forUs: 5e6 } },
    });
    const known = [{ at: "steady+1s", every: "5s", kind: "kill-worker", who: 1, name: "gone" }];
    expect(ask("{ begin: gone, at: steady+30s }", 12_345_678, known)).toMatchObject({
      ...{ name: "gone@steady+30s", offsetUs: 30e6, times: 1, act: { effect: { kind: "kill" } } },
    });
    expect(String(ask("{ kind: kill-worker, who: 1, name: gone }", 0, known))).toContain(
      'the run has a fault "gone"',
    );
    expect(String(ask("{ kind: pause-worker, who: 1, for: 5s, at: open }"))).toContain("is over");
    const call = { at: "steady", kind: "call", url: "http://127.0.0.1:1/", name: "reset" };
    expect(String(ask("{ begin: reset }", 0, [call]))).toContain("has no fault");
  });

  it("is bounded, with those there are", () => {
    const many = [{ at: "steady", every: "100ms", times: MAX_WINDOWS, kind: "disconnect", who: 1 }];
    expect(String(ask("{ kind: disconnect, who: 1 }", 12_345_678, many))).toContain("at most 200");
    expect(MAX_FAULT_BYTES).toBeLessThanOrEqual(65_536);
  });
});

it("a fault that was ended by hand keeps its windows in place, and those that had not begun are called off", () => {
  const { phases, faults } = scenario([
    { at: "steady", every: "20s", times: 3, for: "10s", kind: "stop-reading", who: 1, name: "x" },
  ]);
  const ended = faults.map((fault) => ({ ...fault, endedUs: 35_000_000 }));
  const windows = faultWindows({ phases, faults: ended });
  const seconds = windows.map(({ fromUs, toUs, untilUs, isCalledOff }) => {
    return [fromUs / 1e6, toUs / 1e6, untilUs / 1e6, isCalledOff];
  });
  expect(seconds).toEqual([
    [10, 20, 20, false],
    [30, 40, 35, false],
    [50, 60, 50, true],
  ]);
});
