/** Whatever an object names is there: ConfigMaps, Secrets with their keys, claims, service accounts, volumes, Services. */
import { environmentOf, filesOf } from "../environment.ts";
import {
  containersOf,
  type KubeObject,
  nameOf,
  ofKind,
  type Placed,
  type Rendered,
  type Volume,
  type Workload,
  workloadsOf,
} from "../objects.ts";

export function references(rendered: Rendered): string[] {
  return [
    ...workloadsOf(rendered).flatMap((workload) => ofWorkload(workload, rendered)),
    ...containersOf(rendered).flatMap((placed) => ofContainer(placed, rendered)),
    ...tokensOf(rendered),
  ];
}

function ofWorkload(workload: Workload, rendered: Rendered): string[] {
  const { spec } = workload;
  const pod = spec.template.spec;
  const wanted: [kind: string, name: string | undefined][] = [
    ["ServiceAccount", pod.serviceAccountName],
    ...(workload.kind === "StatefulSet"
      ? [["Service", spec.serviceName] as [string, string | undefined]]
      : []),
    ...(pod.volumes ?? []).flatMap(namedBy),
  ];
  return wanted
    .filter(([kind, name]) => !isThere(kind, name, rendered))
    .map(([kind, name]) => `${nameOf(workload)}: ${kind} ${name ?? "(none)"} is not there`);
}

function namedBy(volume: Volume): [kind: string, name: string | undefined][] {
  const { persistentVolumeClaim: claim, configMap, secret, projected } = volume;
  return [
    ...(claim ? [["PersistentVolumeClaim", claim.claimName] as [string, string]] : []),
    ...(configMap ? [["ConfigMap", configMap.name] as [string, string]] : []),
    ...(secret ? [["Secret", secret.secretName] as [string, string]] : []),
    ...(projected?.sources ?? []).map((one): [string, string | undefined] =>
      one.configMap ? ["ConfigMap", one.configMap.name] : ["Secret", one.secret?.name],
    ),
  ];
}

function isThere(kind: string, name: string | undefined, rendered: Rendered): boolean {
  const among: readonly KubeObject[] = kind === "Secret" ? rendered.secrets : rendered.objects;
  return among.some((object) => object.kind === kind && object.metadata.name === name);
}

function ofContainer({ container, workload, pod, name }: Placed, rendered: Rendered): string[] {
  const claims = (workload.spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name);
  const volumes = [...(pod.volumes ?? []).map((volume) => volume.name), ...claims];
  const mounted = new Set((container.volumeMounts ?? []).map((mount) => mount.name));
  const files = filesOf(container, pod, rendered);
  const { values, broken } = environmentOf(container, rendered);
  return [
    ...broken.map((line) => `${name}: ${line}`),
    ...[...mounted]
      .filter((volume) => !volumes.includes(volume))
      .map((volume) => `${name}: mounts ${volume}, which is no volume of the pod`),
    ...volumes
      .filter((volume) => !mounted.has(volume))
      .map((volume) => `${name}: the volume ${volume} is mounted nowhere`),
    ...[...files]
      .filter(([, content]) => content === null)
      .map(([path]) => `${name}: ${path} is of a key that is not there`),
    ...filesNamed(values, container.command ?? [])
      .filter((path) => !files.has(path))
      .map((path) => `${name}: no volume has the file ${path}`),
  ];
}

/** Variables of this form name a file, and so does a path on a command line that ends in one. */
function filesNamed(values: Readonly<Record<string, string>>, words: readonly string[]): string[] {
  const byVariable = Object.entries(values).filter(([variable]) => variable.endsWith("_FILE"));
  return [
    ...byVariable.map(([, path]) => path),
    ...words.filter((word) => /^\/.*\.\w+$/.test(word)),
  ];
}

interface Credentials {
  readonly endpoints?: readonly {
    readonly authorization?: { readonly credentials?: { name: string; key: string } };
  }[];
  readonly secretTargetRef?: readonly { readonly name: string; readonly key: string }[];
  readonly scaleTargetRef?: { readonly name: string };
  readonly triggers?: readonly { readonly authenticationRef?: { readonly name: string } }[];
}

/** What monitors and autoscalers name. */
function tokensOf(rendered: Rendered): string[] {
  const kinds = ["ServiceMonitor", "TriggerAuthentication", "ScaledObject"];
  return kinds
    .flatMap((kind) => ofKind<KubeObject>(rendered, kind))
    .flatMap((object) => {
      const spec = object.spec as Credentials;
      const keys = [
        ...(spec.endpoints ?? []).flatMap(({ authorization }) => authorization?.credentials ?? []),
        ...(spec.secretTargetRef ?? []),
      ];
      const missing = keys.filter(
        ({ name, key }) =>
          !rendered.secrets.some((one) => one.metadata.name === name && key in one.stringData),
      );
      const others: [kind: string, name: string][] = [
        ...(spec.scaleTargetRef
          ? [["Deployment", spec.scaleTargetRef.name] as [string, string]]
          : []),
        ...(spec.triggers ?? []).flatMap(({ authenticationRef }): [string, string][] =>
          authenticationRef ? [["TriggerAuthentication", authenticationRef.name]] : [],
        ),
      ];
      return [
        ...missing.map(({ name, key }) => `${nameOf(object)}: Secret ${name} has no key ${key}`),
        ...others
          .filter(([of, name]) => !isThere(of, name, rendered))
          .map(([of, name]) => `${nameOf(object)}: ${of} ${name} is not there`),
      ];
    });
}
