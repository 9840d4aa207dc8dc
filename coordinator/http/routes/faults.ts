/**
 * Routes of the faults of a run that goes on: ask for one, list them, end one early. Registered by server.ts.
 * Invariant: a fault is on disk before it is answered, and its end with it: nobody has to come back for it to be over.
 */
import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { MAX_FAULT_BYTES } from "../../../shared/scenario/live-fault.ts";
import type { FaultDesk, FaultRequest } from "../../live/fault-desk.ts";
import type { Service } from "../../service/service.ts";
import { HttpProblem, issuesProblem } from "../problem.ts";
import { goingOn } from "./actions.ts";
import { type Audit, as, callerOf, keyOf, keyReused, type WithId } from "./runs.ts";

type WithFault = { Params: { id: string; fault: string } };

const RETRY_SECONDS = 1;
const MAX_SHOWN = 100;

export function faultRoutes(app: FastifyInstance, service: Service, audit: Audit): void {
  const ask = { ...as("operator", "Begin a fault, now or later"), bodyLimit: MAX_FAULT_BYTES };
  app.post<WithId>("/runs/:id/faults", ask, async (request, reply) => {
    const { id } = request.params;
    const desk = await deskOf(service, id);
    const by = callerOf(request);
    const text = String(request.body ?? "");
    const asked = await desk.ask(text, requestOf(by, keyOf(request), text));
    if (asked.kind === "key-reused") throw keyReused();
    if (asked.kind === "invalid") throw issuesProblem(asked.issues, "the fault");
    if (asked.kind === "late") throw new HttpProblem(409, `run ${id} takes no more faults`);
    const { fault } = asked;
    audit(`run ${id}: fault ${fault.id}, by ${by}`);
    const path = `/api/v1/runs/${id}/faults/${encodeURIComponent(fault.id)}`;
    reply.code(201).header("location", path);
    return fault;
  });

  const list = as("viewer", "Its faults: when each acts, and whom it has hit");
  app.get<WithId>("/runs/:id/faults", list, async ({ params: { id } }) => ({
    faults: (await deskOf(service, id)).list(),
  }));

  const end = as("operator", "End a fault before its time");
  app.delete<WithFault>("/runs/:id/faults/:fault", end, async (request, reply) => {
    const { id, fault } = request.params;
    const ended = await (await deskOf(service, id)).end(fault);
    const name = fault.slice(0, MAX_SHOWN);
    if (ended.kind === "unknown") throw new HttpProblem(404, `run ${id} has no fault ${name}`);
    if (ended.kind === "by-itself")
      throw new HttpProblem(409, `fault ${name} ends by itself, and not before`);
    if (ended.kind === "late") throw new HttpProblem(409, `fault ${name} is over, or about to be`);
    audit(`run ${id}: fault ${ended.fault.id} ended, by ${callerOf(request)}`);
    return reply.code(202).send(ended.fault);
  });
}

/** @throws HttpProblem when it takes no commands now */
async function deskOf(service: Service, id: string): Promise<FaultDesk> {
  const { faults } = await goingOn(service, id);
  if (faults !== null) return faults;
  const retry = { retryAfterSeconds: RETRY_SECONDS };
  throw new HttpProblem(503, `run ${id} is being opened`, retry);
}

function requestOf(by: string, key: string | null, text: string): FaultRequest | null {
  return key === null ? null : { key: digestOf(`${by}\n${key}`), content: digestOf(text) };
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
