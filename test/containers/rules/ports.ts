/** Who talks to whom finds them: by a name that is a service, on a port where it listens, in a network of both. */
import { dirname, join } from "node:path";
import {
  type Composition,
  type Deployment,
  definedIn,
  FOLDER,
  find,
  list,
  namesOf,
  parseYaml,
  type Repository,
  record,
  type Service,
  textOf,
} from "../deployment.ts";
import { stagesOf } from "../dockerfile.ts";
import { portsOf } from "./hardening.ts";
import { commandOf } from "./programs.ts";

const HEALTH_OF_WORKER = 7701;
/** As their makers ship them. */
const KNOWN: Readonly<Record<string, number>> = { prometheus: 9090, grafana: 3000 };
const SOURCES = "deploy/grafana/provisioning/datasources/prometheus.yml";

/** host and port. */
type Address = readonly [host: string, port: number];

export function ports(deployment: Deployment): string[] {
  const { repository, compositions, dockerfile } = deployment;
  const exposed = (stagesOf(dockerfile).at(-1) ?? [])
    .filter(({ word }) => word === "EXPOSE")
    .flatMap(({ args }) => args.split(" "));
  return compositions.flatMap((composition) =>
    [
      ...composition.services.flatMap((service) => own(repository, service)),
      ...["coordinator", "worker"].flatMap((name) => {
        const port = listensAt(repository, find(composition, name))?.[1];
        return exposed.includes(String(port))
          ? []
          : [`the image does not EXPOSE ${port} of ${name}`];
      }),
      ...conversations(repository, composition).flatMap(([from, address]) =>
        reaches(repository, composition, [from, address]),
      ),
    ].map((what) => `${composition.path}: ${what}`),
  );
}

/** Where it listens; null for what listens nowhere we know of. */
function listensAt(repository: Repository, service: Service | null): Address | null {
  if (service === null) return null;
  const [program = "", ...args] = commandOf(service);
  const after = (option: string) => args[args.indexOf(option) + 1] ?? "";
  switch (program) {
    case "coordinator":
      return addressOf(after("--listen"));
    case "worker":
      return ["0.0.0.0", HEALTH_OF_WORKER];
    case "target":
      return [after("--host"), Number(after("--port"))];
    case "redis-server":
      return ["0.0.0.0", 6379];
    case "nats-server":
      return addressOf(/^listen: "(.*)"/m.exec(textOf(repository, join(FOLDER, "nats.conf")))?.[1]);
    default:
      return ["0.0.0.0", KNOWN[service.name] ?? 0];
  }
}

function addressOf(text = ""): Address {
  const [host = "", port] = text.split(":");
  return [host, Number(port)];
}

/** What it publishes and what its health check asks are its own ports. */
function own(repository: Repository, service: Service): string[] {
  const [host, port] = listensAt(repository, service) ?? [];
  const check = list(record(service.tree["healthcheck"])["test"]).map(String);
  // Of NATS the port of its monitor.
  const asked = check.flatMap((word) => /^http:\/\/127\.0\.0\.1:(\d+)/.exec(word)?.[1] ?? []);
  const monitor = /^http: ".*:(\d+)"/m.exec(textOf(repository, join(FOLDER, "nats.conf")))?.[1];
  const published = portsOf(service);
  return [
    ...published
      .filter(({ container }) => Number(container) !== port)
      .map(({ container }) => `${service.name} publishes ${container} and listens on ${port}`),
    ...(published.length > 0 && host !== "0.0.0.0"
      ? [`${service.name} publishes ${port} and listens to itself only`]
      : []),
    ...asked
      .filter((other) => Number(other) !== port && other !== monitor)
      .map((other) => `the health check of ${service.name} asks ${other}`),
  ];
}

type Conversation = readonly [from: string, to: Address];

function conversations(repository: Repository, composition: Composition): Conversation[] {
  const { scrape_configs: jobs } = parseYaml(textOf(repository, join(FOLDER, "prometheus.yml")));
  const scraped = list(jobs).flatMap((job) => [
    ...list(record(job)["static_configs"]).flatMap((config) =>
      list(record(config)["targets"]).map((target) => addressOf(String(target))),
    ),
    ...list(record(job)["dns_sd_configs"]).flatMap((config) =>
      list(record(config)["names"]).map(
        (name): Address => [String(name), Number(record(config)["port"])],
      ),
    ),
  ]);
  const sources = list(parseYaml(textOf(repository, SOURCES))["datasources"]).map((source) =>
    addressOf(String(record(source)["url"]).replace(/^http:\/\//, "")),
  );
  const bus = String(definedIn(composition, "secrets").get("bus")?.["file"]);
  // One that is not made is a mistake of its own.
  const url = repository(join(dirname(composition.path), bus))?.trim();
  const brokers = url === undefined ? [] : [addressOf(url.replace(/^\w+:\/\/(.*@)?/, ""))];
  return [
    ...scraped.map((to): Conversation => ["prometheus", to]),
    ...sources.map((to): Conversation => ["grafana", to]),
    ...brokers.flatMap((to): Conversation[] => [
      ["coordinator", to],
      ["worker", to],
    ]),
    ["worker", ["target", listensAt(repository, find(composition, "target"))?.[1] ?? 0]],
  ];
}

function reaches(
  repository: Repository,
  composition: Composition,
  [from, [name, port]]: Conversation,
): string[] {
  const service = find(composition, name);
  if (service === null) return [`${from} asks ${name}, which is no service`];
  const listens = listensAt(repository, service)?.[1];
  const shared = networksOf(find(composition, from)).filter((network) =>
    networksOf(service).includes(network),
  );
  return [
    ...(listens === port ? [] : [`${from} asks ${name}:${port}, which listens on ${listens}`]),
    ...(shared.length > 0 ? [] : [`${from} and ${name} share no network`]),
  ];
}

function networksOf(service: Service | null): string[] {
  const names = namesOf(service?.tree["networks"]);
  return names.length > 0 ? names : ["default"];
}
