/**
 * What Prometheus reads of a coordinator: itself, its workers, and the runs that are not over. Used by cluster.ts.
 * Invariant: labels are ids this coordinator made, and runs that are over are not in it, so its size stays bounded; units
 * are base units, as the names say.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { VERSION } from "../../shared/version.ts";
import type { LiveView } from "../run/view.ts";
import type { Service } from "../service/service.ts";

interface Row {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

type Metric = readonly [name: string, help: string];
type RunMetric = readonly [...Metric, value: (view: LiveView) => number];

const RUN_GAUGES: readonly RunMetric[] = [
  ["run_connections_open", "Connections open", (view) => view.open],
  ["run_connections_planned", "Connections planned to be open", (view) => view.plannedOpen],
  ["run_elapsed_seconds", "Run time", (view) => view.elapsedUs / 1_000_000],
  ["run_workers", "Workers that have a part in it", (view) => view.workers],
  [
    "run_generator_saturated",
    "1 while the generator is at its limit",
    (view) => Number(view.generator.saturated),
  ],
];

const RUN_COUNTERS: readonly RunMetric[] = [
  [
    "run_connections_established_total",
    "Connections established",
    (view) => view.connections.established,
  ],
  ["run_connections_failed_total", "Connections that failed", (view) => view.connections.failed],
  ["run_messages_sent_total", "Messages sent", (view) => view.messages.sent],
  ["run_messages_received_total", "Messages received", (view) => view.messages.received],
  [
    "run_messages_timed_out_total",
    "Messages without a reply in time",
    (view) => view.messages.timedOut,
  ],
];

export function metricsOf(service: Service, leads: () => boolean): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "onrush_coordinator_" });
  const { fleet } = service;
  const single = (metric: Metric, value: () => number) =>
    gauge(registry, metric, [], () => [{ labels: {}, value: value() }]);
  gauge(registry, ["build_info", "1; its label is the version"], ["version"], () => [
    { labels: { version: VERSION }, value: 1 },
  ]);
  single(["coordinator_leads", "1 while this coordinator has the lead"], () => Number(leads()));
  single(["workers", "Workers that have a session"], () => fleet.sessions.length);
  single(["workers_capacity_connections", "Connections all workers can hold"], () =>
    fleet.sessions.reduce((sum, { info }) => sum + info.capacity, 0),
  );
  single(["runs_waiting", "Runs in line for workers"], () => fleet.waiting.length);
  single(
    ["runs_going", "Runs that are not over"],
    () => service.entries.filter(({ isOver }) => !isOver).length,
  );
  const refused: Metric = [
    "bus_refused_records_total",
    "Records on the bus that were not acted on",
  ];
  counter(registry, refused, ["kind", "reason"], () => refusedRows(service));
  for (const [name, help, value] of RUN_GAUGES) {
    gauge(registry, [name, help], ["run"], () => rowsOf(service, value));
  }
  for (const [name, help, value] of RUN_COUNTERS) {
    counter(registry, [name, help], ["run"], () => rowsOf(service, value));
  }
  const latency: Metric = ["run_latency_seconds", "Corrected latency over the last seconds"];
  gauge(registry, latency, ["run", "quantile"], () => views(service).flatMap(latencyRows));
  return registry;
}

function gauge(registry: Registry, metric: Metric, labelNames: string[], rows: () => Row[]): void {
  const [name, help] = metric;
  new Gauge({
    ...{ name: `onrush_${name}`, help, labelNames, registers: [registry] },
    collect() {
      this.reset();
      for (const { labels, value } of rows()) this.set(labels, value);
    },
  });
}

function counter(
  registry: Registry,
  metric: Metric,
  labelNames: string[],
  rows: () => Row[],
): void {
  const [name, help] = metric;
  new Counter({
    ...{ name: `onrush_${name}`, help, labelNames, registers: [registry] },
    collect() {
      this.reset();
      for (const { labels, value } of rows()) this.inc(labels, value);
    },
  });
}

function views(service: Service): LiveView[] {
  return service.entries.flatMap(({ isOver, feed }) => (isOver || !feed.view ? [] : [feed.view]));
}

function rowsOf(service: Service, value: (view: LiveView) => number): Row[] {
  return views(service).map((view) => ({ labels: { run: view.run }, value: value(view) }));
}

function refusedRows({ fleet }: Service): Row[] {
  return fleet.refusals.groups.map(({ kind, reason, count }) => ({
    labels: { kind, reason },
    value: count,
  }));
}

function latencyRows({ run, latencyUs }: LiveView): Row[] {
  if (latencyUs === null) return [];
  const { p50, p90, p99 } = latencyUs;
  return Object.entries({ "0.5": p50, "0.9": p90, "0.99": p99 }).map(([quantile, us]) => ({
    labels: { run, quantile },
    value: us / 1_000_000,
  }));
}
