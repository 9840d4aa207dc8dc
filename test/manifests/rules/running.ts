/**
 * How pods start, are judged, move and end: a busy pod is not killed, a run outlives updates, drains and autoscalers, and
 * applying the manifests again changes no number of workers.
 */
import {
  type Container,
  componentOf,
  containersOf,
  isOurs,
  type KubeObject,
  nameOf,
  ofKind,
  type Placed,
  podLabels,
  type Rendered,
  type Selector,
  selects,
  type Workload,
  workloadsOf,
} from "../objects.ts";

/** A worker that leaves waits for others, delivers its last results, and waits until they are on disk. */
const LEAVE_SECONDS = 90;
const DELIVER_SECONDS = 30;
/** A control thread that is slow is alive. */
const PATIENCE_SECONDS = 60;
const STAY = ["cluster-autoscaler.kubernetes.io/safe-to-evict", "karpenter.sh/do-not-disrupt"];
const STAYS: Readonly<Record<string, string>> = {
  [STAY[0] ?? ""]: "false",
  [STAY[1] ?? ""]: "true",
};

export function running(rendered: Rendered): string[] {
  return [
    ...workloadsOf(rendered).flatMap((workload) => [
      ...ofAnnotations(workload),
      ...ofStrategy(workload, rendered),
      ...(componentOf(workload) === "worker" ? ofWorkers(workload, rendered) : []),
    ]),
    ...containersOf(rendered).flatMap(ofProbes),
  ];
}

function ofAnnotations(workload: Workload): string[] {
  const annotations = workload.spec.template.metadata.annotations ?? {};
  return Object.entries(STAYS)
    .filter(([name, value]) => annotations[name] !== value)
    .map(([name]) => `${nameOf(workload)}: an autoscaler of nodes may move it (${name})`);
}

function ofStrategy(workload: Workload, { objects }: Rendered): string[] {
  const { replicas, strategy, template } = workload.spec;
  const claims = (template.spec.volumes ?? []).flatMap(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [],
  );
  const alone = objects.some(
    ({ kind, metadata, spec }) =>
      kind === "PersistentVolumeClaim" &&
      claims.includes(metadata.name) &&
      (spec as { accessModes: string[] }).accessModes.includes("ReadWriteOnce"),
  );
  if (!alone) return [];
  return [
    ...(strategy?.type === "Recreate"
      ? []
      : [`${nameOf(workload)}: two pods would want its volume during an update`]),
    ...(replicas === 1 ? [] : [`${nameOf(workload)}: its volume is for one pod`]),
  ];
}

function ofWorkers(workload: Workload, rendered: Rendered): string[] {
  const { replicas, strategy, template } = workload.spec;
  const {
    terminationGracePeriodSeconds = 30,
    securityContext,
    topologySpreadConstraints,
  } = template.spec;
  const budgets = ofKind<KubeObject & { spec: { selector: Selector } }>(
    rendered,
    "PodDisruptionBudget",
  );
  const sysctl = securityContext?.sysctls?.find(({ name }) => name.endsWith("ip_local_port_range"));
  const spread = (topologySpreadConstraints ?? []).map(({ topologyKey }) => topologyKey);
  const wrong: [is: boolean, what: string][] = [
    [replicas !== undefined, "applying it again sets the number of workers back"],
    [
      strategy?.rollingUpdate?.maxUnavailable !== 0,
      "an update takes workers away before others are there",
    ],
    [
      terminationGracePeriodSeconds < LEAVE_SECONDS + DELIVER_SECONDS,
      `is killed after ${terminationGracePeriodSeconds} s, before it has handed over`,
    ],
    [
      !budgets.some(({ spec }) => selects(spec.selector, podLabels(workload))),
      "a drain may take all its pods at once",
    ],
    [!spread.includes("kubernetes.io/hostname"), "its pods may all be on one node"],
    [sysctl?.value !== "1024 65535", "has the node's range of local ports"],
  ];
  return wrong.filter(([is]) => is).map(([, what]) => `${nameOf(workload)}: ${what}`);
}

function ofProbes({ container, workload, name }: Placed): string[] {
  const { startupProbe, readinessProbe, livenessProbe } = container;
  const isTarget = componentOf(workload) === "target";
  const wrong: [is: boolean, what: string][] = [
    [startupProbe === undefined, "has no startupProbe"],
    [readinessProbe === undefined, "has no readinessProbe"],
    [livenessProbe === undefined && !isTarget, "has no livenessProbe"],
    [container.lifecycle !== undefined, "has a hook that takes time from its ending"],
    ...(livenessProbe === undefined ? [] : ofLiveness(container)),
  ];
  return wrong.filter(([is]) => is).map(([, what]) => `${name}: ${what}`);
}

function ofLiveness(container: Container): [is: boolean, what: string][] {
  const { livenessProbe = {}, readinessProbe } = container;
  const { periodSeconds = 10, failureThreshold = 3, httpGet } = livenessProbe;
  const patience = periodSeconds * failureThreshold;
  return [
    [patience < PATIENCE_SECONDS, `is killed after ${patience} s of silence`],
    [
      isOurs(container) &&
        (httpGet?.path !== "/livez" || readinessProbe?.httpGet?.path !== "/readyz"),
      "asks for something else than /livez and /readyz",
    ],
  ];
}
