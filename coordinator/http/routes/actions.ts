/**
 * Routes that act on a run or watch it: stop, abort, scale, stream; and the check of a scenario. Registered by server.ts.
 * Invariant: an action is a command to the run, on disk before it is answered; asking twice changes nothing more.
 */
import type { FastifyInstance } from "fastify";
import { isFinal } from "../../../shared/wire/command.ts";
import { MAX_SUBMISSION_BYTES } from "../../check/submission.ts";
import type { RunEntry } from "../../service/run-entry.ts";
import type { Service } from "../../service/service.ts";
import { clientOf, Shares } from "../access/shares.ts";
import type { Tokens } from "../access/tokens.ts";
import { HttpProblem, issuesProblem } from "../problem.ts";
import { jsonBody, parsed, scaleSchema } from "../reading.ts";
import { runInfo } from "./run-info.ts";
import { type Audit, as, callerOf, noRun, notServed, type WithId } from "./runs.ts";
import { streamEnd, streamRun } from "./stream.ts";

/** Readers of streams at once, and those of one client; more are sent away for a while. */
const STREAMS = { all: 500, each: 400 };
const RETRY_SECONDS = 5;

export function actionRoutes(app: FastifyInstance, service: Service, audit: Audit): void {
  for (const mode of ["stop", "abort"] as const) {
    const what = mode === "stop" ? "End it: drain, report" : "Cut it at once";
    app.post<WithId>(`/runs/:id/actions/${mode}`, as("operator", what), async (request, reply) => {
      const entry = await goingOn(service, request.params.id);
      await entry.end(mode);
      audit(`run ${entry.id}: ${mode}, by ${callerOf(request)}`);
      return reply.code(202).send({ id: entry.id, state: entry.state });
    });
  }

  const scale = as("operator", "How many workers serve it, and whether they share anew");
  app.post<WithId>("/runs/:id/actions/scale", scale, async (request, reply) => {
    const entry = await goingOn(service, request.params.id);
    const { workers, rebalance } = parsed(scaleSchema, jsonBody(request.body), "the body");
    if (workers !== undefined) await entry.scale(workers);
    if (rebalance === true) entry.commands.rebalance();
    const asked = JSON.stringify({ workers, rebalance });
    audit(`run ${entry.id}: scale ${asked}, by ${callerOf(request)}`);
    return reply.code(202).send({ id: entry.id, state: entry.state });
  });

  const check = { ...as("viewer", "Check a scenario"), bodyLimit: MAX_SUBMISSION_BYTES };
  app.post("/scenarios/validate", check, async (request) => {
    const type = request.headers["content-type"] ?? "";
    const body = { type, text: String(request.body ?? ""), workers: 1, autoProbe: false };
    const checked = await service.check(body, callerOf(request));
    if (!checked.ok) throw issuesProblem(checked.issues);
    return checked.value;
  });
}

export function streamRoutes(app: FastifyInstance, service: Service, tokens: Tokens | null): void {
  const places = new Shares(STREAMS);
  const stream = as(
    "viewer",
    "What it looks like, then events and views as they come, then its end",
  );
  app.get<WithId>("/runs/:id/stream", stream, async (request, reply) => {
    const { id } = request.params;
    const info = await runInfo(service, id);
    if (info === null) throw noRun(id);
    if (!info.served && !isFinal(info.state)) throw notServed(service, id);
    const entry = service.entry(id);
    if (entry === null) return streamEnd(reply.hijack().raw, info);
    const free = places.take(clientOf(request), 1);
    if (free === null) throw tooManyStreams();
    const { raw: response } = reply.hijack();
    const lastId = String(request.headers["last-event-id"] ?? "");
    const { authorization } = request.headers;
    const mayStay = () => tokens === null || tokens.caller(authorization) !== null;
    streamRun(entry.feed, { response, info, lastId, mayStay }, free);
  });
}

function tooManyStreams(): HttpProblem {
  const { all, each } = STREAMS;
  return new HttpProblem(503, `there are ${all} streams, ${each} of one client, and no more`, {
    retryAfterSeconds: RETRY_SECONDS,
  });
}

/** The run, when it can take a command now. @throws HttpProblem 404, 409; 503 when nobody serves it, or not yet */
export async function goingOn(service: Service, id: string): Promise<RunEntry> {
  const entry = service.entry(id);
  if (entry?.isOpened === true && !entry.isOver) return entry;
  const info = await runInfo(service, id);
  if (info === null) throw noRun(id);
  if (info.served || isFinal(info.state)) throw new HttpProblem(409, `run ${id} is over`);
  throw notServed(service, id);
}
