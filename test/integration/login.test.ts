/**
 * Goal: users who log in by HTTP, hold the socket with their token, answer what the service asks and come back by their resume
 * token: whole runs from YAML, on this machine and over a cluster, whose report says what the service counted. And what was
 * captured as a secret is in no file. Method: a service that keeps account of logins, tokens, resumes and messages.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { type LoginServer, startLoginServer } from "../support/login-server.ts";
import { endedWell, onrush, type Result, scratch, startWorker } from "../support/programs.ts";
import { missing, startBroker } from "../support/servers.ts";

const CONNECTIONS = 60;

function yamlFor({ at }: LoginServer, secret: boolean): string {
  const token = secret ? "{ value: body.token, secret: true }" : "body.token";
  return `
version: 1
target: "ws://${at}/ws?resume={{conn.resume}}"
connect:
  headers: { authorization: "Bearer {{conn.token}}" }
  reconnect: { policy: fixed, min: 20ms, attempts: 100 }
load:
  - { phase: come, ramp: linear, to: ${CONNECTIONS}, over: 1s }
  - { phase: stay, hold: 2s }
incoming: { fail: [{ name: bad, where: "m.type == 'bad'" }] }
flow:
  before:
    - http: { name: login, post: "http://${at}/login", json: { user: "u{{conn.index}}" }, capture: { token: ${token} } }
answers:
  - { name: noted, where: "m.type == 'welcome'", send: { json: { id: "{{m.resume}}", user: "{{m.user}}" } } }
messages:
  rate: 4/s
  mix:
    - name: say
      send: { json: { id: "{{uuid}}", user: "u{{conn.index}}" } }
      reply: { where: "m.id == sent.id", within: 2s, capture: { resume: m.resume } }
`;
}

async function run(yaml: string, folder: string, args: readonly string[] = []): Promise<Result> {
  const file = join(folder, "login.yaml");
  writeFileSync(file, yaml);
  const runDirectory = join(folder, "run");
  const all = ["run", file, "--json", "--run-dir", runDirectory, "--out", "md,csv,html", ...args];
  return { ...(await onrush(all)), runDirectory };
}

/** The report is the service's own account. */
function expectSame(summary: Summary, { counts }: LoginServer): void {
  const { connections, messages, validity } = summary;
  expect(validity.ledger.balanced).toBe(true);
  expect(connections.planned).toBe(CONNECTIONS);
  expect(connections.attempted).toBe(counts.logins);
  expect(connections.established).toBe(counts.upgrades);
  expect(connections.failed).toBe(0);
  expect(connections.reconnects).toBeGreaterThan(0);
  expect(connections.reconnects).toBe(counts.upgrades - CONNECTIONS);
  expect(counts.upgradesRefused).toBe(0);
  expect(counts.foreign).toBe(0);
  expect(counts.resumed).toBeGreaterThan(0);
  expect(messages.sent).toBe(counts.messages);
  const { say, noted } = messages.byName;
  expect(noted?.sent).toBe(counts.notes);
  expect(counts.notes).toBeGreaterThan(CONNECTIONS / 2);
  expect(say?.sent).toBe(counts.messages - counts.notes);
  expect(say?.matched).toBeGreaterThan(0);
  expect((say?.matched ?? 0) + (say?.unanswered ?? 0)).toBe(say?.sent);
}

describe("users who log in", () => {
  it("are what the service counted, on this machine", async () => {
    await using server = await startLoginServer({ closeAfter: 4 });
    using folder = scratch();
    const result = await run(yamlFor(server, false), folder.path);
    expect(endedWell(result), result.stdout + result.stderr).toBe(true);
    expectSame(result.summary as Summary, server);
  });

  const absent = missing("redis");
  it.skipIf(absent !== null)("are what the service counted, over Redis", async () => {
    const broker = await startBroker("redis");
    try {
      await using _one = startWorker(broker.url, ["--engines", "1", "--id", "one"]);
      await using _two = startWorker(broker.url, ["--engines", "2", "--id", "two"]);
      await using server = await startLoginServer({ closeAfter: 4 });
      using folder = scratch();
      const cluster = ["--bus", broker.url, "--workers", "2"];
      const result = await run(yamlFor(server, false), folder.path, cluster);
      expect(endedWell(result), result.stdout + result.stderr).toBe(true);
      expectSame(result.summary as Summary, server);
    } finally {
      await broker.stop();
    }
  });
});

describe("a token that is captured as a secret", () => {
  const TRACE = "Zebra_Umbrella";

  it("is in no file, though the service says it back wherever it can", async () => {
    await using server = await startLoginServer({
      closeAfter: 3,
      tokenOf: (user, login) => `S3cr3t-${TRACE}/${user}-${login}`,
      repeatsToken: true,
    });
    using folder = scratch();
    const { stdout, stderr, summary, runDirectory } = await run(
      yamlFor(server, true),
      folder.path,
      ["--summary", "full"],
    );
    expect(server.counts.logins).toBeGreaterThan(CONNECTIONS);
    const kinds = new Set(summary?.failures.map(({ kind }) => kind));
    for (const kind of ["application-error", "close-code", "upgrade-status"] as const) {
      expect(kinds).toContain(kind);
    }
    expect(stdout).toContain("***");
    const files = readdirSync(runDirectory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.length).toBeGreaterThan(5);
    const texts = [
      ["stdout", stdout],
      ["stderr", stderr],
      ...files.map((path) => [path, readFileSync(path, "latin1")] as const),
    ] as const;
    const base64 = Buffer.from(`S3cr3t-${TRACE}`).toString("base64").slice(0, 16);
    const found = texts.filter(([, text]) => text.includes(TRACE) || text.includes(base64));
    expect(found.map(([path]) => path)).toEqual([]);
  });
});
