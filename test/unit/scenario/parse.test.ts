/** Valid scenarios: what the strict form holds, its defaults, and the files it refers to. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NO_AUDIT, NO_CONVERSATION } from "../../../shared/scenario/defaults.ts";
import { rowsOf } from "../../support/data-table.ts";
import {
  fixtureFolder,
  linesOf,
  minimal,
  parseFile,
  parseText,
  readFrom,
  scenarioOf,
  scenariosIn,
} from "./reading.ts";

const valid = fixtureFolder("valid");
const env = {
  ONRUSH_TARGET: "ws://127.0.0.1:8080/",
  HOST: "chat.example",
  ZONE: "eu-west",
  CHAT_TOKEN: "abcdefgh",
};

describe("valid scenarios", () => {
  it.each(scenariosIn(valid))("%s", (name) => {
    expect(linesOf(parseFile(valid, name, { env }))).toEqual([]);
  });

  it("are given as examples", () => {
    const examples = join(import.meta.dirname, "../../../examples");
    const names = readdirSync(examples).filter((name) => name.endsWith(".yaml"));
    expect(names.length).toBeGreaterThanOrEqual(5);
    for (const name of names) expect(linesOf(parseFile(examples, name, { env }))).toEqual([]);
  });

  it("takes a var from the environment, else its default", () => {
    const text = `${minimal()}vars: { a: { env: GIVEN, default: x }, b: { env: MISSING, default: "y z" } }\n`;
    const { vars } = scenarioOf(parseText(text, { env: { GIVEN: "given" } }));
    expect(vars).toEqual({ a: "given", b: "y z" });
  });

  it("fills every default", () => {
    expect(scenarioOf(parseText(minimal(), { fileName: "dir/my.load.yaml" }))).toEqual({
      version: 1,
      name: "my.load",
      seed: 1,
      vars: {},
      env: {},
      secrets: [],
      data: {},
      ...NO_CONVERSATION,
      targets: [{ url: "ws://localhost:1", weight: 1, label: "localhost:1" }],
      connect: {
        headers: [],
        subprotocols: [],
        timeoutUs: 10e6,
        tls: { ca: null, cert: null, key: null, servername: null, rejectUnauthorized: true },
        compression: false,
        driver: "lean",
        heartbeat: null,
        reconnect: { policy: "none", minUs: 0, maxUs: 0, attempts: 0 },
        localAddresses: "auto",
        maxMessageBytes: 16 * 1024 ** 2,
      },
      phases: [
        { phase: "a", exclude: false, messageFactor: 1, ramp: "linear", to: 10, durationUs: 1e6 },
      ],
      messages: null,
      integrity: { ...NO_AUDIT, stamp: false },
      thresholds: [],
      outputs: [{ kind: "json", to: null }],
    });
  });

  it("fills the defaults of messages, heartbeat and reconnect", () => {
    const text = minimal(
      "connect: { heartbeat: { ping: 5s }, reconnect: { policy: exponential } }\nmessages: { rate: 1/s, mix: [{ name: x, send: { binary: { size: 1kb } } }] }\n",
    );
    const { connect, messages } = scenarioOf(parseText(text));
    expect(connect.heartbeat).toEqual({ pingUs: 5e6, timeoutUs: 10e6 });
    expect(connect.reconnect).toEqual({
      policy: "exponential",
      minUs: 500_000,
      maxUs: 30e6,
      attempts: 10,
    });
    expect(messages).toEqual({
      rate: { kind: "perConnection", perSec: 1 },
      arrival: "uniform",
      inFlight: 64,
      mix: [
        {
          name: "x",
          weight: 1,
          send: { kind: "binary", sizes: [1024], fill: "random" },
          reply: { match: "none" },
          sequence: null,
        },
      ],
    });
  });

  it("takes an arrival rate that changes, and none of nothing", () => {
    const load = (arrive: string) =>
      `version: 1\ntarget: ws://localhost:1\nload: [{ phase: a, arrive: ${arrive}, stay: 1s, for: 1s }]\n`;
    const { phases } = scenarioOf(parseText(load("{ from: 0/s, to: 120/min }")));
    expect(phases).toMatchObject([{ ramp: "arrivals", arrivalsPerSec: { from: 0, to: 2 } }]);
    const refused = (arrive: string) => linesOf(parseText(load(arrive))).join("\n");
    expect(refused("{ from: 0/s, to: 0/s }")).toContain("the rate is zero");
    expect(refused("0/s")).toContain("the rate is zero");
    expect(refused("{ from: 1/s }")).toContain("missing key to");
    expect(refused("{ from: fast, to: 1/s }")).toContain("not a rate");
    expect(refused("fast")).toContain("not a rate");
  });

  it("knows every ramp", () => {
    const { phases } = scenarioOf(parseFile(valid, "every-ramp.yaml"));
    expect(phases.map(({ ramp, durationUs }) => [ramp, durationUs / 1e6])).toEqual([
      ["linear", 3],
      ["exponential", 3],
      ["step", 4],
      ["burst", 3],
      ["points", 3],
      ["hold", 90],
      ["hold", 0.25],
      ["arrivals", 4],
      ["arrivals", 120],
      ["linear", 2],
    ]);
    expect(phases[0]?.exclude).toBe(true);
    expect(phases[5]?.messageFactor).toBe(0.5);
    expect(phases[4]).toMatchObject({
      points: [
        [0, 1500],
        [1e6, 700],
        [3e6, 1100],
      ],
    });
    expect(phases[7]).toMatchObject({
      arrivalsPerSec: 100,
      arrival: "poisson",
      stay: { kind: "exp", meanUs: 1e6 },
    });
    expect(phases[8]).toMatchObject({
      arrivalsPerSec: 10,
      arrival: "uniform",
      stay: { kind: "fixed", meanUs: 45e6 },
    });
  });

  it("reads every key", () => {
    const scenario = scenarioOf(parseFile(valid, "full.yaml", { env }));
    expect(scenario.vars).toEqual({
      room: "lobby",
      limit: 6,
      fast: true,
      token: "abcdefgh",
      zone: "eu-west",
    });
    expect(scenario.env).toEqual({ HOST: "chat.example" });
    // Nobody reads the other one.
    expect(scenario.data["users"]?.columns).toEqual(["name"]);
    const users = rowsOf(scenario.data["users"]);
    expect(users).toHaveLength(40);
    expect(users[2]).toEqual(["user3"]);
    expect(scenario.targets[0]).toEqual({
      url: "wss://chat.example:8443/chat?zone={{vars.zone}}&u={{data.users.name}}",
      weight: 2,
      label: "eu",
    });
    expect(scenario.connect).toMatchObject({ driver: "ws", compression: true });
    expect(scenario.connect.tls.key).toContain("PRIVATE KEY");
    expect(scenario.secrets).toEqual(["abcdefgh", scenario.connect.tls.key]);
    expect(scenario.messages?.rate).toEqual({ kind: "total", perSec: 20 });
    expect(scenario.thresholds).toHaveLength(20);
    expect(scenario.thresholds[1]).toEqual({
      metric: "latency",
      rule: "p50 < 50ms",
      measure: "latency",
      selector: { phase: null, name: null, target: null },
      statistic: "p50",
      operator: "<",
      limit: 50_000,
      unit: "us",
      abort: true,
      afterUs: 30e6,
    });
    expect(scenario.outputs.at(-1)).toEqual({ kind: "json", to: "reports/summary.json" });
  });

  it("is plain data that crosses processes", () => {
    const scenario = scenarioOf(parseFile(valid, "full.yaml", { env }));
    expect(structuredClone(scenario)).toEqual(scenario);
  });

  it("selects the ws driver for compression", () => {
    expect(scenarioOf(parseText(minimal("connect: { compression: true }\n"))).connect.driver).toBe(
      "ws",
    );
  });
});

describe("files", () => {
  it("need a key that belongs to the certificate", () => {
    const text = minimal("connect: { tls: { cert: cert.pem, key: other-key.pem } }\n");
    expect(linesOf(parseText(text))).toEqual(["4:40 the key does not belong to the certificate"]);
  });

  it("are bounded", () => {
    const text = minimal("data: { big: { csv: big.csv } }\n");
    const readFile = () => Buffer.alloc(64 * 1024 ** 2 + 1, "a");
    expect(linesOf(parseText(text, { readFile }))).toEqual([
      '4:21 "big.csv": the data files are larger than 64 MB together',
    ]);
  });

  it("count rows for pick: unique, arrivals included", () => {
    const load =
      "version: 1\ntarget: ws://localhost:1\ndata: { users: { csv: users.csv, pick: unique } }\nload:\n  - { phase: a, ramp: linear, to: 20, over: 1s }\n";
    const arrivals = (perSec: number) =>
      `${load}  - { phase: b, arrive: ${perSec}/s, stay: 1s, for: 10s }\n`;
    expect(linesOf(parseText(arrivals(2)))).toEqual([]);
    expect(linesOf(parseText(arrivals(3)))[0]).toContain("40 rows for 50 connections");
  });

  it("may fail in any way", () => {
    const text = minimal("data: { t: { csv: a.csv } }\n");
    for (const thrown of [
      new Error("x"),
      "text",
      null,
      Object.assign(new Error("x"), { code: "EACCES" }),
    ]) {
      const readFile = () => {
        throw thrown;
      };
      expect(linesOf(parseText(text, { readFile }))).toHaveLength(1);
    }
    const notText = () => Buffer.from([0xff, 0xfe, 0x00]);
    expect(linesOf(parseText(text, { readFile: notText }))[0]).toContain("not UTF-8");
    expect(linesOf(parseText(text, { readFile: () => Buffer.from("a\n") }))[0]).toContain(
      "no rows",
    );
    const reserved = () => Buffer.from("a,__proto__\n1,2\n");
    expect(linesOf(parseText(text, { readFile: reserved }))[0]).toContain("not allowed");
  });

  it("read CSV with a byte order mark", () => {
    const header = 'connect: { headers: { x: "{{data.t.name}}" } }';
    const text = minimal(`data: { t: { csv: a.csv } }\n${header}\n`);
    const readFile = () => Buffer.from("\ufeffname\r\nann\r\n");
    expect(scenarioOf(parseText(text, { readFile })).data["t"]).toMatchObject({
      columns: ["name"],
      count: 1,
      pick: "sequential",
    });
    expect(readFrom(valid)("users.csv").length).toBeGreaterThan(0);
  });
});

it("finds places in files with CRLF line ends", () => {
  expect(linesOf(parseText("version: 1\r\nnam: x\r\ntarget: ws://h\r\nload: []\r\n"))).toEqual([
    '2:1 unknown key "nam" (did you mean name?)',
    "4:7 the list is empty",
  ]);
});
