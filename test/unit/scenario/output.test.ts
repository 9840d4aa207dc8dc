/** Goal: addresses to listen on are read as they are meant, or refused. Method: tables, and scenarios that name them. */
import { describe, expect, it } from "vitest";
import { formatListenAddress, parseListenAddress } from "../../../shared/scenario/output.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";

describe("an address to listen on", () => {
  it.each([
    [":9464", "127.0.0.1", 9464, "127.0.0.1:9464"],
    [":0", "127.0.0.1", 0, "127.0.0.1:0"],
    ["0.0.0.0:9464", "0.0.0.0", 9464, "0.0.0.0:9464"],
    ["localhost:65535", "localhost", 65535, "localhost:65535"],
    ["[::1]:9464", "::1", 9464, "[::1]:9464"],
  ])("%s", (text, host, port, shown) => {
    const address = parseListenAddress(text);
    expect(address).toEqual({ host, port });
    expect(address && formatListenAddress(address)).toBe(shown);
    expect(parseListenAddress(shown)).toEqual(address);
  });

  it.each([
    "",
    "9464",
    ":",
    ":65536",
    ":123456",
    "::1:9464",
    "a b:1",
    "host:",
    "http://x:1",
    ":1/a",
  ])("refuses %j", (text) => {
    expect(parseListenAddress(text)).toBeNull();
  });
});

describe("outputs of a scenario", () => {
  function outputsOf(outputs: string) {
    const text = `version: 1\ntarget: ws://localhost:1\nload: [{ phase: a, ramp: linear, to: 1, over: 1s }]\noutputs: ${outputs}\n`;
    const parsed = parseScenario(text, {
      fileName: "s.yaml",
      env: {},
      overrides: { vars: {}, set: [] },
      readFile: () => Buffer.alloc(0),
    });
    return parsed.ok ? parsed.scenario.outputs : parsed.issues.map(({ what }) => what);
  }

  it("may be scraped, on this machine unless told", () => {
    expect(outputsOf("[json, prometheus]")).toEqual([
      { kind: "json", to: null },
      { kind: "prometheus", to: "127.0.0.1:9464" },
    ]);
    expect(outputsOf('[{ prometheus: "0.0.0.0:0" }]')).toEqual([
      { kind: "prometheus", to: "0.0.0.0:0" },
    ]);
  });

  it("are refused at what is no address, and twice at the same", () => {
    expect(outputsOf("[{ prometheus: metrics.txt }]")).toEqual([
      'not an address to listen on: "metrics.txt"',
    ]);
    expect(outputsOf('[prometheus, { prometheus: "127.0.0.1:9464" }]')).toEqual([
      "the output prometheus is written twice",
    ]);
  });
});
