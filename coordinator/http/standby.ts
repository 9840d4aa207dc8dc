/**
 * What a coordinator answers while another one has the lead: that it lives, and is not ready. Called by
 * `onrush coordinator`, which closes it when it has the lead. Invariant: nothing is started, shown or changed here.
 */
import fastify, { type FastifyInstance } from "fastify";
import { boundConnections, TIMES } from "./access/connections.ts";
import { closeUnread, noLead, PROBLEM_TYPE } from "./problem.ts";
import { refuseClient } from "./refusals.ts";

export function buildStandby(): FastifyInstance {
  const app = fastify({
    ...TIMES,
    forceCloseConnections: true,
    clientErrorHandler: refuseClient,
  });
  boundConnections(app.server);
  app.get("/livez", async () => ({ status: "ok" }));
  app.setNotFoundHandler((request, reply) => {
    closeUnread(request, reply);
    const { body, retryAfterSeconds } = noLead();
    if (retryAfterSeconds !== null) reply.header("retry-after", retryAfterSeconds);
    return reply.code(body.status).type(PROBLEM_TYPE).send(JSON.stringify(body));
  });
  return app;
}
