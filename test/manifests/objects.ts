/**
 * Kubernetes objects as far as the rules here read them. Made from rendered YAML, after which schemas.ts has said whether
 * they are of this form: a rule may rely on it.
 */
import { parseAllDocuments } from "yaml";

export type Labels = Readonly<Record<string, string>>;

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Labels;
    readonly annotations?: Labels;
  };
  readonly spec?: unknown;
}

export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export interface KeyRef {
  readonly name: string;
  readonly key: string;
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: KeyRef;
    readonly configMapKeyRef?: KeyRef;
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string | number };
  readonly tcpSocket?: { readonly port: string | number };
  readonly exec?: { readonly command: readonly string[] };
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly lifecycle?: unknown;
  readonly resources?: { readonly requests?: Labels; readonly limits?: Labels };
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly privileged?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface FromKeys {
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

export interface Volume {
  readonly name: string;
  readonly emptyDir?: { readonly sizeLimit?: string };
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly configMap?: FromKeys & { readonly name: string };
  readonly secret?: FromKeys & { readonly secretName: string };
  readonly projected?: {
    readonly sources: readonly {
      readonly secret?: FromKeys & { readonly name: string };
      readonly configMap?: FromKeys & { readonly name: string };
    }[];
  };
}

export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly hostNetwork?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly seccompProfile?: { readonly type: string };
    readonly sysctls?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly topologySpreadConstraints?: readonly {
    readonly topologyKey: string;
    readonly labelSelector?: Selector;
  }[];
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
}

export interface Claim {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly accessModes: readonly string[] };
}

/** What makes pods. */
export interface Workload extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly serviceName?: string;
    readonly selector: Selector;
    readonly strategy?: {
      readonly type?: string;
      readonly rollingUpdate?: { readonly maxUnavailable?: string | number };
    };
    readonly template: {
      readonly metadata: { readonly labels?: Labels; readonly annotations?: Labels };
      readonly spec: PodSpec;
    };
    readonly volumeClaimTemplates?: readonly Claim[];
  };
}

export interface Service extends KubeObject {
  readonly spec: {
    readonly selector: Labels;
    readonly clusterIP?: string;
    readonly ports: readonly {
      readonly name?: string;
      readonly port: number;
      readonly targetPort?: string | number;
    }[];
  };
}

export interface ConfigMap extends KubeObject {
  readonly data?: Labels;
}

/** What is applied together. */
export interface Rendered {
  /** Of the overlay or component, for messages. */
  readonly name: string;
  readonly objects: readonly KubeObject[];
  /** What k8s/secrets.sh makes for it. */
  readonly secrets: readonly Secret[];
}

export interface Secret extends KubeObject {
  readonly stringData: Labels;
}

export function parseObjects(text: string): KubeObject[] {
  return parseAllDocuments(text).map((document) => {
    if ("errors" in document && document.errors[0] !== undefined) throw document.errors[0];
    return document.toJS() as KubeObject;
  });
}

/** As kubectl names it, for messages. */
export function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind.toLowerCase()}/${metadata.name}`;
}

const WORKLOADS = new Set(["Deployment", "StatefulSet"]);

export function workloadsOf({ objects }: Rendered): Workload[] {
  return objects.filter(({ kind }) => WORKLOADS.has(kind)) as Workload[];
}

export function ofKind<T extends KubeObject>({ objects }: Rendered, kind: T["kind"]): T[] {
  return objects.filter((object) => object.kind === kind) as T[];
}

export function podLabels(workload: Workload): Labels {
  return workload.spec.template.metadata.labels ?? {};
}

export function componentOf(workload: Workload): string {
  return podLabels(workload)["app.kubernetes.io/component"] ?? "";
}

/** A container with what it belongs to, for rules that look at one after another. */
export interface Placed {
  readonly container: Container;
  readonly workload: Workload;
  readonly pod: PodSpec;
  readonly name: string;
}

export function containersOf(rendered: Rendered): Placed[] {
  return workloadsOf(rendered).flatMap((workload) => {
    const pod = workload.spec.template.spec;
    return [...(pod.initContainers ?? []), ...pod.containers].map((container) => ({
      ...{ container, workload, pod },
      name: `${nameOf(workload)}: container ${container.name}`,
    }));
  });
}

/** An image of ours, by whatever registry. */
export function isOurs({ image }: Container): boolean {
  return /(^|\/)onrush[:@]/.test(image);
}

/** As the API server matches labels: every condition must hold. */
export function selects(selector: Selector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      const isIn = value !== undefined && values.includes(value);
      return operator === "In" ? isIn : !isIn;
    })
  );
}
