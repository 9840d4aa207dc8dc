/**
 * The manifests of k8s/ as kubectl applies them, and the Secrets that k8s/secrets.sh makes for them. Every overlay as it is
 * committed; every component with each broker, as somebody would combine them.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ROOT } from "../house/repository.ts";
import { kustomize } from "../support/kubectl.ts";
import { type KubeObject, parseObjects, type Rendered, type Secret } from "./objects.ts";

const FOLDER = join(ROOT, "k8s");
const BROKERS = ["redis", "nats"];
/** What overlays and components are named by. */
export const OVERLAYS = foldersOf("overlays");
export const COMBINATIONS: readonly (readonly [component: string, overlay: string])[] = foldersOf(
  "components",
).flatMap((component) => BROKERS.map((broker): [string, string] => [component, broker]));

function foldersOf(kind: string): string[] {
  const entries = readdirSync(join(FOLDER, kind), { withFileTypes: true });
  // Tests on a cluster leave folders of their own here for a moment.
  return entries
    .filter((one) => one.isDirectory() && !one.name.startsWith("."))
    .map(({ name }) => name);
}

export function renderOverlay(name: string): Rendered {
  return rendered(name, kustomize(join(FOLDER, "overlays", name)));
}

export function renderWithComponent(component: string, overlay: string): Rendered {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "onrush-k8s-")));
  const at = (path: string) => relative(folder, join(realpathSync(FOLDER), path));
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: [at(`overlays/${overlay}`)],
    components: [at(`components/${component}`)],
    namespace: "onrush",
  };
  try {
    writeFileSync(join(folder, "kustomization.yaml"), JSON.stringify(kustomization));
    return rendered(`${overlay} with ${component}`, kustomize(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function rendered(name: string, text: string): Rendered {
  return { name, objects: parseObjects(text), secrets: madeBy({}).filter(isSecret) };
}

/** @param env beside PATH. @returns the objects that k8s/secrets.sh prints for an external broker */
export function madeBy(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): KubeObject[] {
  const text = execFileSync("sh", [join(FOLDER, "secrets.sh"), ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      ONRUSH_BUS: "rediss://user:word@broker.example:6379",
      ...env,
    },
  });
  return parseObjects(text);
}

export function isSecret(object: KubeObject): object is Secret {
  return object.kind === "Secret";
}
