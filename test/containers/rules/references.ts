/** What one part of a compose file names, another defines; and what is defined is used. */
import { dirname, join, normalize } from "node:path";
import {
  type Composition,
  type Deployment,
  definedIn,
  find,
  list,
  namesOf,
  record,
  type Service,
} from "../deployment.ts";
import { stagesOf } from "../dockerfile.ts";

export function references(deployment: Deployment): string[] {
  return deployment.compositions.flatMap((composition) => [
    ...["secrets", "networks", "volumes"].flatMap((kind) => resources(composition, kind)),
    ...composition.services.flatMap((service) => [
      ...bindSources(service).flatMap((source) => missingSource(deployment, composition, source)),
      ...dependencies(deployment, composition, service),
    ]),
  ]);
}

function resources(composition: Composition, kind: string): string[] {
  const { path, services } = composition;
  const defined = definedIn(composition, kind);
  const used = new Set<string>();
  const unknown = services.flatMap((service) =>
    usedBy(service, kind).flatMap((name) => {
      used.add(name);
      const known = defined.has(name) || (kind === "networks" && name === "default");
      return known
        ? []
        : [`${path}: ${service.name} names the ${kind} ${name}, which nothing defines`];
    }),
  );
  const idle = [...defined.keys()].filter((name) => !used.has(name));
  return [...unknown, ...idle.map((name) => `${path}: nothing uses the ${kind} ${name}`)];
}

function usedBy({ tree }: Service, kind: string): string[] {
  if (kind === "networks") {
    const names = namesOf(tree["networks"]);
    return names.length === 0 ? ["default"] : names;
  }
  if (kind === "secrets") {
    return list(tree["secrets"]).map((secret) =>
      typeof secret === "string" ? secret : String(record(secret)["source"]),
    );
  }
  return mountsOf(tree["volumes"]).filter((source) => !/^[./~]/.test(source));
}

function mountsOf(volumes: unknown): string[] {
  return list(volumes).map((mount) => String(mount).split(":", 1)[0] ?? "");
}

function bindSources({ tree }: Service): string[] {
  return mountsOf(tree["volumes"]).filter((source) => source.startsWith("."));
}

function missingSource(
  { repository }: Deployment,
  { path }: Composition,
  source: string,
): string[] {
  const from = normalize(join(dirname(path), source));
  return repository(from) === null ? [`${path}: ${from} is mounted and is not there`] : [];
}

function dependencies(
  { dockerfile }: Deployment,
  composition: Composition,
  { name, tree }: Service,
): string[] {
  const asked = Array.isArray(tree["depends_on"])
    ? tree["depends_on"].map((other) => [String(other), {}] as const)
    : Object.entries(record(tree["depends_on"]));
  return asked.flatMap(([other, how]) => {
    const service = find(composition, other);
    const place = `${composition.path}: ${name} depends on ${other}`;
    if (service === null) return [`${place}, which is no service`];
    const awaits = record(how)["condition"] === "service_healthy";
    const hasCheck =
      service.tree["healthcheck"] !== undefined ||
      (service.tree["build"] !== undefined &&
        stagesOf(dockerfile)
          .at(-1)
          ?.some(({ word }) => word === "HEALTHCHECK"));
    const profiles = namesOf(service.tree["profiles"]);
    const own = namesOf(tree["profiles"]);
    return [
      ...(awaits && !hasCheck ? [`${place} to be healthy, and it has no health check`] : []),
      ...(profiles.some((profile) => !own.includes(profile))
        ? [`${place}, which is not there without its profile`]
        : []),
    ];
  });
}
