/**
 * Routes that act on a run or watch it: stop, abort, scale, stream; and the check of a scenario. Registered by server.ts.
 * Invariant: an action is a wish that the run heeds; asking twice changes nothing more.
 */
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { RunEntry } from "../service/run-entry.ts";
import type { Service } from "../service/service.ts";
import { HttpProblem, issuesProblem } from "./problem.ts";
import { parsed, readSubmitted } from "./reading.ts";
import { type Audit, as, callerOf, noRun, planInfo, type WithId } from "./runs.ts";
import { streamRun } from "./stream.ts";

const scaleSchema = z.strictObject({
  /** Workers that may serve the run at most; null: as many as there are. */
  workers: z.int().min(1).nullable().optional(),
  /** Spreads what is open anew: connections are closed, paced, and opened elsewhere. */
  rebalance: z.boolean().optional(),
});

export function actionRoutes(app: FastifyInstance, service: Service, audit: Audit): void {
  for (const mode of ["stop", "abort"] as const) {
    const what = mode === "stop" ? "End it: drain, report" : "Cut it at once";
    app.post<WithId>(`/runs/:id/actions/${mode}`, as("operator", what), async (request, reply) => {
      const entry = goingOn(service, request.params.id);
      entry.wishes.end(mode, "stopped");
      audit(`run ${entry.id}: ${mode}, by ${callerOf(request)}`);
      return reply.code(202).send({ id: entry.id, state: entry.state });
    });
  }

  const scale = as("operator", "How many workers serve it, and whether they share anew");
  app.post<WithId>("/runs/:id/actions/scale", scale, async (request, reply) => {
    const entry = goingOn(service, request.params.id);
    const body = request.body === "" ? {} : JSON.parse(String(request.body));
    const { workers, rebalance } = parsed(scaleSchema, body, "the body");
    if (workers !== undefined) entry.wishes.scale(workers);
    if (rebalance === true) entry.wishes.rebalance();
    audit(
      `run ${entry.id}: scale ${JSON.stringify({ workers, rebalance })}, by ${callerOf(request)}`,
    );
    return reply.code(202).send({ id: entry.id, state: entry.state });
  });

  app.get<WithId>(
    "/runs/:id/stream",
    as("viewer", "Events and views as they come"),
    (request, reply) => {
      const { id } = request.params;
      const entry = service.entry(id);
      if (entry === null) throw noRun(id);
      const last = Number(request.headers["last-event-id"] ?? 0);
      reply.hijack();
      streamRun(entry.feed, reply.raw, Number.isSafeInteger(last) ? last : 0);
    },
  );

  app.post("/scenarios/validate", as("viewer", "Check a scenario"), async (request) => {
    const type = request.headers["content-type"] ?? "";
    const checked = service.check(readSubmitted(type, String(request.body ?? ""), 1));
    if (!checked.ok) throw issuesProblem(checked.issues);
    return planInfo(checked.plan);
  });
}

function goingOn(service: Service, id: string): RunEntry {
  const entry = service.entry(id);
  if (entry === null) throw noRun(id);
  if (entry.isOver) throw new HttpProblem(409, `run ${id} is over`);
  return entry;
}
