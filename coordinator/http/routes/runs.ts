/**
 * Routes of runs: create, list, look, forget. Registered by server.ts.
 * Invariant: a repeated creation with the same Idempotency-Key is the same run, also after a restart.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { MAX_SUBMISSION_BYTES } from "../../check/submission.ts";
import type { Service } from "../../service/service.ts";
import type { Role } from "../access/tokens.ts";
import { HttpProblem, issuesProblem } from "../problem.ts";
import { MAX_KEY, parsed, submitQuery } from "../reading.ts";
import { type RunInfo, runInfo, runInfos } from "./run-info.ts";

/** A run that is not served is looked at about as often. */
const RETRY_SECONDS = 2;

/** Who did what, for the log. */
export type Audit = (text: string) => void;

export type WithId = { Params: { id: string } };

export function runRoutes(app: FastifyInstance, service: Service, audit: Audit): void {
  const submission = { ...as("operator", "Submit a scenario"), bodyLimit: MAX_SUBMISSION_BYTES };
  app.post("/runs", submission, async (request, reply) => {
    const { dryRun, workers, ...query } = parsed(submitQuery, request.query, "the query");
    const type = request.headers["content-type"] ?? "";
    const text = String(request.body ?? "");
    const autoProbe = query.autoProbe === "1";
    const submitted = { type, text, workers, autoProbe };
    if (dryRun === "1") {
      const checked = await service.check(submitted, callerOf(request));
      if (!checked.ok) throw issuesProblem(checked.issues);
      return checked.value;
    }
    const by = callerOf(request);
    const content = [type, workers, ...(autoProbe ? ["autoProbe"] : []), text].join("\n");
    const asked = { by, key: keyOf(request), content };
    const accepted = await service.submit(submitted, asked);
    if (accepted.kind === "invalid") throw issuesProblem(accepted.issues);
    if (accepted.kind === "key-reused") throw keyReused();
    const { id } = accepted;
    const state = (await runInfo(service, id))?.state ?? "created";
    audit(`run ${id} submitted by ${by}`);
    reply.code(201).header("location", `/api/v1/runs/${id}`);
    return { id, state };
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
      const info = await runInfo(service, id);
      if (info === null) throw noRun(id);
      if (!(await service.remove(id))) throw notOver(info);
      audit(`run ${id} removed by ${callerOf(request)}`);
      reply.code(204);
    },
  );
}

export function noRun(id: string): HttpProblem {
  return new HttpProblem(404, `there is no run ${id.slice(0, 100)}`);
}

/** It goes on, as far as anybody knows, and nobody here can act on it. */
export function notServed(service: Service, id: string): HttpProblem {
  const { takeUp } = service;
  const why = takeUp.why(id);
  if (takeUp.isForeign(id)) {
    return new HttpProblem(409, `run ${id} is not served by this coordinator: ${why}`, {
      remedy: "End it where it was begun (onrush run), with Ctrl-C.",
    });
  }
  return new HttpProblem(
    503,
    `run ${id} is not over, and this coordinator does not serve it: ${why}`,
    {
      remedy: "Try again in a moment: it is taken up as soon as it can be.",
      retryAfterSeconds: RETRY_SECONDS,
    },
  );
}

function notOver({ id, state, served }: RunInfo): HttpProblem {
  const nobody = served ? "" : ", though this coordinator does not serve it";
  return new HttpProblem(409, `run ${id} is not over: it is ${state}${nobody}`, {
    remedy: served ? "Stop it first." : "Wait until it is served, and stop it then.",
  });
}

export function keyOf({ headers }: FastifyRequest): string | null {
  const key = headers["idempotency-key"];
  if (key === undefined) return null;
  if (typeof key === "string" && key !== "" && key.length <= MAX_KEY) return key;
  throw new HttpProblem(400, `an Idempotency-Key has 1 to ${MAX_KEY} characters`);
}

export function keyReused(): HttpProblem {
  return new HttpProblem(422, "this Idempotency-Key was given with another request before", {
    remedy: "Repeat the request as it was, or take a new key.",
  });
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
