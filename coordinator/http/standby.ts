/**
 * What a coordinator answers while another one has the lead: that it lives, and is not ready. Called by
 * `onrush coordinator`, which closes it when it has the lead. Invariant: nothing is started, told or changed here.
 */
import fastify, { type FastifyInstance } from "fastify";
import { HttpProblem, PROBLEM_TYPE } from "./problem.ts";

export function buildStandby(): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  app.get("/livez", async () => ({ status: "ok" }));
  app.setNotFoundHandler((_, reply) => {
    const { body } = new HttpProblem(503, "this coordinator does not have the lead yet", {
      code: "ONRUSH_COORDINATOR_TAKEN",
      remedy:
        "Wait: it goes on when the other one ends; one that was killed loses the lead after 6 s.",
    });
    return reply.code(body.status).type(PROBLEM_TYPE).send(JSON.stringify(body));
  });
  return app;
}
