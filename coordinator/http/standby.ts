/**
 * What a coordinator answers while its bus is not there yet, or another one has the lead: that it lives, and is not ready.
 * Called by `onrush coordinator`, which closes it when it has the lead. Invariant: nothing is started, shown or changed here.
 */
import fastify, { type FastifyInstance } from "fastify";
import { boundConnections, TIMES } from "./access/connections.ts";
import { closeUnread, noBus, noLead, PROBLEM_TYPE } from "./problem.ts";
import { refuseClient } from "./refusals.ts";

/** @param trouble why the bus cannot be used; null: another one leads */
export function buildStandby(trouble: () => string | null): FastifyInstance {
  const app = fastify({
    ...TIMES,
    forceCloseConnections: true,
    clientErrorHandler: refuseClient,
  });
  boundConnections(app.server);
  app.get("/livez", async () => ({ status: "ok" }));
  app.setNotFoundHandler((request, reply) => {
    closeUnread(request, reply);
    const why = trouble();
    const { body, retryAfterSeconds } = why === null ? noLead() : noBus(why);
    if (retryAfterSeconds !== null) reply.header("retry-after", retryAfterSeconds);
    return reply.code(body.status).type(PROBLEM_TYPE).send(JSON.stringify(body));
  });
  return app;
}
