/**
 * What the coordinator answers to requests: the good, the wrong and the hostile ones. No worker is there, so nothing that
 * was refused can have started anything, and nothing that was accepted begins.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Answer,
  Coordinator,
  echoScenario,
  type Info,
  type Problem,
} from "../support/coordinator.ts";
import { parseExposition } from "../support/exposition.ts";
import { onrush, scratch } from "../support/programs.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";

const MALFORMED = fileURLToPath(new URL("../fixtures/scenarios/malformed/", import.meta.url));
const ENVELOPE = "application/vnd.onrush.submission+json";
const NOWHERE = "ws://127.0.0.1:9/";
const YAML = { "content-type": "application/yaml" };
const UNKNOWN = "20260101-000000-nobody-abcdef";
const absent = missing("redis");

/** Every refusal says what RFC 9457 asks for, and its status twice. */
function expectProblem(answer: Answer, status: number): Problem {
  expect(answer.headers.get("content-type"), answer.text).toBe(
    "application/problem+json; charset=utf-8",
  );
  const problem = answer.body as Problem;
  expect(answer.status, answer.text).toBe(status);
  expect(problem.status).toBe(status);
  expect(problem.type).toBe("about:blank");
  expect(problem.title.length).toBeGreaterThan(0);
  expect(problem.detail.length).toBeGreaterThan(0);
  expect(answer.text).not.toContain("node_modules");
  return problem;
}

describe.skipIf(absent !== null)("requests to a coordinator", () => {
  let broker: BrokerServer;
  let coordinator: Coordinator;
  const folder = scratch();

  beforeAll(async () => {
    broker = await startBroker("redis");
    coordinator = await Coordinator.start({
      bus: broker.url,
      data: folder.path,
      args: ["--max-connections", "5000", "--max-duration", "1h", "--max-message-rate", "9000"],
    });
  });

  afterAll(async () => {
    await coordinator?.kill();
    await broker?.stop();
    folder[Symbol.dispose]();
  });

  async function runs(): Promise<readonly Info[]> {
    return (await coordinator.get<{ runs: Info[] }>("/runs")).body.runs;
  }

  /** The status of an answer to headers that fetch does not send; of a body only its length is told. */
  function statusWith(method: string, headers: Record<string, string>): Promise<number> {
    const { port } = new URL(coordinator.url);
    return new Promise((resolve, reject) => {
      const asking = httpRequest({
        host: "127.0.0.1",
        port,
        path: "/api/v1/runs",
        method,
        headers,
      });
      asking.on("response", (response) => {
        resolve(response.statusCode ?? 0);
        asking.destroy();
      });
      asking.on("error", reject);
      if (method === "GET") asking.end();
      else asking.flushHeaders();
    });
  }

  describe("a scenario that is wrong", () => {
    const expected = JSON.parse(readFileSync(join(MALFORMED, "expected.json"), "utf8")) as Record<
      string,
      string[]
    >;
    const files = ["everything-at-once.yaml", "bad.json", "empty.yaml", "bad-name.yaml"];

    it.each(files)("is refused with every problem and its place: %s", async (file) => {
      const body = readFileSync(join(MALFORMED, file), "utf8");
      const type = file.endsWith(".json") ? "application/json" : "application/yaml";
      for (const path of ["/runs", "/runs?dryRun=1", "/scenarios/validate"]) {
        const problem = expectProblem(await coordinator.post(path, { body, type }), 422);
        expect(problem.code).toBe("ONRUSH_SCENARIO_INVALID");
        const lines = (problem.issues ?? []).map(
          ({ line, column, message, hint }) =>
            `${line}:${column} ${message}${hint === "" ? "" : ` (${hint})`}`,
        );
        expect(lines).toEqual(expected[file]);
      }
      expect(await runs()).toEqual([]);
    });

    it("names the place in the document, too", async () => {
      const body = readFileSync(join(MALFORMED, "everything-at-once.yaml"), "utf8");
      const answer = await coordinator.post("/runs", { body, type: "application/yaml" });
      const { issues = [] } = expectProblem(answer, 422);
      expect(issues.map(({ path }) => path)).toContain("load[0].to");
      for (const issue of issues) {
        expect(Object.keys(issue).sort()).toEqual(["column", "hint", "line", "message", "path"]);
      }
    });

    it("sees no file and no variable of the coordinator's machine", async () => {
      const scenario = {
        ...echoScenario(NOWHERE),
        data: { users: { csv: "/etc/passwd" } },
        vars: { home: { env: "HOME" } },
      };
      const { issues = [] } = expectProblem(
        await coordinator.post("/runs", { body: scenario }),
        422,
      );
      expect(issues.map(({ message }) => message).join("\n")).toMatch(/HOME/);
      expect(issues.map(({ message }) => message).join("\n")).toMatch(/etc\/passwd.*no such file/);
    });
  });

  it("refuses what it does not read", async () => {
    expectProblem(await coordinator.post("/runs", { body: "a: 1", type: "text/plain" }), 415);
    expectProblem(await coordinator.post("/runs", { body: "{", type: ENVELOPE }), 400);
    const wrong = { scenario: 1, env: { a: 2 }, files: { f: "no base64!" }, more: true };
    const { detail } = expectProblem(
      await coordinator.post("/runs", { body: wrong, type: ENVELOPE }),
      400,
    );
    for (const part of ["scenario", "env.a", "files.f", "more"]) expect(detail).toContain(part);
    for (const query of ["workers=0", "workers=x", "dryRun=2"]) {
      expectProblem(await coordinator.post(`/runs?${query}`, { body: echoScenario(NOWHERE) }), 400);
    }
    expect(await statusWith("POST", { ...YAML, "content-length": String(33 * 1024 ** 2) })).toBe(
      413,
    );
    expectProblem(await coordinator.post("/runs"), 422);
    expect(await runs()).toEqual([]);
  });

  it("refuses targets and loads it is not allowed", async () => {
    const foreign = await coordinator.post("/runs", { body: echoScenario("wss://example.org/") });
    const forbidden = expectProblem(foreign, 403);
    expect(forbidden.code).toBe("ONRUSH_TARGET_FORBIDDEN");
    expect(forbidden.detail).toContain("example.org");
    expect(forbidden.remedy).toContain("--allow-target");
    const loads = [
      { load: [{ phase: "up", ramp: "linear", to: 5001, over: "1s" }] },
      { load: [{ phase: "up", ramp: "linear", to: 10, over: "61m" }] },
      { load: [{ phase: "up", ramp: "linear", to: 4501, over: "1s" }] },
    ];
    for (const load of loads) {
      const answer = await coordinator.post("/runs", {
        body: { ...echoScenario(NOWHERE), ...load },
      });
      expect(expectProblem(answer, 409).code).toBe("ONRUSH_LIMITS_TOO_LOW");
    }
    expect(await runs()).toEqual([]);
  });

  it("knows no run that is not there, whatever its name", async () => {
    const names = [UNKNOWN, "x", "A".repeat(3000), "..%2f..%2fetc", "%2e%2e", "__proto__", "a%00b"];
    for (const name of names) {
      for (const path of [
        ...["", "/summary", "/plan", "/timeline", "/failures", "/events", "/scenario"],
        ...["/report.json", "/report.csv", "/stream"],
      ]) {
        const answer = await coordinator.get(`/runs/${name}${path}`);
        expect([400, 404, 414], `${name}${path}: ${answer.text}`).toContain(answer.status);
        expect(answer.text.length).toBeLessThan(500);
      }
    }
    for (const action of ["stop", "abort", "scale"]) {
      const call = action === "scale" ? { body: { workers: 1 } } : {};
      expectProblem(await coordinator.post(`/runs/${UNKNOWN}/actions/${action}`, call), 404);
    }
    expectProblem(await coordinator.request("DELETE", `/runs/${UNKNOWN}`), 404);
    expectProblem(await coordinator.get("/runs/a/b/c"), 404);
    const other = await coordinator.request("PUT", "/runs");
    expectProblem(other, 405);
    expect(other.headers.get("allow")).toBe("GET, HEAD, POST");
    expectProblem(await coordinator.post("/workers/nobody/drain"), 404);
  });

  it("plans without starting anything", async () => {
    const body = echoScenario(NOWHERE, { connections: 300 });
    const { status, body: plan } = await coordinator.post("/runs?dryRun=1", { body });
    expect(status).toBe(200);
    expect(plan).toMatchObject({ connections: 300, plannedOpens: 300, durationSeconds: 4 });
    expect((await coordinator.post("/scenarios/validate", { body })).body).toEqual(plan);
    expect(await runs()).toEqual([]);
  });

  it("takes files, variables and changes along with a scenario", async () => {
    const scenario = [
      "version: 1",
      "target: ws://127.0.0.1:9/",
      "vars: { greeting: { env: GREETING } }",
      "data: { users: { csv: users.csv } }",
      "load: [{ phase: up, ramp: linear, to: 10, over: 1s }]",
      "messages: { rate: 1/s, mix: [{ name: hi, send: { text: '{{vars.greeting}} {{data.users.name}}' } }] }",
    ].join("\n");
    const files = { "users.csv": Buffer.from("name\nann\nbob\n").toString("base64") };
    const envelope = { scenario, env: { GREETING: "hello" }, files, set: [["load.0.to", "20"]] };
    const call = { body: envelope, type: ENVELOPE };
    const { status, body, text } = await coordinator.post("/runs?dryRun=1", call);
    expect(status, text).toBe(200);
    expect(body).toMatchObject({ connections: 20 });
  });

  it("keeps what is secret out of its answers and off its disk", async () => {
    const secret = "hush/Zq7+very=private";
    const scenario = [
      "version: 1",
      `target: "ws://127.0.0.1:9/?key={{vars.key}}&token=${secret}"`,
      "vars: { key: { env: KEY, secret: true } }",
      "connect: { headers: { Authorization: 'Bearer {{vars.key}}' } }",
      "load: [{ phase: up, ramp: linear, to: 10, over: 1s }]",
    ].join("\n");
    const call = { body: { scenario, env: { KEY: secret } }, type: ENVELOPE };
    const { status, body, text } = await coordinator.post<{ id: string }>("/runs", call);
    expect(status, text).toBe(201);
    const kept = await coordinator.get(`/runs/${body.id}/scenario`);
    expect(kept.text).toContain("{{vars.key}}");
    await coordinator.post(`/runs/${body.id}/actions/abort`);
    await coordinator.over(body.id);
    const paths = ["", "/plan", "/events", "/scenario", "/summary", "/report.json", "/failures"];
    const answers = paths.map((path) => coordinator.get(`/runs/${body.id}${path}`));
    const said = (await Promise.all(answers)).map((answer) => answer.text).concat(text);
    const files = readdirSync(folder.path, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && file.parentPath.includes(body.id))
      .map((file) => readFileSync(join(file.parentPath, file.name), "utf8"));
    expect(files.length).toBeGreaterThan(2);
    for (const form of [secret, encodeURIComponent(secret), btoa(secret).slice(2, -4)]) {
      for (const one of [...said, ...files]) expect(one).not.toContain(form);
    }
    expect((await coordinator.request("DELETE", `/runs/${body.id}`)).status).toBe(204);
  });

  it("gives a repeated request the same run, and no other request its key", async () => {
    const body = echoScenario(NOWHERE);
    const headers = { "idempotency-key": "one" };
    const send = () => coordinator.post<{ id: string }>("/runs", { body, headers });
    const first = await Promise.all([send(), send(), send()]);
    const again = await send();
    expect([...first, again].map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const ids = new Set([...first, again].map(({ body: { id } }) => id));
    expect(ids.size).toBe(1);
    expect((await runs()).length).toBe(1);

    const other = echoScenario(NOWHERE, { connections: 7 });
    const reused = await coordinator.post("/runs", { body: other, headers });
    expect(expectProblem(reused, 422).detail).toContain("Idempotency-Key");
    for (const key of ["", "k".repeat(256)]) {
      const call = { body, headers: { "idempotency-key": key } };
      expectProblem(await coordinator.post("/runs", call), 400);
    }

    // What led to no run leaves the key free.
    const second = { "idempotency-key": "two" };
    expectProblem(await coordinator.post("/runs", { body: { version: 1 }, headers: second }), 422);
    const { status } = await coordinator.post("/runs", { body, headers: second });
    expect(status).toBe(201);
    const all = await runs();
    expect(all.length).toBe(2);
    for (const { id, state } of all) {
      expect(state).toBe("created");
      expectProblem(await coordinator.request("DELETE", `/runs/${id}`), 409);
      expectProblem(await coordinator.get(`/runs/${id}/report.json`), 404);
      expectProblem(await coordinator.post(`/runs/${id}/actions/scale`), 400);
      for (const wrong of ["{", "[]", '{"workers":0}', '{"workers":1,"x":1}', '{"workers":"2"}']) {
        const call = { body: wrong };
        expectProblem(await coordinator.post(`/runs/${id}/actions/scale`, call), 400);
      }
      expect((await coordinator.post(`/runs/${id}/actions/abort`)).status).toBe(202);
      const over = await coordinator.over(id);
      expect(over).toMatchObject({ state: "aborted", verdict: "stopped", exitCode: 103 });
      expectProblem(await coordinator.post(`/runs/${id}/actions/stop`), 409);
      expect((await coordinator.request("DELETE", `/runs/${id}`)).status).toBe(204);
    }
    expect(await runs()).toEqual([]);
    // A run that was forgotten has no key any more.
    expect((await send()).body.id).not.toBe([...ids][0]);
    for (const { id } of await runs()) {
      await coordinator.post(`/runs/${id}/actions/abort`);
      await coordinator.over(id);
      await coordinator.request("DELETE", `/runs/${id}`);
    }
  });

  it("keeps hostile text inert", async () => {
    const name = `<script>alert("x")</script> \u202e${"n".repeat(60)}`;
    const id = await coordinator.submit({ ...echoScenario(NOWHERE), name });
    expect(id).toMatch(/^[a-z0-9-]+$/);
    for (const path of ["", "/events", "/scenario", "/summary", "/plan"]) {
      const shown = await coordinator.get(`/runs/${id}${path}`);
      expect(shown.status, path).toBe(200);
      expect(shown.headers.get("x-content-type-options")).toBe("nosniff");
      expect(shown.headers.get("content-type")).toMatch(/^application\/(json|yaml)/);
      expect(shown.headers.get("content-security-policy")).toContain("default-src 'none'");
    }
    expect((await coordinator.info(id)).name).toBe(name);
    const { stdout } = await onrush(["runs", "--coordinator", coordinator.url]);
    expect(stdout).toContain(id);
    expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    await coordinator.post(`/runs/${id}/actions/abort`);
    await coordinator.over(id);
  });

  it("answers to names of this machine and to its own pages only", async () => {
    const { port } = new URL(coordinator.url);
    const host = `localhost:${port}`;
    expect(await statusWith("GET", { host })).toBe(200);
    expect(await statusWith("GET", { host, origin: `http://${host}` })).toBe(200);
    expect(await statusWith("GET", { host: "rebound.example" })).toBe(403);
    expect(await statusWith("GET", { host, origin: "http://other.example" })).toBe(403);
    expect(await statusWith("GET", { host, origin: "null" })).toBe(403);
  });

  it("says how it is, in a form that Prometheus reads", async () => {
    expect((await coordinator.get("/livez")).status).toBe(200);
    expect((await coordinator.get("/readyz")).body).toEqual({ status: "ok" });
    const { text, headers } = await coordinator.get("/metrics");
    expect(headers.get("content-type")).toContain("text/plain; version=0.0.4");
    const families = parseExposition(text);
    for (const name of families.keys()) expect(name).toMatch(/^onrush_/);
    const value = (name: string) => families.get(name)?.samples[0]?.value;
    expect(value("onrush_coordinator_leads")).toBe(1);
    expect(value("onrush_workers")).toBe(0);
    expect(value("onrush_runs_going")).toBe(0);
    expect(families.get("onrush_coordinator_process_cpu_seconds_total")?.type).toBe("counter");
  });

  it("is not ready while the bus does not answer", async () => {
    process.kill(broker.pid ?? Number.NaN, "SIGKILL");
    await coordinator.until("it is not ready", async () => {
      return (await coordinator.get("/readyz")).status === 503;
    });
    expectProblem(await coordinator.get("/readyz"), 503);
    expect((await coordinator.get("/livez")).status).toBe(200);
    await broker.restart();
    await coordinator.until("it is ready again", async () => {
      return (await coordinator.get("/readyz")).status === 200;
    });
  });

  it("ends at once when it cannot do what it is told", async () => {
    const start = (args: readonly string[], env: Record<string, string> = {}) =>
      onrush(["coordinator", "--data", folder.path, ...args], { env });
    const bus = ["--bus", broker.url];
    const open = await start([...bus, "--listen", "0.0.0.0:0"]);
    expect(open.exitCode).toBe(2);
    expect(open.stderr).toContain("ONRUSH_TOKENS_FILE");
    const { port } = new URL(coordinator.url);
    const taken = await start([...bus, "--listen", `127.0.0.1:${port}`]);
    expect(taken.exitCode).toBe(2);
    expect(taken.stderr).toContain("EADDRINUSE");
    expect((await start([...bus, "--listen", "7700"])).exitCode).toBe(2);
    expect((await start([...bus, "--max-duration", "5"])).exitCode).toBe(2);
    const file = join(folder.path, "tokens.json");
    const wrong = [
      "{ secret-of-mine",
      "{}",
      '{"tokens":[]}',
      '{"tokens":[{"name":"a","role":"root","token":"0123456789abcdef"}]}',
      '{"tokens":[{"name":"a","role":"admin","token":"short"}]}',
    ];
    for (const text of wrong) {
      writeFileSync(file, text);
      const refused = await start(bus, { ONRUSH_TOKENS_FILE: file });
      expect(refused.exitCode, text).toBe(2);
      expect(refused.stderr).not.toContain("secret-of-mine");
    }
  });
});
