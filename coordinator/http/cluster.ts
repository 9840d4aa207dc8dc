/**
 * Routes of the cluster: workers, health, metrics. Registered by server.ts. Invariant: /livez says whether this process is
 * of use, /readyz whether it can do its work now.
 */
import type { FastifyInstance } from "fastify";
import { Gauge, Registry } from "prom-client";
import type { Service } from "../service/service.ts";
import { HttpProblem } from "./problem.ts";

export function clusterRoutes(app: FastifyInstance, service: Service): void {
  const viewer = {
    config: { role: "viewer" as const },
    schema: { summary: "Workers of the cluster", tags: ["workers"] },
  };
  app.get("/workers", viewer, async () => ({ workers: workersOf(service) }));
}

function workersOf({ fleet }: Service) {
  return fleet.sessions.map(({ epoch, info, status, silentMs }) => {
    const { id, host, pid, version, node, engines, capacity, cpuModel, cpus, wire } = info;
    const fit = fleet.member(epoch);
    return {
      ...{ id, epoch, host, pid, version, node, engines, capacity, cpuModel, cpus, wire },
      run: fleet.runOf(epoch),
      state: status?.state ?? "idle",
      leaving: status?.leaving ?? false,
      lanes: status?.lanesHeld ?? 0,
      connectionsOpen: status?.connectionsOpen ?? 0,
      problem: status?.problem ?? "",
      silentSeconds: Math.round(silentMs / 100) / 10,
      overdue: fit?.overdue ?? false,
      startSkewMs: status?.startSkewUs == null ? null : status.startSkewUs / 1000,
      clockErrorMs: status === null ? null : status.clockErrorUs / 1000,
    };
  });
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
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
}

/** Labels are ids this coordinator made; runs that are over are not in it, so their number stays bounded. */
function metricsOf(service: Service, leads: () => boolean): Registry {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  const gauge = (name: string, help: string, labelNames: string[], collect: (g: Gauge) => void) =>
    new Gauge({
      ...{ name: `onrush_${name}`, help, labelNames, registers },
      collect() {
        this.reset();
        collect(this as unknown as Gauge);
      },
    });
  const views = () =>
    service.entries.flatMap(({ id, isOver, feed }) =>
      isOver || !feed.view ? [] : [{ id, view: feed.view }],
    );
  gauge("coordinator_leads", "1 while this coordinator has the lead", [], (g) =>
    g.set(Number(leads())),
  );
  gauge("workers", "Workers that have a session", [], (g) => g.set(service.fleet.sessions.length));
  gauge("workers_capacity_connections", "Connections all workers can hold", [], (g) =>
    g.set(service.fleet.sessions.reduce((sum, { info }) => sum + info.capacity, 0)),
  );
  gauge("runs_waiting", "Runs in line for workers", [], (g) => g.set(service.fleet.waiting.length));
  gauge("runs_going", "Runs that are not over", [], (g) =>
    g.set(service.entries.filter(({ isOver }) => !isOver).length),
  );
  gauge("run_connections_open", "Connections open", ["run"], (g) => {
    for (const { id, view } of views()) g.set({ run: id }, view.open);
  });
  gauge("run_connections_planned", "Connections planned to be open", ["run"], (g) => {
    for (const { id, view } of views()) g.set({ run: id }, view.plannedOpen);
  });
  gauge("run_messages_sent", "Messages sent so far", ["run"], (g) => {
    for (const { id, view } of views()) g.set({ run: id }, view.messages.sent);
  });
  gauge(
    "run_latency_seconds",
    "Corrected latency over the last seconds",
    ["run", "quantile"],
    (g) => {
      for (const { id, view } of views()) {
        if (view.latencyUs === null) continue;
        const { p50, p90, p99 } = view.latencyUs;
        for (const [quantile, us] of Object.entries({ "0.5": p50, "0.9": p90, "0.99": p99 })) {
          g.set({ run: id, quantile }, us / 1_000_000);
        }
      }
    },
  );
  return registry;
}
