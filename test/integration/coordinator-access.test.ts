/**
 * Who may do what with a coordinator, and how it describes itself: roles by route, token guessing, the OpenAPI document
 * against the real answers.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Coordinator, echoScenario, type Problem } from "../support/coordinator.ts";
import { onrush, scratch } from "../support/programs.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";

const TOKENS = {
  viewer: "viewer-token-0123456789",
  operator: "operator-token-0123456789",
  admin: "admin-token-0123456789",
} as const;
type Role = keyof typeof TOKENS;

const RUN = "20260101-000000-nobody-abcdef";

/** Every route, and the least role it takes; null: nobody has to say who they are. */
const ROUTES: readonly (readonly [method: string, path: string, role: Role | null])[] = [
  ["POST", "/runs", "operator"],
  ["GET", "/runs", "viewer"],
  ["GET", "/runs/{id}", "viewer"],
  ["DELETE", "/runs/{id}", "admin"],
  ["POST", "/runs/{id}/actions/stop", "operator"],
  ["POST", "/runs/{id}/actions/abort", "operator"],
  ["POST", "/runs/{id}/actions/scale", "operator"],
  ["POST", "/runs/{id}/faults", "operator"],
  ["GET", "/runs/{id}/faults", "viewer"],
  ["DELETE", "/runs/{id}/faults/{fault}", "operator"],
  ["GET", "/runs/{id}/stream", "viewer"],
  ["GET", "/runs/{id}/summary", "viewer"],
  ["GET", "/runs/{id}/plan", "viewer"],
  ["GET", "/runs/{id}/timeline", "viewer"],
  ["GET", "/runs/{id}/failures", "viewer"],
  ["GET", "/runs/{id}/events", "viewer"],
  ["GET", "/runs/{id}/scenario", "viewer"],
  ["GET", "/runs/{id}/report.json", "viewer"],
  ["GET", "/runs/{id}/report.csv", "viewer"],
  ["GET", "/runs/{id}/report.html", "viewer"],
  ["GET", "/runs/{id}/report.md", "viewer"],
  ["GET", "/runs/{id}/report.xml", "viewer"],
  ["GET", "/runs/{id}/report.pdf", "viewer"],
  ["GET", "/runs/{id}/compare/{other}", "viewer"],
  ["POST", "/scenarios/validate", "viewer"],
  ["GET", "/schema/scenario.json", "viewer"],
  ["GET", "/schema/summary.json", "viewer"],
  ["GET", "/workers", "viewer"],
  ["POST", "/workers/{id}/drain", "operator"],
];
const PAGES = [
  ["GET", "/metrics", "viewer"],
  ["GET", "/openapi.json", "viewer"],
  ["GET", "/livez", null],
  ["GET", "/readyz", null],
] as const;
const RANK = ["viewer", "operator", "admin"] as const;
const absent = missing("redis");

describe.skipIf(absent !== null)("access to a coordinator", () => {
  let broker: BrokerServer;
  let coordinator: Coordinator;
  const folder = scratch();

  beforeAll(async () => {
    broker = await startBroker("redis");
    const file = join(folder.path, "tokens.json");
    const sha256 = createHash("sha256").update(TOKENS.operator).digest("hex");
    const tokens = [
      { name: "looker", role: "viewer", token: TOKENS.viewer },
      { name: "doer", role: "operator", sha256 },
      { name: "boss", role: "admin", token: TOKENS.admin },
    ];
    writeFileSync(file, JSON.stringify({ tokens }));
    const env = { ONRUSH_TOKENS_FILE: file };
    coordinator = await Coordinator.start({
      bus: broker.url,
      data: join(folder.path, "data"),
      env,
    });
  });

  afterAll(async () => {
    await coordinator?.kill();
    await broker?.stop();
    folder[Symbol.dispose]();
  });

  it.each([...ROUTES, ...PAGES])("%s %s takes the role %s", async (method, path, least) => {
    const there = path.replace("{id}", RUN).replace("{fault}", "live-1");
    const nobody = await coordinator.request(method, there);
    expect(nobody.status === 401, nobody.text).toBe(least !== null);
    if (least === null) return;
    expect(nobody.headers.get("www-authenticate")).toBe("Bearer");
    expect((nobody.body as Problem).remedy).toContain("ONRUSH_TOKEN");
    for (const role of RANK) {
      const { status, text } = await coordinator.request(method, there, { token: TOKENS[role] });
      const enough = RANK.indexOf(role) >= RANK.indexOf(least);
      expect(status === 403, `${role}: ${status} ${text}`).toBe(!enough);
      expect(status).not.toBe(401);
      expect(status).toBeLessThan(500);
    }
  });

  it("takes no token but those it knows, in no other form", async () => {
    const wrong = [
      "",
      `Basic ${TOKENS.admin}`,
      `Bearer ${TOKENS.admin}x`,
      `Bearer ${TOKENS.admin.slice(0, -1)}`,
      `Bearer ${createHash("sha256").update(TOKENS.operator).digest("hex")}`,
      TOKENS.admin,
    ];
    for (const authorization of wrong) {
      const answer = await coordinator.get("/runs", { headers: { authorization } });
      expect(answer.status, authorization).toBe(401);
    }
    expect((await coordinator.get("/nowhere")).status).toBe(401);
  });

  it("keeps one caller's keys apart from another's", async () => {
    const submit = async (token: string) => {
      const headers = { "idempotency-key": "same" };
      const body = echoScenario("ws://127.0.0.1:9/");
      const answer = await coordinator.post<{ id: string }>("/runs", { body, headers, token });
      expect(answer.status).toBe(201);
      return answer.body.id;
    };
    const [own, again] = [await submit(TOKENS.operator), await submit(TOKENS.operator)];
    const other = await submit(TOKENS.admin);
    expect(again).toBe(own);
    expect(other).not.toBe(own);
    expect(coordinator.log).toContain(`run ${own} submitted by doer`);
    for (const id of [own, other]) {
      const path = `/runs/${id}/actions/abort`;
      expect((await coordinator.post(path, { token: TOKENS.viewer })).status).toBe(403);
      expect((await coordinator.post(path, { token: TOKENS.operator })).status).toBe(202);
      expect(coordinator.log).toContain(`run ${id}: abort, by doer`);
    }
    for (const token of Object.values(TOKENS)) expect(coordinator.log).not.toContain(token);
  });

  it("lets commands in by ONRUSH_TOKEN and ONRUSH_COORDINATOR", async () => {
    const env = { ONRUSH_COORDINATOR: coordinator.url };
    const nobody = await onrush(["runs"], { env });
    expect(nobody.exitCode).toBe(2);
    expect(nobody.stderr).toContain("a token is needed");
    expect(nobody.stderr).toContain("ONRUSH_TOKEN");
    const viewer = { env: { ...env, ONRUSH_TOKEN: TOKENS.viewer } };
    expect((await onrush(["runs", "--json"], viewer)).exitCode).toBe(0);
    const refused = await onrush(["stop", RUN], viewer);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("looker is viewer");
  });

  describe("its description", () => {
    type Json = Record<string, unknown>;
    let document: {
      openapi: string;
      info: { title: string; version: string };
      paths: Record<string, Record<string, Json>>;
      components: { schemas: Record<string, Json>; securitySchemes: Json };
    };

    beforeAll(async () => {
      const answer = await coordinator.get<typeof document>("/openapi.json", {
        token: TOKENS.viewer,
      });
      document = answer.body;
    });

    it("lists every route of the API and no other", () => {
      const listed = Object.entries(document.paths).flatMap(([path, item]) =>
        Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
      );
      expect(listed.sort()).toEqual(ROUTES.map(([m, path]) => `${m} /api/v1${path}`).sort());
    });

    it("is an OpenAPI document", () => {
      expect(document.openapi).toBe("3.1.0");
      expect(document.info.version).toMatch(/^\d+\.\d+\.\d+/);
      const ids = new Set<unknown>();
      for (const [path, item] of Object.entries(document.paths)) {
        for (const [method, operation] of Object.entries(item)) {
          const where = `${method} ${path}`;
          expect(operation["operationId"], where).toMatch(/^[a-z][A-Za-z]+$/);
          expect(ids.has(operation["operationId"]), where).toBe(false);
          ids.add(operation["operationId"]);
          const parameters = (operation["parameters"] ?? []) as Json[];
          const inPath = parameters.filter((one) => one["in"] === "path").map((one) => one["name"]);
          const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
          expect(inPath, where).toEqual(named);
          const responses = operation["responses"] as Record<string, Json>;
          const success = Object.keys(responses).filter((status) => /^2\d\d$/.test(status));
          expect(success.length, where).toBe(1);
          for (const response of Object.values(responses)) {
            expect(response["description"], where).toMatch(/./);
          }
          expect(operation["security"], where).toEqual([{ token: [] }]);
        }
      }
      const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)];
      expect(references.length).toBeGreaterThan(20);
      for (const [, reference = ""] of references) {
        const name = /^#\/components\/schemas\/(\w+)$/.exec(reference)?.[1] ?? "";
        expect(Object.keys(document.components.schemas), reference).toContain(name);
      }
    });

    it("says what is really answered", async () => {
      const matches = await matcher(document.components.schemas);
      const call = { token: TOKENS.operator };
      const scenario = echoScenario("ws://127.0.0.1:9/");
      const created = await coordinator.post<{ id: string }>("/runs", { ...call, body: scenario });
      const { id } = created.body;
      await coordinator.post(`/runs/${id}/actions/abort`, call);
      await coordinator.until("it is over", async () => {
        const { body } = await coordinator.get<{ state: string }>(`/runs/${id}`, call);
        return body.state === "aborted";
      });
      const answers: Record<string, unknown> = {
        Created: created.body,
        Run: (await coordinator.get(`/runs/${id}`, call)).body,
        RunList: (await coordinator.get("/runs", call)).body,
        Plan: (await coordinator.get(`/runs/${id}/plan`, call)).body,
        Events: (await coordinator.get(`/runs/${id}/events`, call)).body,
        Failures: (await coordinator.get(`/runs/${id}/failures`, call)).body,
        WorkerList: (await coordinator.get("/workers", call)).body,
        Summary: (await coordinator.get(`/runs/${id}/report.json`, call)).body,
        Scenario: scenario,
        Problem: (await coordinator.post("/runs", { ...call, body: { version: 2 } })).body,
      };
      for (const [name, answer] of Object.entries(answers)) {
        expect(await matches(name, answer), name).toBe("");
      }
      expect(await matches("Run", { id: 5 })).not.toBe("");
    });

    /** Holds values to the schemas by the validator of the server's own makers. */
    async function matcher(schemas: Record<string, Json>) {
      const app = fastify({
        ajv: { customOptions: { coerceTypes: false, removeAdditional: false, strict: false } },
      });
      for (const [name, schema] of Object.entries(schemas)) {
        const text = JSON.stringify({ ...schema, $schema: undefined, $id: name });
        app.addSchema(JSON.parse(text.replaceAll("#/components/schemas/", "")));
      }
      for (const name of Object.keys(schemas)) {
        app.post(`/${name}`, { schema: { body: { $ref: `${name}#` } } }, async () => "ok");
      }
      await app.ready();
      return async (name: string, value: unknown) => {
        const payload = JSON.stringify(value);
        const headers = { "content-type": "application/json" };
        const answer = await app.inject({ method: "POST", url: `/${name}`, payload, headers });
        return answer.statusCode === 200 ? "" : answer.body;
      };
    }
  });

  it("lets nobody try tokens out", async () => {
    const statuses = new Map<number, number>();
    for (let round = 0; round < 13; round++) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, one) =>
          coordinator.get("/runs", { token: `guess-${round}-${one}-0123456789` }),
        ),
      );
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([...statuses.keys()].sort()).toEqual([401, 429]);
    const right = await coordinator.get<Problem>("/runs", { token: TOKENS.admin });
    expect(right.status).toBe(429);
    expect(right.body.title).toBe("Too Many Requests");
    expect(Number(right.headers.get("retry-after"))).toBeGreaterThan(0);
    // Whoever looks after the process still hears from it.
    expect((await coordinator.get("/livez")).status).toBe(200);
    const { exitCode, stderr } = await onrush(["runs", "--coordinator", coordinator.url]);
    expect(exitCode).toBe(98);
    expect(stderr).toContain("ate limit exceeded");
  });
});
