/**
 * Routes of the cluster: workers, health, metrics. Registered by server.ts. Invariant: /livez says whether this process is
 * of use, /readyz whether it can do its work now.
 */
import type { FastifyInstance } from "fastify";
import { EXPOSITION_TYPE } from "../../../shared/exposition.ts";
import { WIRE_VERSION } from "../../../shared/wire/plan.ts";
import type { Service } from "../../service/service.ts";
import type { Role } from "../access/tokens.ts";
import { metricsOf } from "../metrics/coordinator-metrics.ts";
import { HttpProblem } from "../problem.ts";
import { type Audit, callerOf, type WithId } from "./runs.ts";

export function clusterRoutes(app: FastifyInstance, service: Service, audit: Audit): void {
  const as = (role: Role, summary: string) => ({
    config: { role },
    schema: { summary, tags: ["workers"] },
  });
  app.get("/workers", as("viewer", "Workers of the cluster"), async () => ({
    workers: workersOf(service),
    refusals: refusalsOf(service),
  }));

  const drain = as("operator", "Give it nothing more, and have others take over what it holds");
  app.post<WithId>("/workers/:id/drain", drain, async (request, reply) => {
    const { id } = request.params;
    const epochs = await service.drained.add(id);
    if (epochs.length === 0) {
      throw new HttpProblem(404, `there is no worker ${id.slice(0, 100)}`);
    }
    audit(`worker ${id}: drain, by ${callerOf(request)}`);
    return reply.code(202).send({ id, epochs });
  });
}

function workersOf({ fleet }: Service) {
  return fleet.sessions.map(({ epoch, info, status, silentMs }) => {
    const { id, host, pid, version, node, engines, capacity, cpuModel, cpus, wire } = info;
    const fit = fleet.member(epoch);
    return {
      ...{ id, epoch, host, pid, version, node, engines, capacity, cpuModel, cpus, wire },
      run: fleet.runOf(epoch),
      state: status?.state ?? "idle",
      leaving: fit?.status?.leaving ?? status?.leaving ?? false,
      slices: status?.slicesHeld ?? 0,
      connectionsOpen: status?.connectionsOpen ?? 0,
      problem: status?.problem ?? "",
      silentSeconds: Math.round(silentMs / 100) / 10,
      overdue: fit?.overdue ?? false,
      startSkewMs: status?.startSkewUs == null ? null : status.startSkewUs / 1000,
      clockErrorMs: status === null ? null : status.clockErrorUs / 1000,
      refusedRecords: status?.refused ?? 0,
      refused: wire === WIRE_VERSION ? null : otherWire(wire, version),
    };
  });
}

/** What somebody wrote to the broker who is none of this cluster. */
function refusalsOf({ fleet: { refusals } }: Service) {
  return { count: refusals.count, groups: refusals.groups };
}

function otherWire(wire: number, version: string): string {
  return `it is of version ${version} and speaks wire version ${wire}; this coordinator speaks ${WIRE_VERSION}`;
}

export function healthRoutes(app: FastifyInstance, service: Service, leads: () => boolean): void {
  const open = { config: { role: null }, schema: { hide: true } };
  app.get("/livez", open, async () => ({ status: "ok" }));
  app.get("/readyz", open, async () => {
    const { trouble } = service.fleet;
    if (!leads()) throw new HttpProblem(503, "this coordinator does not have the lead");
    if (trouble !== null) throw new HttpProblem(503, `the bus does not answer: ${trouble}`);
    return { status: "ok" };
  });
  const metrics = metricsOf(service, leads);
  const viewer = { config: { role: "viewer" as const }, schema: { hide: true } };
  app.get("/metrics", viewer, async (_, reply) =>
    reply.type(EXPOSITION_TYPE).send(await metrics()),
  );
}
