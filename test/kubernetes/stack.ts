/**
 * One overlay of k8s/ in a namespace of its own, with the bundled target as a pod: made, brought back to its base between
 * episodes, removed. Used by the suites here. Invariant: what is applied is what the repository holds, but for the
 * namespace, the image's name and the resources a small cluster has to spare.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { TargetCounts } from "../../coordinator/cli/terminal/comparison.ts";
import { ROOT } from "../docs/fences.ts";
import { Coordinator } from "./coordinator.ts";
import { isReady, Kubectl, type Pod } from "./kubectl.ts";
import { PortForward } from "./port-forward.ts";
import { until } from "./until.ts";

export type Broker = "redis" | "nats";

export interface StackOptions {
  readonly namespace: string;
  readonly broker: Broker;
  /** NAME:TAG, on every node. */
  readonly image: string;
  /** Workers it has between episodes. */
  readonly workers: number;
  /** It asks for hardly any resources, so that several fit on a small cluster. */
  readonly isSmall: boolean;
}

export const TARGET = "onrush-target";
const READY_MS = 180_000;
const REMOVED_MS = 240_000;
const API_PORT = 7700;
const SMALL = {
  target: { kind: "Deployment" },
  patch: JSON.stringify([
    {
      ...{ op: "replace", path: "/spec/template/spec/containers/0/resources/requests" },
      value: { cpu: "20m", memory: "64Mi" },
    },
  ]),
};

export class Stack {
  readonly kubectl: Kubectl;
  readonly options: StackOptions;
  /** Where the target is for the workers. */
  targetUrl = "";
  /** From the first apply until every pod was ready, milliseconds. */
  readyMs = 0;
  #coordinator: Coordinator | null = null;
  #target: PortForward | null = null;

  constructor(options: StackOptions) {
    this.options = options;
    this.kubectl = new Kubectl(options.namespace);
  }

  get coordinator(): Coordinator {
    if (this.#coordinator === null) throw new Error("the stack is not installed");
    return this.#coordinator;
  }

  /** Deployments and the like, by their part. */
  get names() {
    return {
      workers: "deployment/onrush-worker",
      coordinator: "deployment/onrush-coordinator",
      broker: `statefulset/onrush-${this.options.broker}`,
    };
  }

  async install(): Promise<void> {
    await this.remove();
    const from = performance.now();
    const token = await this.#secrets();
    await this.kubectl.apply(await this.render());
    await this.allReady();
    this.readyMs = Math.round(performance.now() - from);
    const service = await this.kubectl.json<{ spec: { ports: { port: number }[] } }>([
      ...["get", "service", TARGET],
    ]);
    const port = service.spec.ports[0]?.port ?? 0;
    this.targetUrl = `ws://${TARGET}:${port}/`;
    const { namespace } = this.options;
    this.#target = await PortForward.open(namespace, `svc/${TARGET}`, port);
    const forward = await PortForward.open(namespace, "svc/onrush-coordinator", API_PORT);
    this.#coordinator = new Coordinator(forward, token);
    await this.joined(this.options.workers);
  }

  /** Back to the base: image, number of workers, everything ready, the target's counts at nothing. */
  async restore(): Promise<void> {
    const { workers, image } = this.options;
    const { kubectl, names } = this;
    await kubectl.text(["set", "image", names.workers, `*=${image}`]);
    await kubectl.text(["scale", names.workers, `--replicas=${workers}`]);
    await this.allReady();
    await until("pods that were to end are gone", READY_MS, async () => {
      const pods = await Promise.all(["worker", "coordinator"].map((of) => kubectl.allPods(of)));
      return pods.flat().length === workers + 1;
    });
    await this.joined(workers);
    await until("the target is idle", READY_MS, async () => (await this.targetCounts()).open === 0);
    await this.#target?.fetch("/stats/reset", { method: "POST" });
  }

  /** Every rollout is complete. @throws Error with what each pod that is not ready waits for */
  async allReady(): Promise<void> {
    const { workers, coordinator, broker } = this.names;
    for (const name of [broker, coordinator, workers, `deployment/${TARGET}`]) {
      const args = ["rollout", "status", name, `--timeout=${READY_MS / 1000}s`];
      const { code, stderr } = await this.kubectl.call(args, { withinMs: READY_MS + 10_000 });
      if (code !== 0) throw new Error(`${name}: ${stderr.trim()}\n${await this.#waiting()}`);
    }
  }

  async #waiting(): Promise<string> {
    const { items } = await this.kubectl.json<{ items: Pod[] }>(["get", "pods"]);
    const lines = items
      .filter((pod) => !isReady(pod))
      .map(({ metadata, status }) => {
        const waiting = status.containerStatuses?.[0]?.state?.waiting?.reason;
        return `${metadata.name}: ${waiting ?? status.phase ?? "unknown"}`;
      });
    const isMissing = lines.some((line) => /Image/.test(line));
    const how = isMissing ? ["an image is not on the nodes: --help says how to load it"] : [];
    return [...lines, ...how].join("\n");
  }

  /** The coordinator would give work to exactly the pods there are. */
  async joined(workers: number): Promise<void> {
    await until(`${workers} workers have joined`, READY_MS, async () => {
      const [usable, pods] = await Promise.all([
        this.coordinator.usable(),
        this.kubectl.pods("worker"),
      ]);
      const hosts = new Set(usable.map(({ host }) => host));
      const isThere = pods.every((pod) => isReady(pod) && hosts.has(pod.metadata.name));
      return usable.length === workers && pods.length === workers && isThere;
    });
  }

  async targetCounts(): Promise<TargetCounts> {
    if (this.#target === null) throw new Error("the stack is not installed");
    return (await (await this.#target.fetch("/stats")).json()) as TargetCounts;
  }

  /** When nothing is open any more. */
  async settledCounts(): Promise<TargetCounts> {
    return until("the target is idle", 60_000, async () => {
      const counts = await this.targetCounts();
      return counts.open === 0 ? counts : null;
    });
  }

  async remove(): Promise<void> {
    await this.#coordinator?.close();
    await this.#target?.close();
    this.#coordinator = null;
    this.#target = null;
    const { namespace } = this.options;
    await this.kubectl.text(["delete", "namespace", namespace, "--ignore-not-found"], {
      withinMs: REMOVED_MS,
    });
  }

  /** The overlay as it is applied. */
  async render(): Promise<string> {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), "onrush-k8s-overlay-"));
    try {
      writeFileSync(join(folder, "kustomization.yaml"), this.#kustomization(folder));
      return await this.kubectl.text(["kustomize", folder]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  #kustomization(folder: string): string {
    const { namespace, broker, image } = this.options;
    const [name, tag] = [image.slice(0, image.lastIndexOf(":")), image.split(":").at(-1)];
    const at = (path: string) => relative(folder, join(ROOT, "k8s", path));
    return JSON.stringify({
      apiVersion: "kustomize.config.k8s.io/v1beta1",
      kind: "Kustomization",
      namespace,
      resources: [at(`overlays/${broker}`)],
      components: [at("components/target")],
      images: [{ name: "onrush", newName: name, newTag: tag }],
      replicas: [{ name: "onrush-worker", count: this.options.workers }],
      labels: [{ pairs: { "app.kubernetes.io/instance": namespace }, includeTemplates: true }],
      patches: this.options.isSmall ? [SMALL] : [],
    });
  }

  /** @returns the admin's token */
  async #secrets(): Promise<string> {
    const { stdout, stderr } = spawnSync(join(ROOT, "k8s/secrets.sh"), {
      encoding: "utf8",
      env: { ...process.env, ONRUSH_NAMESPACE: this.options.namespace },
    });
    const token = /ONRUSH_TOKEN=(\S+)/.exec(stderr)?.[1];
    if (token === undefined) throw new Error(`k8s/secrets.sh says no token: ${stderr}`);
    await this.kubectl.text(["apply", "--server-side", "-f", "-"], { input: stdout });
    return token;
  }
}
