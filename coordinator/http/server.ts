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
import { ENVELOPE_TYPE } from "../check/envelope.ts";
import { MAX_SUBMISSION_BYTES } from "../check/submission.ts";
import { summaryJsonSchema } from "../report/summary-schema.ts";
import { isLoopbackHost } from "../run/target-policy.ts";
import type { Service } from "../service/service.ts";
import { actionRoutes, streamRoutes } from "./actions.ts";
import { clusterRoutes, healthRoutes } from "./cluster.ts";
import { API_DESCRIPTION, DOCS_LOOK, frontPage } from "./front-page.ts";
import { describeApi } from "./openapi.ts";
import { HttpProblem, PROBLEM_TYPE, problemOf } from "./problem.ts";
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

/** For whoever starts and ends it; the rest of fastify stays in this room. */
export type HttpServer = FastifyInstance;

/** Characters of a part of a path; a worker's id has 120 at most, before it is encoded. */
const MAX_PARAMETER = 500;
const REQUESTS_PER_MINUTE = 1200;
const PREFIX = "/api/v1";

export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const { service, leads, requestsPerMinute = REQUESTS_PER_MINUTE } = options;
  const app = fastify({
    bodyLimit: MAX_SUBMISSION_BYTES,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: MAX_PARAMETER },
    frameworkErrors: (error, _, reply) => void answerProblem(options.log, error, reply),
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
  const roles = new Map<string, Role | null>();
  app.addHook("onRoute", ({ config, url, method }) => {
    for (const one of [method].flat()) roles.set(`${one} ${url}`, config?.role ?? null);
    if (config?.role !== undefined || isPage(url)) return;
    throw new Error(`route ${String(method)} ${url} names no role`);
  });
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: CSP },
    // Whether there is TLS before it, and for how long, others know.
    hsts: false,
  });
  await app.register(rateLimit, {
    ...{ global: false, max: requestsPerMinute, timeWindow: 60_000 },
    allowList: ({ url = "" }) => url === "/livez" || url === "/readyz",
  });
  // Before anybody is asked for a token, so that tokens cannot be tried out.
  app.addHook("onRequest", app.rateLimit());
  app.addHook("onRequest", async (request) => admit(request, options));
  await describe(app, roles);
  await app.register(
    (api, _, done) => {
      const audit = (text: string) => options.log.info(text);
      runRoutes(api, service, audit);
      actionRoutes(api, service, audit);
      streamRoutes(api, service);
      resultRoutes(api, service);
      clusterRoutes(api, service, audit);
      schemaRoutes(api);
      done();
    },
    { prefix: PREFIX },
  );
  frontPage(app);
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
  baseUri: ["'none'"],
  formAction: ["'none'"],
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
  if (caller === null) {
    throw new HttpProblem(401, "a token is needed: Authorization: Bearer …", {
      remedy: "Give one the coordinator knows; the onrush command takes it from ONRUSH_TOKEN.",
    });
  }
  if (role !== undefined && !mayAs(caller.role, role)) {
    throw new HttpProblem(403, `this takes the role ${role}; ${caller.name} is ${caller.role}`);
  }
  request.caller = caller;
}

/** A page of another site must not be let in: neither under a name of its own, nor by the reader's browser. */
function refuseForeignNames({ headers: { host = "", origin } }: FastifyRequest): void {
  const name = host.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  if (!isLoopbackHost(name)) {
    throw new HttpProblem(403, "this coordinator answers to names of this machine only");
  }
  if (origin !== undefined && origin !== `http://${host}`) {
    throw new HttpProblem(403, "this coordinator does not answer to pages of other sites");
  }
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
  if (problem.status === 401) reply.header("www-authenticate", "Bearer");
  return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

async function describe(
  app: FastifyInstance,
  roles: ReadonlyMap<string, Role | null>,
): Promise<void> {
  const roleOf = (method: string, path: string) =>
    roles.get(`${method} ${path.replace(/\{(\w+)\}/g, ":$1")}`) ?? null;
  await app.register(swagger, {
    transformObject: (made) =>
      "openapiObject" in made
        ? describeApi(made.openapiObject, PREFIX, roleOf)
        : made.swaggerObject,
    openapi: {
      openapi: "3.1.0",
      info: { title: "Onrush coordinator", version: VERSION, description: API_DESCRIPTION },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    },
  });
  await app.register(swaggerUi, { routePrefix: "/docs", ...DOCS_LOOK });
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
