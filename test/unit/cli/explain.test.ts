/**
 * Goal: what explain prints is a scenario, and the same one; no secret is in it. Method: every scenario the repository has
 * (fixtures, examples, templates, one with everything in its place) is explained, read again and compared.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { TEMPLATES } from "../../../coordinator/cli/commands/templates/registry.ts";
import { explain } from "../../../coordinator/launch/scenario/explain.ts";
import { type ParseContext, parseScenario } from "../../../shared/scenario/parse.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";

const ROOT = join(import.meta.dirname, "../../..");
const SECRET = "s3cr3t/with spaces+";

/** The environment of all scenarios of the repository. */
const env = {
  ...{ ONRUSH_TARGET: "ws://127.0.0.1:9001/chat?x=1", CHAT_TOKEN: SECRET, TOKEN: SECRET },
  ...{ PIN: "1234", ZONE: "eu", HOST: "localhost", API_KEY: SECRET, ROOM: "lobby", BUILD: "{{7" },
};

function read(text: string, folder: string, more: Partial<ParseContext> = {}) {
  const parsed = parseScenario(text, {
    ...{ fileName: "chat.yaml", env },
    readFile: (path) => readFileSync(join(folder, path)),
    ...more,
  });
  if (!parsed.ok) throw new Error(`${JSON.stringify(parsed.issues, null, 1)}\n${text}`);
  return parsed;
}

/** `env` is what a text mentions; where it was used before the run, the value is there now. */
function meaning({ env: _, ...scenario }: StrictScenario) {
  return scenario;
}

function explainedTwice(text: string, folder: string, more: Partial<ParseContext> = {}) {
  const first = read(text, folder, more);
  const explained = explain(first);
  const second = read(explained, folder, more);
  expect(meaning(second.scenario)).toEqual(meaning(first.scenario));
  expect(explain(second)).toBe(explained);
  expect(explained).not.toContain(SECRET);
  return explained;
}

const folders = ["examples", "test/fixtures/scenarios/valid"].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => /\.(yaml|json)$/.test(name))
    .map((name) => [folder, name] as const),
);

describe("what explain prints", () => {
  it("has scenarios to be tried on", () => expect(folders.length).toBeGreaterThan(10));

  it.each(folders)("is the same scenario: %s/%s", (folder, name) => {
    explainedTwice(readFileSync(join(ROOT, folder, name), "utf8"), join(ROOT, folder));
  });

  it.each(Object.keys(TEMPLATES))("is the same scenario: template %s", (name) => {
    explainedTwice(TEMPLATES[name]?.text ?? "", ROOT);
  });

  const everything = `
version: 1
name: "build {{env.BUILD}}"
target: "ws://127.0.0.1:9001/{{vars.room}}?k={{vars.token}}&{{raw(data.users.name)}}"
vars:
  token: { env: TOKEN, secret: true }
  pin: { env: PIN, secret: true }
  room: { env: ROOM }
  bearer: "Bearer {{vars.token}}"
  padded: "007"
  braces: "a {{{{ b"
  n: 5
  on: false
data: { users: { csv: users.csv, pick: random } }
connect:
  headers: { authorization: "{{vars.bearer}}", x-room: "{{vars['room']}}", x-n: "{{vars.n}}" }
  subprotocols: [chat, "t.{{conn.index}}"]
  tls: { ca: ca.pem, cert: cert.pem, key: key.pem, verify: false, servername: h }
  heartbeat: { ping: 1m30s }
  reconnect: { policy: fixed, min: 250ms }
  maxMessage: 1000001
load:
  - { phase: a, ramp: points, points: [[0s, 10], [1500us, 20]], messages: 0.5 }
  - { phase: b, arrive: 1/h, stay: exp(45s), arrival: poisson, for: 2m }
  - { phase: c, arrive: 7/min, stay: 100ms, for: 2m, exclude: true }
  - { phase: d, ramp: find-limit, step: 5, settle: 2s, until: "connect failed > 1% or latency{name=x} p99 > 1s" }
messages:
  total: 0.333333333/s
  arrival: poisson
  mix:
    - { name: x, weight: 1.5, send: { text: "{{{{ {{seq}} \\"'#: é" }, reply: { where: "m.a == 'b' && m.n > 1", within: 90s } }
    - { name: y, send: { binary: { size: [1, 2kb], fill: zero } }, reply: { match: next } }
    - { name: z, send: { json: { t: "{{vars.token}}", n: [1.5, 0, null, true, "1e3", "yes", "~"], "k: {{seq}}": "" } } }
thresholds:
  latency: ["p99 < 200ms", { rule: "p50 < 1s", abort: true, after: 1m }]
  connect: ["failed < 0.1%"]
outputs: [md, { junit: "a b/{{vars.room}}.xml" }, { prometheus: ":9464" }]
`;

  it("is the same scenario when everything is in it, with -e and --set too", () => {
    const folder = join(ROOT, "test/fixtures/scenarios/valid");
    const text = explainedTwice(everything, folder);
    const overrides = { vars: { n: "7", padded: "0x1" }, set: [["load.b.for", "5m"]] as const };
    const first = read(everything, folder, { overrides });
    const second = read(explain(first), folder);
    expect(meaning(second.scenario)).toEqual(meaning(first.scenario));
    expect(parse(text)).toMatchObject({
      name: "build {{{{7",
      vars: {
        ...{ token: { env: "TOKEN", secret: true }, room: "lobby", n: 5, padded: "007" },
        bearer: "Bearer {{vars.token}}",
      },
      data: { users: { csv: "users.csv", pick: "random" } },
      connect: { timeout: "10s", driver: "lean", maxMessage: "1000001", tls: { key: "key.pem" } },
    });
    for (const form of [
      encodeURIComponent(SECRET),
      Buffer.from(SECRET).toString("base64"),
      "1234",
      "PRIVATE KEY",
    ]) {
      expect(text).not.toContain(form);
    }
  });
});
