/**
 * What Pod Security `restricted` asks of every pod, and what careful teams ask beside it: no access to the Kubernetes API, a
 * root that is read-only, bounds for memory and disk, images that stay what they are.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../house/repository.ts";
import {
  containersOf,
  isOurs,
  type KubeObject,
  nameOf,
  ofKind,
  type Placed,
  type Rendered,
  type Workload,
  workloadsOf,
} from "../objects.ts";

const MODES = ["enforce", "audit", "warn"];
/** Volumes that `restricted` permits and we use. */
const VOLUMES = new Set(["configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"]);
/** Of those that every kubelet permits, the ones we use. */
const SYSCTLS = new Set(["net.ipv4.ip_local_port_range"]);
const VERSION = (
  JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }
).version;

export function security(rendered: Rendered): string[] {
  return [
    ...ofKind<KubeObject>(rendered, "Namespace").flatMap(ofNamespace),
    ...ofKind<KubeObject & { automountServiceAccountToken?: boolean }>(rendered, "ServiceAccount")
      .filter((account) => account.automountServiceAccountToken !== false)
      .map((account) => `${nameOf(account)}: its token is mounted`),
    ...workloadsOf(rendered).flatMap(ofPod),
    ...containersOf(rendered).flatMap(ofContainer),
    ...roles(rendered),
  ];
}

function ofNamespace(namespace: KubeObject): string[] {
  return MODES.map((mode) => `pod-security.kubernetes.io/${mode}`)
    .filter((label) => namespace.metadata.labels?.[label] !== "restricted")
    .map((label) => `${nameOf(namespace)}: ${label} is not restricted`);
}

function ofPod(workload: Workload): string[] {
  const pod = workload.spec.template.spec;
  const { runAsNonRoot, runAsUser, seccompProfile, sysctls = [] } = pod.securityContext ?? {};
  const foreign = (pod.volumes ?? []).flatMap(({ name, ...rest }) =>
    Object.keys(rest)
      .filter((kind) => !VOLUMES.has(kind))
      .map((kind) => `the volume ${name} is a ${kind}`),
  );
  const unbounded = (pod.volumes ?? []).filter(
    ({ emptyDir }) => emptyDir !== undefined && emptyDir.sizeLimit === undefined,
  );
  const wrong: [is: boolean, what: string][] = [
    [runAsNonRoot !== true || runAsUser === 0, "may run as root"],
    [seccompProfile?.type !== "RuntimeDefault", "has not the runtime's seccomp profile"],
    [pod.hostNetwork === true, "is in the network of its node"],
    [pod.automountServiceAccountToken !== false, "gets a token of the Kubernetes API"],
    [pod.enableServiceLinks !== false, "gets variables named after Services"],
  ];
  const lines = [
    ...wrong.filter(([is]) => is).map(([, what]) => what),
    ...foreign,
    ...sysctls
      .filter(({ name }) => !SYSCTLS.has(name))
      .map(({ name }) => `sets ${name}, which is no safe sysctl`),
    ...unbounded.map(({ name }) => `the volume ${name} has no size limit`),
  ];
  return lines.map((line) => `${nameOf(workload)}: ${line}`);
}

function ofContainer({ container, name }: Placed): string[] {
  const { securityContext = {}, resources = {}, image } = container;
  const { requests = {}, limits = {} } = resources;
  const tag = /:([\w.-]+)$/.exec(image)?.[1];
  const { capabilities } = securityContext;
  const wrong: [is: boolean, what: string][] = [
    [securityContext.allowPrivilegeEscalation !== false, "may gain privileges"],
    [securityContext.privileged === true, "is privileged"],
    [securityContext.readOnlyRootFilesystem !== true, "may write to its root"],
    [capabilities?.drop?.includes("ALL") !== true, "keeps capabilities"],
    [(capabilities?.add ?? []).length > 0, "adds capabilities"],
    [
      requests["memory"] === undefined || requests["cpu"] === undefined,
      "requests no CPU or memory",
    ],
    [limits["memory"] === undefined, "has no memory limit"],
    [limits["ephemeral-storage"] === undefined, "has no limit of the node's disk"],
    [limits["cpu"] !== undefined, "has a CPU limit, which pauses all its threads"],
    [
      (container.env ?? []).some(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined),
      "has a Secret in its environment, not in a file",
    ],
    [tag === undefined || tag === "latest", `the image ${image} may be another one tomorrow`],
    [isOurs(container) && tag !== VERSION, `the image ${image} is not of version ${VERSION}`],
  ];
  return wrong.filter(([is]) => is).map(([, what]) => `${name}: ${what}`);
}

/** Nothing here asks the API server for anything. */
function roles({ objects }: Rendered): string[] {
  return objects
    .filter(({ kind }) => /Role(Binding)?$/.test(kind))
    .map((object) => `${nameOf(object)}: nothing here needs a role`);
}
