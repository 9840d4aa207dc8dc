/** Faults: what a scenario says of them, when they act, and what is refused. */
import { describe, expect, it } from "vitest";
import { faultWindows } from "../../../shared/scenario/fault-windows.ts";
import { writtenForm } from "../../../shared/scenario/written.ts";
import { linesOf, parseText, scenarioOf } from "./reading.ts";

const HEAD = `version: 1
target: ws://127.0.0.1:1/
load:
  - { phase: ramp, ramp: linear, to: 100, over: 10s }
  - { phase: steady, hold: 60s }
`;
const withFaults = (...faults: string[]) =>
  `${HEAD}faults:\n${faults.map((one) => `  - ${one}\n`).join("")}`;

function faultsOf(...faults: string[]) {
  return scenarioOf(parseText(withFaults(...faults))).faults;
}

describe("a fault", () => {
  it("is anchored to a phase, at once or so long after it began", () => {
    const [first, second] = faultsOf(
      "{ at: steady, kind: disconnect, who: 30% }",
      "{ at: ramp+2500ms, kind: disconnect, who: 12, how: close, code: 3008, name: kick }",
    );
    expect(first).toEqual({
      ...{
        name: "disconnect@steady",
        phase: 1,
        offsetUs: 0,
        forUs: 0,
        everyUs: 0,
        times: 1,
        endedUs: null,
      },
      victims: { share: 0.3, count: null, role: null, target: null, worker: null },
      recovered: null,
      act: { kind: "disconnect", how: "reset", code: 1000 },
    });
    expect(second).toMatchObject({ name: "kick", phase: 0, offsetUs: 2.5e6 });
    expect(second?.victims).toMatchObject({ share: 1, count: 12 });
    expect(second?.act).toEqual({ kind: "disconnect", how: "close", code: 3008 });
  });

  it("names one connection, and all of them", () => {
    const [one, all] = faultsOf(
      "{ at: steady, kind: disconnect, who: 1 }",
      "{ at: steady+1s, kind: disconnect, who: 100% }",
    );
    expect(one?.victims.count).toBe(1);
    expect(all?.victims).toMatchObject({ share: 1, count: null });
  });

  it("that lasts goes on to the end of the run unless it says how long", () => {
    const [rest, part] = faultsOf(
      "{ at: steady+20s, kind: disconnect, who: 1, how: silence }",
      "{ at: steady+20s, for: 5s, kind: disconnect, who: 1, how: silence }",
    );
    expect(rest?.forUs).toBe(40e6);
    expect(part?.forUs).toBe(5e6);
    expect([rest?.name, part?.name]).toEqual([
      "disconnect@steady+20s",
      "disconnect@steady+20s (2)",
    ]);
  });

  it("that is repeated begins as often as its phase has room for, or as often as it says", () => {
    const scenario = scenarioOf(
      parseText(
        withFaults(
          "{ at: steady+5s, every: 20s, kind: disconnect, who: 10% }",
          "{ at: ramp+1s, every: 2s, times: 2, kind: disconnect, who: 10%, name: early }",
        ),
      ),
    );
    expect(
      faultWindows(scenario).map(({ id, fromUs, toUs }) => [id, fromUs / 1e6, toUs / 1e6]),
    ).toEqual([
      ["disconnect@steady+5s#1", 15, 15],
      ["disconnect@steady+5s#2", 35, 35],
      ["disconnect@steady+5s#3", 55, 55],
      ["early#1", 1, 1],
      ["early#2", 3, 3],
    ]);
  });

  it("can be written back to what it was parsed from", () => {
    const text = withFaults(
      "{ at: steady+90s, kind: disconnect, who: 33% }".replace("90s", "30000ms"),
      "{ at: steady+1s, every: 10s, times: 3, kind: disconnect, who: 2, how: close, code: 4000, name: x }",
      "{ at: steady, for: 3s, kind: disconnect, who: { share: 5% }, how: silence, recovered: { within: 15s, to: 99% } }",
      "{ at: steady, for: 3s, kind: stale-token, who: 5%, query: token, value: '{{{{old' }",
      "{ at: steady, for: 3s, kind: abandoned-handshake, who: 5%, each: 3, hold: 2s }",
    );
    const result = parseText(text);
    if (!result.ok) throw new Error(linesOf(result).join("\n"));
    const again = parseText(JSON.stringify(writtenForm(result.scenario, result.given)));
    expect(scenarioOf(again).faults).toEqual(result.scenario.faults);
  });
});

describe("numbers that change while a fault acts", () => {
  const ramps = [
    "{ at: steady, for: 9s, kind: latency, who: 5, delay: { from: 0ms, to: 200ms }, jitter: 0ms }",
    "{ at: steady, for: 9s, kind: bandwidth, who: 5, rate: { from: 1mb/s, to: 64kb/s } }",
    "{ at: steady, for: 9s, kind: stall, who: 5, loss: { from: 1%, to: 10% } }",
    "{ at: steady, for: 9s, kind: slow-writer, who: 5, rate: { from: 100/s, to: 10/s } }",
    "{ at: steady, for: 9s, kind: slow-reader, who: 5, rate: { from: 10kb/s, to: 1kb/s } }",
    "{ at: steady, for: 9s, kind: flood, who: 5, rate: { from: 1/s, to: 100/s } }",
    "{ at: steady, for: 9s, kind: blackhole, who: { share: { from: 5%, to: 50% } } }",
  ];

  it("are read, and written back, as they were written", () => {
    const result = parseText(withFaults(...ramps));
    const known = scenarioOf(result).faults;
    expect(known[0]?.act).toMatchObject({ delayUs: { from: 0, to: 200_000 }, jitterUs: 0 });
    expect(known[1]?.act).toMatchObject({ ratePerSec: { from: 2 ** 20, to: 2 ** 16 } });
    expect(known.at(-1)?.victims.share).toEqual({ from: 0.05, to: 0.5 });
    if (!result.ok) throw new Error("it was read");
    const again = parseText(JSON.stringify(writtenForm(result.scenario, result.given)));
    expect(scenarioOf(again).faults).toEqual(known);
  });

  it.each([
    ["kind: latency, delay: { from: 1x, to: 2s }", /unknown unit "x"/],
    ["kind: latency, delay: { from: 1s }", /missing key to/],
    ["kind: latency, delay: { from: 1s, to: 2s, at: 3s }", /unknown key "at"/],
    ["kind: latency, delay: { from: 1s, to: 2m }", /longer than a minute/],
    ["kind: latency, delay: { from: 0ms, to: 1s }, jitter: 10ms", /jitter is more than delay/],
    ["kind: flood, rate: { from: 1/s, to: 20000/s }", /more than 10000 messages a second/],
  ])("are refused where they cannot be: %s", (fault, what) => {
    const text = withFaults(`{ at: steady, for: 9s, who: 5, ${fault} }`);
    expect(linesOf(parseText(text)).join("\n")).toMatch(what);
  });

  it.each([
    ["from: 50%, to: 5%", "for: 9s, kind: blackhole", /a share can only grow/],
    ["from: 5%, to: 50%", "kind: disconnect", /done in a moment: its share cannot grow/],
  ])("are refused of a share that cannot grow: %s", (share, fault, what) => {
    const text = withFaults(`{ at: steady, ${fault}, who: { share: { ${share} } } }`);
    expect(linesOf(parseText(text)).join("\n")).toMatch(what);
  });
});

describe("a combination", () => {
  const whole = (parts: string) =>
    withFaults(`{ at: steady, for: 9s, kind: combination, who: 20%, name: bad, parts: ${parts} }`);
  const two = "[{ kind: latency, delay: 150ms }, { kind: slow-reader, rate: 1kb/s }]";

  it("is one fault, and written back as it was", () => {
    const result = parseText(whole(two));
    const [known, ...others] = scenarioOf(result).faults;
    expect(others).toEqual([]);
    expect(known?.act).toEqual({
      kind: "combination",
      parts: [
        { kind: "latency", delayUs: 150e3, jitterUs: 0, distribution: "uniform", direction: "in" },
        { kind: "slow-reader", bytesPerSec: 1024 },
      ],
    });
    if (!result.ok) throw new Error("it was read");
    const again = parseText(JSON.stringify(writtenForm(result.scenario, result.given)));
    expect(scenarioOf(again).faults).toEqual([known]);
  });

  it.each([
    ["[{ kind: latency, delay: 1s }]", /at least 2 items/],
    ["[{ kind: latency, delay: 1s }, { kind: disconnect }]", /no kind that can be a part: "disc/],
    ["[{ kind: latency, delay: 1s }, { kind: latncy }]", /did you mean latency/],
    ["[{ kind: latency, delay: 1s }, { kind: idle, who: 5% }]", /who is that of the combination/],
    ["[{ kind: latency, delay: 1s, jitter: 2s }, { kind: idle }]", /jitter is more than delay/],
    ["[{ kind: latency, dely: 1s }, { kind: idle }]", /unknown key "dely"/],
    ["[{ kind: latency }, { kind: idle }]", /missing key delay/],
    [
      "[{ kind: bandwidth, rate: 0 }, idle]",
      /must be 1 to [\s\S]*expected a part of a combination/,
    ],
  ])("is refused with the place of what is wrong: %s", (parts, what) => {
    expect(linesOf(parseText(whole(parts))).join("\n")).toMatch(what);
  });
});

describe("a fault on request", () => {
  it("does not begin by itself, and is written back", () => {
    const text = withFaults("{ at: on-request, for: 5s, kind: blackhole, who: 5%, name: dark }");
    const result = parseText(text);
    const { faults, phases } = scenarioOf(result);
    expect(faults[0]).toMatchObject({ name: "dark", times: 0, forUs: 5e6 });
    expect(faultWindows({ phases, faults })).toEqual([]);
    if (!result.ok) throw new Error("it was read");
    const again = parseText(JSON.stringify(writtenForm(result.scenario, result.given)));
    expect(scenarioOf(again).faults).toEqual(faults);
  });

  it("is not repeated", () => {
    const text = withFaults("{ at: on-request, every: 5s, kind: disconnect, who: 5% }");
    expect(linesOf(parseText(text)).join("\n")).toMatch(/no meaning where it is asked for/);
  });
});

it("a slow writer may act beside what is done to the network", () => {
  const slow = "{ at: steady+10s, for: 10s, kind: slow-writer, who: 5%, rate: 100/s }";
  expect(
    faultsOf(slow, "{ at: steady+12s, for: 5s, kind: latency, delay: 50ms, who: 5% }"),
  ).toHaveLength(2);
});

describe("what is refused, all of it and each with its place", () => {
  const problems = (...faults: string[]) => linesOf(parseText(withFaults(...faults))).join("\n");

  it.each([
    [
      "{ at: stedy+1s, kind: disconnect, who: 1 }",
      /^7:11 unknown phase "stedy" \(did you mean steady\?\)/,
    ],
    ["{ at: steady+1x, kind: disconnect, who: 1 }", /^7:11 unknown unit "x"/],
    ["{ at: steady+2m, kind: disconnect, who: 1 }", /phase steady is over after 1m/],
    [
      "{ at: steady, kind: disconect, who: 1 }",
      /unknown kind of fault "disconect" \(did you mean disconnect\?\)/,
    ],
    ["{ at: steady, kind: disconnect }", /missing key who/],
    ["{ at: steady, kind: disconnect, who: 0 }", /^7:42 not a share: "0"/],
    ["{ at: steady, kind: disconnect, who: 0% }", /more than 0%/],
    [
      "{ at: steady, kind: disconnect, who: { share: 1%, count: 2 } }",
      /only one of share or count/,
    ],
    ["{ at: steady, kind: disconnect, who: { role: nobody } }", /unknown role "nobody"/],
    ["{ at: steady, kind: disconnect, who: { target: nowhere } }", /unknown target "nowhere"/],
    ["{ at: steady, for: 1s, kind: disconnect, who: 1 }", /lasts no time/],
    ["{ at: steady, kind: disconnect, who: 1, code: 3000 }", /code has no meaning with how: reset/],
    [
      "{ at: steady, kind: disconnect, who: 1, how: close, code: 1006 }",
      /may send the close code 1006/,
    ],
    ["{ at: steady, kind: disconnect, who: 1, times: 3 }", /times has no meaning without every/],
    [
      "{ at: steady+50s, for: 20s, kind: disconnect, who: 1, how: silence }",
      /beyond the run, which is over after 1m10s/,
    ],
    [
      "{ at: steady, for: 9s, every: 5s, kind: disconnect, who: 1, how: silence }",
      /begin again before it has ended/,
    ],
    ["{ at: steady, kind: disconnect, who: 1, delay: 3s }", /delay/],
  ])("%s", (fault, what) => {
    expect(problems(fault)).toMatch(what);
  });

  it("several at once", () => {
    const lines = problems(
      "{ at: nowhere, kind: disconnect, who: 1 }",
      "{ at: steady, kind: disconnect, who: 1, code: 3000 }",
      "{ at: steady, kind: nothing, who: 1 }",
    );
    expect(lines.split("\n")).toHaveLength(3);
  });

  it("two of one name", () => {
    const one = "{ at: steady, kind: disconnect, who: 1, name: same }";
    expect(problems(one, one)).toMatch(/duplicate fault same/);
  });

  it("one during a search for the limit, and one that reaches into it", () => {
    const text = (fault: string) => `version: 1
target: ws://127.0.0.1:1/
load:
  - { phase: steady, ramp: burst, to: 10, hold: 30s }
  - { phase: search, ramp: find-limit, step: 10, to: 100, settle: 5s, until: "connect failed > 1%" }
  - { phase: after, hold: 30s }
faults:
  - ${fault}
`;
    const lines = (fault: string) => linesOf(parseText(text(fault))).join("\n");
    const refused = /during search, which looks for the limit of an undisturbed target/;
    expect(lines("{ at: search+1s, kind: disconnect, who: 1 }")).toMatch(refused);
    expect(lines("{ at: steady+20s, for: 20s, kind: disconnect, who: 1, how: silence }")).toMatch(
      refused,
    );
    const behind = parseText(text("{ at: after+1s, kind: disconnect, who: 1 }"));
    expect(scenarioOf(behind).faults).toHaveLength(1);
  });

  it.each([
    ["stale-token, header: x-token", /header and query need value/],
    ["stale-token, value: old, header: x-token, query: token", /only one of header or query/],
    ["stale-token, value: old, header: Upgrade", /no header that may be set/],
    ["stale-token, value: old€", /characters that a header cannot carry/],
    ["handshake-flood, rate: 6000/s", /more than 5000 handshakes a second/],
    ["abandoned-handshake, each: 101", /101/],
  ])("of handshakes: %s", (kind, problem) => {
    const at = "at: steady, for: 10s, who: 5%";
    expect(problems(`{ ${at}, kind: ${kind} }`)).toMatch(problem);
  });

  it("more windows than there may be", () => {
    expect(problems("{ at: steady, every: 100ms, kind: disconnect, who: 1 }")).toMatch(
      /begin 600 times in all, at most 200/,
    );
  });
});
