/** One namespace for everything, and one object of each name. */
import { nameOf, type Rendered } from "../objects.ts";

export function names({ objects }: Rendered): string[] {
  const namespace = objects.find(({ kind }) => kind === "Namespace")?.metadata.name;
  const seen = new Map<string, number>();
  for (const object of objects) seen.set(nameOf(object), (seen.get(nameOf(object)) ?? 0) + 1);
  return [
    ...(namespace === undefined ? ["namespace: there is none"] : []),
    ...objects
      .filter(({ kind, metadata }) => kind !== "Namespace" && metadata.namespace !== namespace)
      .map((object) => `${nameOf(object)}: is in the namespace ${object.metadata.namespace}`),
    ...[...seen].filter(([, times]) => times > 1).map(([name]) => `${name}: is there twice`),
    ...objects
      .filter(({ kind }) => kind === "Secret")
      .map((object) => `${nameOf(object)}: a Secret is in the manifests`),
  ];
}
