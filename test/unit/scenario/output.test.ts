/** Goal: addresses to listen on are read as they are meant, or refused. Method: tables, and scenarios that name them. */
import { describe, expect, it } from "vitest";
import {
  formatListenAddress,
  parseListenAddress,
  readCollectorUrl,
} from "../../../shared/scenario/output.ts";
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

describe("the URL of a collector", () => {
  it.each([
    ["http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/metrics"],
    ["https://otel.example/", "https://otel.example/v1/metrics"],
    ["http://[::1]:4318", "http://[::1]:4318/v1/metrics"],
    ["http://p:9090/api/v1/otlp/v1/metrics", "http://p:9090/api/v1/otlp/v1/metrics"],
  ])("%s", (text, url) => {
    expect(readCollectorUrl(text)).toEqual({ url });
  });

  it.each([
    ["", "not the URL"],
    ["collector", "not the URL"],
    ["collector:4318", "http:// or https://"],
    ["grpc://collector:4317", "http:// or https://"],
    ["http://s3cr3t@c:1", "user and password"],
    ["http://me:s3cr3t@c:1/x", "user and password"],
    ["http://c:1/?token=s3cr3t", "no query"],
    ["http://c:1/#s3cr3t", "and no fragment"],
  ])("refuses %j and does not repeat it", (text, wrong) => {
    const refused = readCollectorUrl(text);
    expect(JSON.stringify(refused)).toContain(wrong);
    expect(JSON.stringify(refused)).not.toContain("s3cr3t");
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

  it("may be pushed, to this machine unless told", () => {
    expect(outputsOf("[otlp, { otlp: 'http://collector:4318' }]")).toEqual([
      { kind: "otlp", to: "http://127.0.0.1:4318/v1/metrics" },
      { kind: "otlp", to: "http://collector:4318/v1/metrics" },
    ]);
    expect(outputsOf("[{ otlp: 'http://me:s3cr3t@collector:4318' }]")).toEqual([
      "user and password in the URL of a collector are not supported",
    ]);
    expect(outputsOf("[otlp, { otlp: 'http://127.0.0.1:4318/' }]")).toEqual([
      "the output otlp is written twice",
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
