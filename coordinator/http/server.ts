/**
 * Puts the HTTP server together: limits, headers, tokens, errors, routes, OpenAPI. Called by `onrush coordinator`.
 * Invariant: every route names the role it takes, or the server does not start; without tokens only this machine gets in.
 */
import { randomUUID } from "node:crypto";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { OnrushError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { jsonSchema } from "../../shared/scenario/schema.ts";
import { VERSION } from "../../shared/version.ts";
import { summaryJsonSchema } from "../report/summary-schema.ts";
import { isLoopbackHost } from "../run/target-policy.ts";
import type { Service } from "../service/service.ts";
import { actionRoutes, streamRoutes } from "./actions.ts";
import { clusterRoutes, healthRoutes } from "./cluster.ts";
import { HttpProblem, PROBLEM_TYPE, problemOf } from "./problem.ts";
import { ENVELOPE_TYPE } from "./reading.ts";
import { resultRoutes } from "./results.ts";
import { runRoutes } from "./runs.ts";
import { type Caller, mayAs, type Role, type Tokens } from "./tokens.ts";

export interface ServerOptions {
  readonly service: Service;
  /** Whether this coordinator has the lead. */
  readonly leads: () => boolean;
  /** null: nobody has to say who they are. */
  readonly tokens: Tokens | null;
  /** Listens on this machine's own addresses only. */
  readonly local: boolean;
  readonly log: Log;
  /** Requests a minute and address. */
  readonly requestsPerMinute?: number;
}

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** null: anybody. Missing: the server does not start. */
    role?: Role | null;
  }
}

const BODY_BYTES = 32 * 1024 * 1024;
const REQUESTS_PER_MINUTE = 1200;
const PREFIX = "/api/v1";

export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const { service, leads, requestsPerMinute = REQUESTS_PER_MINUTE } = options;
  const app = fastify({
    bodyLimit: BODY_BYTES,
    forceCloseConnections: true,
    genReqId: () => randomUUID(),
  });
  app.decorateRequest("caller", null);
  readBodiesAsText(app);
  app.setErrorHandler((error, _, reply) => answerProblem(options.log, error, reply));
  app.setNotFoundHandler((request, reply) =>
    answerProblem(
      options.log,
      new HttpProblem(404, `there is no ${request.method} ${request.url.slice(0, 200)}`),
      reply,
    ),
  );
  app.addHook("onRoute", ({ config, url, method }) => {
    if (config?.role !== undefined || isPage(url)) return;
    throw new Error(`route ${String(method)} ${url} names no role`);
  });
  app.addHook("onRequest", async (request) => admit(request, options));
  await app.register(helmet, { contentSecurityPolicy: { directives: CSP } });
  await app.register(rateLimit, { max: requestsPerMinute, timeWindow: 60_000 });
  await describe(app);
  await app.register(
    (api, _, done) => {
      const audit = (text: string) => options.log.info(text);
      runRoutes(api, service, audit);
      actionRoutes(api, service, audit);
      streamRoutes(api, service);
      resultRoutes(api, service);
      clusterRoutes(api, service);
      schemaRoutes(api);
      done();
    },
    { prefix: PREFIX },
  );
  healthRoutes(app, service, leads);
  return app;
}

/** The pages of the API's description need their own scripts and styles; nothing from elsewhere. */
const CSP = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", "data:"],
  connectSrc: ["'self'"],
  frameAncestors: ["'none'"],
};

function isPage(url: string): boolean {
  return url === "/docs" || url.startsWith("/docs/") || url === "/openapi.json" || url === "*";
}

/** Who asks, and whether they may. @throws HttpProblem 401, 403 */
async function admit(request: FastifyRequest, { tokens, local }: ServerOptions): Promise<void> {
  const { role } = request.routeOptions.config;
  if (local && tokens === null) refuseForeignNames(request);
  if (
    role === null ||
    tokens === null ||
    (role === undefined && isPage(request.url.split("?")[0] ?? ""))
  ) {
    return;
  }
  const caller = tokens.caller(request.headers.authorization);
  if (caller === null) throw new HttpProblem(401, "a token is needed: Authorization: Bearer …");
  if (role !== undefined && !mayAs(caller.role, role)) {
    throw new HttpProblem(403, `this takes the role ${role}; ${caller.name} is ${caller.role}`);
  }
  request.caller = caller;
}

/** A page of another site that got this address for its own name must not be let in. */
function refuseForeignNames({ headers: { host = "" } }: FastifyRequest): void {
  const name = host.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  if (!isLoopbackHost(name))
    throw new HttpProblem(403, "this coordinator answers to names of this machine only");
}

function readBodiesAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const types = [
    "application/yaml",
    "application/x-yaml",
    "text/yaml",
    "application/json",
    ENVELOPE_TYPE,
  ];
  app.addContentTypeParser(types, { parseAs: "string" }, (_, body, done) => done(null, body));
}

function answerProblem(log: Log, error: unknown, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  if (problem.status >= 500 && !(error instanceof OnrushError || error instanceof HttpProblem)) {
    log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

async function describe(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Onrush coordinator", version: VERSION },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    },
  });
  await app.register(swaggerUi, { routePrefix: "/docs" });
  app.get("/openapi.json", { schema: { hide: true }, config: { role: "viewer" } }, async () =>
    app.swagger(),
  );
}

function schemaRoutes(app: FastifyInstance): void {
  const viewer = (summary: string) => ({
    config: { role: "viewer" as const },
    schema: { summary, tags: ["schema"] },
  });
  app.get("/schema/scenario.json", viewer("JSON Schema of scenarios"), async () => jsonSchema());
  app.get("/schema/summary.json", viewer("JSON Schema of summary.json"), async () =>
    summaryJsonSchema(),
  );
}
