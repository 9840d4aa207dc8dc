/**
 * Ports by name and number: what a Service, probe, monitor or annotation names is a port of the pods, and each port of a
 * container is one that its program was told to listen on.
 */
import { configValue, environmentOf } from "../environment.ts";
import {
  type Container,
  containersOf,
  isOurs,
  type KubeObject,
  nameOf,
  ofKind,
  type Placed,
  type Probe,
  podLabels,
  type Rendered,
  type Selector,
  type Service,
  selects,
  type Workload,
  workloadsOf,
} from "../objects.ts";

const SCRAPED = "prometheus.io/port";

export function ports(rendered: Rendered): string[] {
  return [
    ...ofKind<Service>(rendered, "Service").flatMap((service) => ofService(service, rendered)),
    ...containersOf(rendered).flatMap((placed) => ofContainer(placed, rendered)),
    ...workloadsOf(rendered).flatMap(ofAnnotation),
    ...ofMonitors(rendered),
  ];
}

/** The number behind a name or number; null when the container has no such port. */
export function portOf(container: Container, port: string | number): number | null {
  const listed = container.ports ?? [];
  const found = listed.find(({ name, containerPort }) => name === port || containerPort === port);
  return found?.containerPort ?? null;
}

function ofService(service: Service, rendered: Rendered): string[] {
  const behind = workloadsOf(rendered).filter((workload) =>
    selects({ matchLabels: service.spec.selector }, podLabels(workload)),
  );
  return behind.flatMap((workload) =>
    service.spec.ports
      .filter(({ port, targetPort = port }) => numbersOf(workload, targetPort).length === 0)
      .map(
        ({ targetPort, port }) =>
          `${nameOf(service)}: ${nameOf(workload)} has no port ${targetPort ?? port}`,
      ),
  );
}

function numbersOf(workload: Workload, port: string | number): number[] {
  const { containers } = workload.spec.template.spec;
  return containers.flatMap((container) => portOf(container, port) ?? []);
}

function ofContainer({ container, name }: Placed, rendered: Rendered): string[] {
  const probes: [what: string, probe: Probe | undefined][] = [
    ["startupProbe", container.startupProbe],
    ["readinessProbe", container.readinessProbe],
    ["livenessProbe", container.livenessProbe],
  ];
  const asked = probes.flatMap(([what, probe]) => {
    const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
    return port === undefined || portOf(container, port) !== null
      ? []
      : [`${name}: ${what} asks port ${port}, which it has not`];
  });
  const listening = listensOn(container, rendered);
  const declared = new Set((container.ports ?? []).map(({ containerPort }) => containerPort));
  return [
    ...asked,
    ...[...declared]
      .filter((port) => !listening.has(port))
      .map((port) => `${name}: declares port ${port}, and its program does not listen there`),
    ...[...listening]
      .filter((port) => !declared.has(port))
      .map((port) => `${name}: its program listens on ${port}, which it does not declare`),
  ];
}

/** By the command line of our programs, by the configuration of brokers. */
function listensOn(container: Container, rendered: Rendered): ReadonlySet<number> {
  const words = container.args ?? [];
  if (isOurs(container)) {
    const given = ["--listen", "--health", "--port"].flatMap((flag) => {
      const at = words.indexOf(flag);
      return at < 0 ? [] : [words[at + 1] ?? ""];
    });
    const health = environmentOf(container, rendered).values["ONRUSH_WORKER_HEALTH"];
    return numbers([...given, ...(health === undefined ? [] : [health])]);
  }
  const program = container.command?.[0];
  if (program === "redis-server") return new Set([6379]);
  const text = configValue(configOf("onrush-nats", rendered), rendered) ?? "";
  return numbers([...text.matchAll(/^(?:port|http): (\d+)$/gm)].map(([, port = ""]) => port));
}

function configOf(prefix: string, rendered: Rendered): { name: string; key: string } {
  const map = ofKind(rendered, "ConfigMap").find(({ metadata }) =>
    metadata.name.startsWith(prefix),
  );
  return { name: map?.metadata.name ?? "", key: "nats.conf" };
}

function numbers(addresses: readonly string[]): ReadonlySet<number> {
  return new Set(addresses.map((address) => Number(address.slice(address.lastIndexOf(":") + 1))));
}

function ofAnnotation(workload: Workload): string[] {
  const port = workload.spec.template.metadata.annotations?.[SCRAPED];
  if (port === undefined || numbersOf(workload, Number(port)).length > 0) return [];
  return [`${nameOf(workload)}: ${SCRAPED} is ${port}, which its pods have not`];
}

interface Monitored {
  readonly selector: Selector;
  readonly endpoints?: readonly { readonly port: string }[];
  readonly podMetricsEndpoints?: readonly { readonly port: string }[];
}

function ofMonitors(rendered: Rendered): string[] {
  const pods = workloadsOf(rendered);
  const services = ofKind<Service>(rendered, "Service");
  return ["ServiceMonitor", "PodMonitor"]
    .flatMap((kind) => ofKind<KubeObject & { spec: Monitored }>(rendered, kind))
    .flatMap((monitor) => {
      const { selector, endpoints = [], podMetricsEndpoints = [] } = monitor.spec;
      const named = services
        .filter(({ metadata }) => selects(selector, metadata.labels ?? {}))
        .flatMap(({ spec }) => spec.ports.map(({ name }) => name));
      const own = pods.filter((workload) => selects(selector, podLabels(workload)));
      return [
        ...endpoints.filter(({ port }) => !named.includes(port)),
        ...podMetricsEndpoints.filter(
          ({ port }) => !own.some((one) => numbersOf(one, port).length > 0),
        ),
      ].map(({ port }) => `${nameOf(monitor)}: there is no port ${port} to scrape`);
    });
}
