/**
 * What a container finds in its environment and files, as Kubernetes puts it there: references resolved, $(NAME) replaced by
 * what was defined before it. Used by the rules about commands and mounts.
 */
import {
  type ConfigMap,
  type Container,
  type EnvVar,
  type FromKeys,
  type KeyRef,
  ofKind,
  type PodSpec,
  type Rendered,
  type Volume,
} from "./objects.ts";

export interface Resolved {
  readonly values: Readonly<Record<string, string>>;
  /** References that lead nowhere, as they are written. */
  readonly broken: readonly string[];
}

export function environmentOf(container: Container, rendered: Rendered): Resolved {
  const values: Record<string, string> = {};
  const broken: string[] = [];
  for (const variable of container.env ?? []) {
    const value = lookUp(variable, rendered);
    if (value === null) {
      broken.push(`${variable.name} is taken from ${describe(variable)}, which is not there`);
      continue;
    }
    values[variable.name] = value.replaceAll(/\$\(([A-Za-z_]\w*)\)/g, (whole, name: string) => {
      const before = values[name];
      if (before === undefined)
        broken.push(`${variable.name} uses ${whole}, not defined before it`);
      return before ?? whole;
    });
  }
  return { values, broken };
}

function lookUp({ value, valueFrom }: EnvVar, rendered: Rendered): string | null {
  if (valueFrom === undefined) return value ?? "";
  if (valueFrom.secretKeyRef) return secretValue(valueFrom.secretKeyRef, rendered);
  if (valueFrom.configMapKeyRef) return configValue(valueFrom.configMapKeyRef, rendered);
  return valueFrom.fieldRef === undefined ? null : "of-the-pod";
}

function describe({ valueFrom = {} }: EnvVar): string {
  const { secretKeyRef, configMapKeyRef } = valueFrom;
  if (secretKeyRef) return `secret/${secretKeyRef.name}, key ${secretKeyRef.key}`;
  if (configMapKeyRef) return `configmap/${configMapKeyRef.name}, key ${configMapKeyRef.key}`;
  return "something unknown";
}

export function secretValue({ name, key }: KeyRef, { secrets }: Rendered): string | null {
  return secrets.find(({ metadata }) => metadata.name === name)?.stringData[key] ?? null;
}

export function configValue({ name, key }: KeyRef, rendered: Rendered): string | null {
  const maps = ofKind<ConfigMap>(rendered, "ConfigMap");
  return maps.find(({ metadata }) => metadata.name === name)?.data?.[key] ?? null;
}

/** Path of each file that a volume shows, and its content; null where that is not there. */
export function filesOf(
  container: Container,
  pod: PodSpec,
  rendered: Rendered,
): ReadonlyMap<string, string | null> {
  const files = new Map<string, string | null>();
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    const volume = pod.volumes?.find((one) => one.name === name);
    if (volume === undefined) continue;
    for (const [path, content] of entriesOf(volume, rendered)) {
      files.set(`${mountPath}/${path}`, content);
    }
  }
  return files;
}

function entriesOf(volume: Volume, rendered: Rendered): [path: string, content: string | null][] {
  const sources = [
    ...(volume.projected?.sources ?? []),
    ...(volume.secret ? [{ secret: { ...volume.secret, name: volume.secret.secretName } }] : []),
    ...(volume.configMap ? [{ configMap: volume.configMap }] : []),
  ];
  return sources.flatMap(({ secret, configMap }) => [
    ...(secret ? secretEntries(secret, rendered) : []),
    ...(configMap ? configEntries(configMap, rendered) : []),
  ]);
}

type Source = FromKeys & { readonly name: string };

function secretEntries({ name, items = [] }: Source, rendered: Rendered) {
  return items.map(({ key, path }): [string, string | null] => [
    path,
    secretValue({ name, key }, rendered),
  ]);
}

/** Without items all of it. */
function configEntries({ name, items }: Source, rendered: Rendered): [string, string | null][] {
  const found = ofKind<ConfigMap>(rendered, "ConfigMap").find((one) => one.metadata.name === name);
  const data = found?.data ?? {};
  if (items === undefined) return Object.entries(data);
  return items.map(({ key, path }) => [path, data[key] ?? null]);
}

/** The URL of the broker that a container is given; null when it is given none. */
export function busOf(container: Container, pod: PodSpec, rendered: Rendered): string | null {
  const { values } = environmentOf(container, rendered);
  const file = values["ONRUSH_BUS_FILE"];
  const inFile = file === undefined ? null : filesOf(container, pod, rendered).get(file);
  return values["ONRUSH_BUS"] ?? inFile ?? null;
}
