/**
 * Routes of runs: create, list, look, end, scale, results. Registered by server.ts.
 * Invariant: a repeated creation with the same Idempotency-Key is the same run.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { RunEntry } from "../service/run-entry.ts";
import type { Service } from "../service/service.ts";
import { HttpProblem, issuesProblem } from "./problem.ts";
import { parsed, readSubmitted, submitQuery } from "./reading.ts";
import { runInfo, runInfos } from "./run-info.ts";
import type { Role } from "./tokens.ts";

/** Keys remembered; a client repeats within seconds. */
const MAX_KEYS = 1000;

/** Who did what, for the log. */
export type Audit = (text: string) => void;

export type WithId = { Params: { id: string } };

export function runRoutes(app: FastifyInstance, service: Service, audit: Audit): void {
  const keys = new Map<string, Promise<RunEntry>>();

  app.post("/runs", as("operator", "Submit a scenario"), async (request, reply) => {
    const { dryRun, workers } = parsed(submitQuery, request.query, "the query");
    const type = request.headers["content-type"] ?? "";
    const submission = readSubmitted(type, String(request.body ?? ""), workers);
    if (dryRun === "1") {
      const checked = service.check(submission);
      if (!checked.ok) throw issuesProblem(checked.issues);
      return planInfo(checked.plan);
    }
    const key = request.headers["idempotency-key"];
    const create = async () => {
      const accepted = await service.submit(submission);
      if (!accepted.ok) throw issuesProblem(accepted.issues);
      return accepted.entry;
    };
    const entry = await (typeof key === "string" ? once(keys, key, create) : create());
    audit(`run ${entry.id} submitted by ${callerOf(request)}`);
    reply.code(201).header("location", `/api/v1/runs/${entry.id}`);
    return { id: entry.id, state: entry.state };
  });

  app.get("/runs", as("viewer", "All runs, the newest first"), async () => ({
    runs: await runInfos(service),
  }));

  app.get<WithId>("/runs/:id", as("viewer", "One run"), async ({ params: { id } }) => {
    const info = await runInfo(service, id);
    if (info === null) throw noRun(id);
    return info;
  });

  app.delete<WithId>(
    "/runs/:id",
    as("admin", "Forget a run that is over"),
    async (request, reply) => {
      const { id } = request.params;
      if ((await runInfo(service, id)) === null) throw noRun(id);
      if (!(await service.remove(id))) throw new HttpProblem(409, `run ${id} is not over`);
      audit(`run ${id} removed by ${callerOf(request)}`);
      reply.code(204);
    },
  );
}

type Plan = Extract<ReturnType<Service["check"]>, { ok: true }>["plan"];

export function planInfo({ document, plannedOpens, plannedOpen, shardConnections }: Plan) {
  const { hash, connections, shards, durationUs } = document;
  const durationSeconds = durationUs / 1_000_000;
  return {
    hash,
    connections,
    shards,
    shardConnections,
    durationSeconds,
    plannedOpens,
    plannedOpen,
  };
}

export function noRun(id: string): HttpProblem {
  return new HttpProblem(404, `there is no run ${id.slice(0, 100)}`);
}

/** A creation that failed may be tried again with the same key. */
async function once(
  keys: Map<string, Promise<RunEntry>>,
  key: string,
  create: () => Promise<RunEntry>,
): Promise<RunEntry> {
  const known = keys.get(key);
  if (known !== undefined) return known;
  const creating = create();
  keys.set(key, creating);
  const [oldest] = keys.keys();
  if (keys.size > MAX_KEYS && oldest !== undefined) keys.delete(oldest);
  creating.catch(() => keys.delete(key));
  return creating;
}

/** What a route of runs takes and says of itself. */
export function as(role: Role, summary: string) {
  return { config: { role }, schema: { summary, tags: ["runs"] } };
}

export function callerOf(request: FastifyRequest): string {
  return request.caller?.name ?? "anybody";
}

/** Sends a text as it is. */
export function sendText(reply: FastifyReply, type: string, text: string): FastifyReply {
  return reply.type(`${type}; charset=utf-8`).send(text);
}
