/**
 * Puts the HTTP server together: limits, headers, tokens, errors, routes, OpenAPI. Called by `onrush coordinator`.
 * Invariant: every route names the role it takes, or the server does not start; without tokens only this machine gets in.
 */
import { randomUUID } from "node:crypto";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { Log } from "../../shared/log.ts";
import { jsonSchema } from "../../shared/scenario/schema.ts";
import { VERSION } from "../../shared/version.ts";
import { ENVELOPE_TYPE } from "../check/envelope.ts";
import { summaryJsonSchema } from "../report/summary-schema.ts";
import type { Service } from "../service/service.ts";
import {
  admit,
  type Doors,
  heedLead,
  isPage,
  type LeadOfServer,
  PREFIX,
} from "./access/admission.ts";
import { boundConnections, type ConnectionBounds, TIMES } from "./access/connections.ts";
import { boundHeldBytes } from "./access/shares.ts";
import type { Caller, Role } from "./access/tokens.ts";
import { sparingly } from "./error-log.ts";
import { describeApi, queryKeysOf } from "./openapi.ts";
import { answerProblem, closeUnread } from "./problem.ts";
import { refuseClient, refuseGone, refusePath, refuseUnknownKeys } from "./refusals.ts";
import { actionRoutes, streamRoutes } from "./routes/actions.ts";
import { clusterRoutes, healthRoutes } from "./routes/cluster.ts";
import { faultRoutes } from "./routes/faults.ts";
import { API_DESCRIPTION, DOCS_LOOK, frontPage } from "./routes/front-page.ts";
import { resultRoutes } from "./routes/results.ts";
import { runRoutes } from "./routes/runs.ts";

export interface ServerOptions extends Doors {
  readonly service: Service;
  readonly lead: LeadOfServer;
  readonly log: Log;
  /** Requests a minute and address. */
  readonly requestsPerMinute?: number;
  /** For a request to arrive, from its first byte to its last. */
  readonly requestMs?: number;
  readonly bounds?: ConnectionBounds;
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
/** Of a route that says nothing else. */
const MAX_BODY_BYTES = 64 * 1024;
const DESCRIPTION: ReadonlySet<string> = new Set(["/docs/json", "/docs/yaml"]);

export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const { service, lead, requestsPerMinute = REQUESTS_PER_MINUTE, bounds } = options;
  const log = sparingly(options.log);
  const app = fastify({
    ...TIMES,
    requestTimeout: options.requestMs ?? TIMES.requestTimeout,
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: MAX_PARAMETER },
    frameworkErrors: (error, _, reply) => void answerProblem(log, error, reply),
    clientErrorHandler: refuseClient,
    genReqId: () => randomUUID(),
  });
  boundConnections(app.server, bounds);
  app.decorateRequest("caller", null);
  readBodiesAsText(app);
  app.setErrorHandler((error, _, reply) => answerProblem(log, error, reply));
  const roles = new Map<string, Role | null>();
  const paths = new Map<string, Set<string>>();
  app.addHook("onRoute", (route) => {
    const { url } = route;
    // What the pages show of the API is the API's description.
    if (DESCRIPTION.has(url)) route.config = { ...route.config, role: "viewer" };
    const { role } = route.config ?? {};
    const methods = [route.method].flat();
    for (const method of methods) roles.set(`${method} ${url}`, role ?? null);
    paths.set(url, new Set([...(paths.get(url) ?? []), ...methods]));
    if (role !== undefined || isPage(url)) return;
    throw new Error(`route ${String(methods)} ${url} names no role`);
  });
  app.setNotFoundHandler((request, reply) => refusePath(request, paths, reply));
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: CSP },
    // Whether there is TLS before it, and for how long, others know.
    hsts: false,
  });
  await app.register(rateLimit, {
    ...{ global: false, max: requestsPerMinute, timeWindow: 60_000 },
    allowList: ({ url = "" }) => url === "/livez" || url === "/readyz",
  });
  app.addHook("onRequest", async (request) => refuseGone(request));
  // Before anybody is asked for a token, so that tokens cannot be tried out.
  app.addHook("onRequest", app.rateLimit());
  app.addHook("onRequest", async (request) => admit(request, options));
  app.addHook("onRequest", async (request) => heedLead(request, lead));
  app.addHook("onRequest", async (request) => checkQuery(request));
  // Before the body of a method that nobody takes is asked for.
  app.addHook("onRequest", async (request, reply) => {
    if (request.is404) refusePath(request, paths, reply);
  });
  boundHeldBytes(app);
  app.addHook("onSend", async (request, reply) => closeUnread(request, reply));
  await describe(app, roles, options.tokens !== null);
  await app.register(
    (api, _, done) => {
      const audit = (text: string) => options.log.info(text);
      runRoutes(api, service, audit);
      actionRoutes(api, service, audit);
      faultRoutes(api, service, audit);
      streamRoutes(api, service, options.tokens);
      resultRoutes(api, service);
      clusterRoutes(api, service, audit);
      schemaRoutes(api);
      done();
    },
    { prefix: PREFIX },
  );
  frontPage(app);
  healthRoutes(app, service, () => lead.held);
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

async function describe(
  app: FastifyInstance,
  roles: ReadonlyMap<string, Role | null>,
  asksForTokens: boolean,
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
  const uiConfig = asksForTokens ? { requestInterceptor: askForToken } : {};
  await app.register(swaggerUi, { routePrefix: "/docs", ...DOCS_LOOK, uiConfig });
  const document = once(() => app.swagger());
  app.get("/openapi.json", { schema: { hide: true }, config: { role: "viewer" } }, async () =>
    document(),
  );
}

/** In the browser: sent as its own text, so it knows of nothing but the page. */
function askForToken(asked: object) {
  const request = asked as { loadSpec?: boolean; headers: Record<string, string> };
  const { prompt } = globalThis as unknown as { prompt: (text: string) => string | null };
  const token = request.loadSpec === true ? prompt("A token of the coordinator") : null;
  if (token !== null) request.headers["Authorization"] = `Bearer ${token}`;
  return asked as Request;
}

/** Probes may bring what they like, and pages ask for their own files. */
function checkQuery({ query, routeOptions, is404 }: FastifyRequest): void {
  const { url = "", config, method } = routeOptions;
  if (is404 || config.role == null) return;
  refuseUnknownKeys(query, queryKeysOf(`${String(method)} ${url}`, PREFIX));
}

function schemaRoutes(app: FastifyInstance): void {
  const viewer = (summary: string) => ({
    config: { role: "viewer" as const },
    schema: { summary, tags: ["schema"] },
  });
  const scenario = once(jsonSchema);
  const summary = once(summaryJsonSchema);
  app.get("/schema/scenario.json", viewer("JSON Schema of scenarios"), async () => scenario());
  app.get("/schema/summary.json", viewer("JSON Schema of summary.json"), async () => summary());
}

/** Made when it is asked for first: to make it takes longer than to send it. */
function once<T>(make: () => T): () => T {
  let made: T | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
