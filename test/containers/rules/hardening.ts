/** No service has more rights, or can be reached from more places, than it needs. */
import type { Composition, Deployment, Service } from "../deployment.ts";
import { definedIn, isOurs, list, namesOf, record, withDefaults } from "../deployment.ts";

/** Workers hand over what they hold: as docs/cluster.md says, and some time to end. */
const WORKER_GRACE_SECONDS = 120;
const LEAST_FILES = 65_536;

export function hardening({ compositions }: Deployment): string[] {
  return compositions.flatMap((composition) =>
    composition.services.flatMap((service) =>
      [
        ...rights(service),
        ...reach(composition, service),
        ...scaling(composition, service),
        ...ending(service),
      ].map((what) => `${composition.path}: ${service.name} ${what}`),
    ),
  );
}

function rights(service: Service): string[] {
  const { tree } = service;
  const options = list(tree["security_opt"]).map(String);
  const files = Number(withDefaults(String(record(tree["ulimits"])["nofile"])));
  const user = String(tree["user"] ?? "");
  return [
    ...(tree["read_only"] === true ? [] : ["can write to its root"]),
    ...(list(tree["cap_drop"]).includes("ALL") ? [] : ["keeps capabilities"]),
    ...(options.includes("no-new-privileges:true") ? [] : ["may gain rights"]),
    ...(tree["privileged"] === true || tree["cap_add"] !== undefined ? ["is given rights"] : []),
    ...(tree["network_mode"] === undefined ? [] : ["is not in a network of its own"]),
    ...(isOurs(service) ? [] : user === "" || /^0(:|$)|^root/.test(user) ? ["runs as root"] : []),
    ...(isOurs(service) && !(files >= LEAST_FILES) ? ["has too few open files"] : []),
  ];
}

/** `127.0.0.1:7700:7700`, as the last part and the first. */
export function portsOf({ tree }: Service): { host: string; container: string }[] {
  return list(tree["ports"]).map((port) => {
    const parts = withDefaults(String(port)).split(":");
    return { host: parts.slice(0, -1).join(":"), container: parts.at(-1) ?? "" };
  });
}

function reach(composition: Composition, service: Service): string[] {
  const networks = definedIn(composition, "networks");
  const named = namesOf(service.tree["networks"]);
  const isOpen =
    named.length === 0 || named.some((name) => networks.get(name)?.["internal"] !== true);
  return [
    ...portsOf(service)
      .filter(({ host }) => !host.startsWith("127.0.0.1"))
      .map(({ container }) => `publishes ${container} to other machines`),
    ...(service.name === "broker" && isOpen ? ["is in a network that is not internal"] : []),
  ];
}

/** What can be scaled has no name and no port of this machine that a second one could not have. */
function scaling({ files }: Composition, service: Service): string[] {
  const { name, tree } = service;
  return [
    ...(tree["container_name"] === undefined ? [] : ["has a container_name"]),
    ...(name === "worker" && portsOf(service).length > 0 ? ["has a port of this machine"] : []),
    ...(name === "worker" && tree["hostname"] !== undefined ? ["has a hostname"] : []),
    ...(files.length < 2 ? ["is in a file without cluster.yaml"] : []),
  ];
}

function ending({ name, tree }: Service): string[] {
  if (name !== "worker") return [];
  const seconds = Number(/^(\d+)s$/.exec(String(tree["stop_grace_period"]))?.[1] ?? 10);
  return seconds >= WORKER_GRACE_SECONDS ? [] : [`is killed after ${seconds} s`];
}
