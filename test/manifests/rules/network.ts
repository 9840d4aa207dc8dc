/**
 * Who reaches whom, by the policies as they are enforced: coordinator and workers their broker where its URL says it is,
 * workers their targets, everybody who needs it the DNS; and nobody anything else.
 */
import { busOf } from "../environment.ts";
import {
  blocksOpenTo,
  type End,
  mayConnect,
  mayEnter,
  mayLeave,
  type NetworkPolicy,
} from "../network.ts";
import {
  componentOf,
  nameOf,
  ofKind,
  podLabels,
  type Rendered,
  type Service,
  selects,
  type Workload,
  workloadsOf,
} from "../objects.ts";
import { portOf } from "./ports.ts";

const HERE = null;
const DNS: End = {
  labels: { "k8s-app": "kube-dns" },
  namespace: { "kubernetes.io/metadata.name": "kube-system" },
};
const STRANGER: End = { labels: { app: "stranger" }, namespace: HERE };
const CLIENT: End = { labels: { "onrush-client": "true" }, namespace: HERE };
const INGRESS: End = { labels: {}, namespace: { "onrush-client": "true" } };
const PROMETHEUS: End = { labels: {}, namespace: { "onrush-metrics": "true" } };
const ELSEWHERE: End = { labels: {}, namespace: { "kubernetes.io/metadata.name": "default" } };

/** The component that opens a connection, and the ones that it may open it to. */
const INSIDE: Readonly<Record<string, readonly string[]>> = {
  coordinator: ["broker"],
  worker: ["broker", "target"],
  broker: [],
  target: [],
};

export function network(rendered: Rendered): string[] {
  const workloads = workloadsOf(rendered);
  return [
    ...denials(rendered),
    ...workloads.flatMap((workload) => ofBus(workload, rendered)),
    ...workloads.flatMap((workload) => namesOf(workload, rendered)),
    ...workloads.flatMap((from) => workloads.flatMap((to) => between(from, to, rendered))),
    ...workloads.flatMap((workload) => fromOutside(workload, rendered)),
    ...workloads.flatMap((workload) => toAnywhere(workload, rendered)),
  ];
}

function denials(rendered: Rendered): string[] {
  const policies = ofKind<NetworkPolicy>(rendered, "NetworkPolicy");
  return ["Ingress", "Egress"]
    .filter(
      (direction) =>
        !policies.some(
          ({ spec }) =>
            spec.policyTypes.includes(direction) && Object.keys(spec.podSelector).length === 0,
        ),
    )
    .map((direction) => `networkpolicy: ${direction} is not denied by default`);
}

const end = (workload: Workload): End => ({ labels: podLabels(workload), namespace: HERE });

/** The broker, by the address in the environment. */
function ofBus(workload: Workload, rendered: Rendered): string[] {
  const [container] = workload.spec.template.spec.containers;
  const bus = container && busOf(container, workload.spec.template.spec, rendered);
  if (bus === undefined || bus === null || !URL.canParse(bus)) return [];
  const { hostname, port, protocol } = new URL(bus);
  const number = Number(port) || (protocol.startsWith("redis") ? 6379 : 4222);
  const reached = behind(hostname, number, rendered);
  if (reached !== null) {
    const wanted = { from: end(workload), to: end(reached.workload), port: reached.port };
    if (mayConnect(rendered, wanted)) return [];
  } else if (
    hostname.includes(".") &&
    blocksOpenTo(rendered, podLabels(workload), number).length > 0
  ) {
    return [];
  }
  return [`${nameOf(workload)}: cannot reach its broker at ${hostname}:${number}`];
}

/** The pods that a Service leads to, and the port it leads to. */
function behind(
  host: string,
  port: number,
  rendered: Rendered,
): { readonly workload: Workload; readonly port: number } | null {
  const service = ofKind<Service>(rendered, "Service").find(
    ({ metadata }) => metadata.name === host,
  );
  const listed = service?.spec.ports.find((one) => one.port === port);
  if (service === undefined || listed === undefined) return null;
  const selector = { matchLabels: service.spec.selector };
  const workload = workloadsOf(rendered).find((one) => selects(selector, podLabels(one)));
  const [container] = workload?.spec.template.spec.containers ?? [];
  const number = container && portOf(container, listed.targetPort ?? listed.port);
  return workload === undefined || number === undefined || number === null
    ? null
    : { workload, port: number };
}

/** DNS, for those who connect to names. */
function namesOf(workload: Workload, rendered: Rendered): string[] {
  const needs = (INSIDE[componentOf(workload)] ?? []).length > 0;
  return (["UDP", "TCP"] as const)
    .filter(
      (protocol) =>
        mayConnect(rendered, { from: end(workload), to: DNS, port: 53, protocol }) !== needs,
    )
    .map(
      (protocol) =>
        `${nameOf(workload)}: ${needs ? "cannot ask" : "may ask"} the DNS by ${protocol}`,
    );
}

function between(from: Workload, to: Workload, rendered: Rendered): string[] {
  const may = INSIDE[componentOf(from)]?.includes(componentOf(to)) ?? false;
  return portsOf(to).flatMap((port) => {
    const isOpen = mayConnect(rendered, { from: end(from), to: end(to), port });
    // Of a broker's ports only the one in its URL is for others.
    if (isOpen === may || (may && port !== portsOf(to)[0])) return [];
    return [`${nameOf(from)}: ${may ? "cannot reach" : "may reach"} ${nameOf(to)} on ${port}`];
  });
}

function portsOf(workload: Workload): number[] {
  const { containers } = workload.spec.template.spec;
  return containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort));
}

/** Who may come from elsewhere, by component. */
const VISITORS: readonly (readonly [who: string, end: End, to: readonly string[]])[] = [
  ["a pod without labels of ours", STRANGER, []],
  ["a pod of another namespace", ELSEWHERE, []],
  ["a pod with onrush-client", CLIENT, ["coordinator"]],
  ["a namespace with onrush-client", INGRESS, ["coordinator"]],
  ["a namespace with onrush-metrics", PROMETHEUS, ["coordinator", "worker"]],
];

function fromOutside(workload: Workload, rendered: Rendered): string[] {
  return VISITORS.flatMap(([who, from, to]) => {
    const may = to.includes(componentOf(workload));
    const wanted = (port: number) => ({ from, to: end(workload), port });
    // Who is kept out, is kept out by the pod itself, whatever its own way out is.
    return portsOf(workload)
      .filter((port) =>
        may ? !mayConnect(rendered, wanted(port)) : mayEnter(rendered, wanted(port)),
      )
      .map((port) => `${nameOf(workload)}: ${who} ${may ? "cannot" : "may"} reach ${port}`);
  });
}

/** Whom nothing here has to reach, and ports that somebody might have left open. */
const OTHERS: readonly (readonly [whom: string, end: End])[] = [
  ["any pod of the namespace", STRANGER],
  ["any pod of another namespace", ELSEWHERE],
];
const USUAL = [80, 443];

function toAnywhere(workload: Workload, rendered: Rendered): string[] {
  const numbers = new Set([...USUAL, ...workloadsOf(rendered).flatMap(portsOf)]);
  return [...numbers].flatMap((port) => [
    ...OTHERS.filter(([, to]) => mayLeave(rendered, { from: end(workload), to, port })).map(
      ([whom]) => `${nameOf(workload)}: may reach ${whom} on ${port}`,
    ),
    ...blocksOpenTo(rendered, podLabels(workload), port)
      .filter((cidr) => cidr.endsWith("/0"))
      .map((cidr) => `${nameOf(workload)}: may reach ${cidr} on ${port}`),
  ]);
}
