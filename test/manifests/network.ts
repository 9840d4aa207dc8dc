/**
 * NetworkPolicies as they are enforced: who may open a connection to whom. Pods are given by their labels; both sides have to
 * permit it, and a side that no policy selects permits everything.
 */
import {
  type KubeObject,
  type Labels,
  ofKind,
  type Rendered,
  type Selector,
  selects,
} from "./objects.ts";

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface Permission {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly protocol?: string; readonly port?: string | number }[];
}

export interface NetworkPolicy extends KubeObject {
  readonly spec: {
    readonly podSelector: Selector;
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly Permission[];
    readonly egress?: readonly Permission[];
  };
}

/** An end of a connection. */
export interface End {
  readonly labels: Labels;
  /** Labels of its namespace; null: the one the manifests are in. */
  readonly namespace: Labels | null;
}

export interface Wanted {
  readonly from: End;
  readonly to: End;
  readonly port: number;
  readonly protocol?: "TCP" | "UDP";
}

export function mayConnect(rendered: Rendered, wanted: Wanted): boolean {
  return mayLeave(rendered, wanted) && mayEnter(rendered, wanted);
}

/** By the rules of the side that connects. */
export function mayLeave(rendered: Rendered, wanted: Wanted): boolean {
  return permits(rendered, wanted, "Egress", [wanted.from, wanted.to]);
}

/** By the rules of the side that is connected to. */
export function mayEnter(rendered: Rendered, wanted: Wanted): boolean {
  return permits(rendered, wanted, "Ingress", [wanted.to, wanted.from]);
}

function permits(
  rendered: Rendered,
  { port, protocol = "TCP" }: Wanted,
  direction: "Ingress" | "Egress",
  [own, other]: readonly [End, End],
): boolean {
  // Other namespaces are not ours to restrict.
  if (own.namespace !== null) return true;
  const policies = ofKind<NetworkPolicy>(rendered, "NetworkPolicy").filter(
    ({ spec }) => spec.policyTypes.includes(direction) && selects(spec.podSelector, own.labels),
  );
  if (policies.length === 0) return true;
  const permissions = policies.flatMap(({ spec }) =>
    direction === "Ingress" ? (spec.ingress ?? []) : (spec.egress ?? []),
  );
  return permissions.some((permission) => {
    const peers = direction === "Ingress" ? permission.from : permission.to;
    const { ports } = permission;
    const isPort = ports?.some((one) => one.port === port && (one.protocol ?? "TCP") === protocol);
    return (isPort ?? true) && (peers?.some((peer) => isPeer(peer, other)) ?? true);
  });
}

function isPeer(
  { podSelector, namespaceSelector, ipBlock }: Peer,
  { labels, namespace }: End,
): boolean {
  if (ipBlock !== undefined) return false;
  const isPod = podSelector === undefined || selects(podSelector, labels);
  if (namespaceSelector === undefined) return isPod && namespace === null;
  return isPod && namespace !== null && selects(namespaceSelector, namespace);
}

/** Addresses that a pod may connect to on a port. */
export function blocksOpenTo(rendered: Rendered, labels: Labels, port: number): string[] {
  return ofKind<NetworkPolicy>(rendered, "NetworkPolicy")
    .filter(({ spec }) => spec.policyTypes.includes("Egress") && selects(spec.podSelector, labels))
    .flatMap(({ spec }) => spec.egress ?? [])
    .filter(({ ports = [] }) => ports.some((one) => one.port === port))
    .flatMap(({ to = [] }) => to.flatMap(({ ipBlock }) => ipBlock?.cidr ?? []));
}
