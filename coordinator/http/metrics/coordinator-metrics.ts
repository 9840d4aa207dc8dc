/**
 * What Prometheus reads of a coordinator: itself, its workers, and the runs that are not over, by the same families as a run
 * of `onrush run` that is scraped (run-metrics.ts). Used by cluster.ts.
 * Invariant: labels are ids this coordinator made and names of scenarios, and runs that are over are not in it, so its size
 * stays bounded; units are base units, as the names say.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { exposition } from "../../../shared/exposition.ts";
import { VERSION } from "../../../shared/version.ts";
import type { Service } from "../../service/service.ts";
import { runFamilies } from "./run-metrics.ts";

type Metric = readonly [name: string, help: string];

/** The whole text, made whenever somebody asks. */
export function metricsOf(service: Service, leads: () => boolean): () => Promise<string> {
  const registry = coordinatorMetrics(service, leads);
  return async () => {
    const going = service.entries.flatMap(({ measures }) =>
      measures === null ? [] : [measures()],
    );
    return (await registry.metrics()) + exposition(runFamilies(going));
  };
}

function coordinatorMetrics(service: Service, leads: () => boolean): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "onrush_coordinator_" });
  const { fleet } = service;
  const single = (metric: Metric, value: () => number) => gauge(registry, metric, value);
  new Gauge({
    ...{ name: "onrush_build_info", help: "1; its label is the version" },
    ...{ labelNames: ["version"], registers: [registry] },
  }).set({ version: VERSION }, 1);
  single(["coordinator_leads", "1 while this coordinator has the lead"], () => Number(leads()));
  single(["workers", "Workers that have a session"], () => fleet.sessions.length);
  single(["workers_capacity_connections", "Connections all workers can hold"], () =>
    fleet.sessions.reduce((sum, { info }) => sum + info.capacity, 0),
  );
  single(["workers_wanted", "Workers that the runs which are not over need"], () => fleet.wanted);
  single(["runs_waiting", "Runs in line for workers"], () => fleet.waiting.length);
  single(
    ["runs_going", "Runs that are not over"],
    () => service.entries.filter(({ isOver }) => !isOver).length,
  );
  const refused = new Counter({
    name: "onrush_bus_refused_records_total",
    help: "Records on the bus that were not acted on",
    ...{ labelNames: ["kind", "reason"], registers: [registry] },
    collect() {
      refused.reset();
      for (const { kind, reason, count } of fleet.refusals.groups) {
        refused.inc({ kind, reason }, count);
      }
    },
  });
  return registry;
}

function gauge(registry: Registry, [name, help]: Metric, value: () => number): void {
  new Gauge({
    ...{ name: `onrush_${name}`, help, registers: [registry] },
    collect() {
      this.set(value());
    },
  });
}
