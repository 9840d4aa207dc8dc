/**
 * What Kubernetes does to workers, coordinator and broker while a run goes on, row by row. Used by episode.ts. Invariant: a
 * row that could not do what it says throws; nodes are schedulable again when it returns.
 */
import { setTimeout as delay } from "node:timers/promises";
import { isReady, type Pod } from "./kubectl.ts";
import type { Nodes } from "./nodes.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";

export interface Scene {
  readonly stack: Stack;
  readonly nodes: Nodes;
  /** The same program under another tag, for updates. */
  readonly nextImage: string;
  /** A number in [0,1) of this episode's own. */
  readonly random: () => number;
}

export interface Row {
  readonly name: string;
  /** Length of the run, seconds. */
  readonly seconds: number;
  /**
   * Whether a worker is lost by it: what is unknown is bounded by the summary then; otherwise every count must be equal.
   * `late`: when the broker is away for longer than workers go on without it.
   */
  readonly loses: "never" | "always" | "late";
  /** Nodes are closed to new pods meanwhile: one such row at a time. */
  readonly closesNodes: boolean;
  /** Before the run. */
  readonly prepare?: (scene: Scene) => Promise<void>;
  readonly strike: (scene: Scene) => Promise<void>;
}

const SHORT = 40;
const MEDIUM = 50;
const LONG = 60;
const ROLLOUT_SECONDS = 170;
const BACK_MS = 120_000;

const killing = { seconds: SHORT, loses: "always" as const, closesNodes: false };
// The broker's pod may be on the node, too.
const draining = { seconds: MEDIUM, loses: "late" as const, closesNodes: true, prepare: spread };
const broken = { seconds: SHORT, loses: "late" as const, closesNodes: false };
const graceful = { seconds: SHORT, loses: "never" as const, closesNodes: false };

export const ROWS: readonly Row[] = [
  { name: "nothing", ...graceful, seconds: 20, strike: async () => {} },
  { name: "delete a worker's pod, grace 0", ...killing, strike: deleteWorker },
  { name: "OOM kill of a worker", ...killing, strike: exhaustWorker },
  {
    ...{ name: "drain a node without the coordinator", ...draining },
    strike: (scene) => drain(scene, (node, home) => node !== home),
  },
  {
    ...{ name: "drain the coordinator's node", ...draining },
    strike: (scene) => drain(scene, (node, home) => node === home),
  },
  {
    ...{ name: "rollout restart of the workers", ...graceful, seconds: LONG },
    strike: (scene) => restart(scene, scene.stack.names.workers),
  },
  {
    ...{ name: "rolling update of the workers to another tag", ...graceful, seconds: LONG },
    strike: update,
  },
  {
    ...{ name: "rollout restart of the broker", ...broken },
    strike: (scene) => restart(scene, scene.stack.names.broker),
  },
  { name: "the broker comes back with an empty disk", ...broken, strike: emptyBroker },
  {
    ...{ name: "rollout restart of the coordinator", ...graceful },
    strike: (scene) => restart(scene, scene.stack.names.coordinator),
  },
  {
    ...{ name: "the coordinator moves to another node", ...graceful, closesNodes: true },
    strike: moveCoordinator,
  },
];

async function pick({ stack, random }: Scene, component: string): Promise<Pod> {
  const pods = (await stack.kubectl.pods(component)).filter(isReady);
  const pod = pods[Math.floor(random() * pods.length)];
  if (pod === undefined) throw new Error(`there is no ${component}`);
  return pod;
}

async function deleteWorker(scene: Scene): Promise<void> {
  const { name } = (await pick(scene, "worker")).metadata;
  await scene.stack.kubectl.text(["delete", "pod", name, "--grace-period=0", "--force"]);
}

/**
 * Fills the memory of the container up to its limit, in portions that are each smaller than the worker: the kernel ends the
 * largest process, and is asked to prefer the worker besides, where it may be.
 */
const FILLER = `
  echo 1000 > /proc/1/oom_score_adj
  i=0
  while [ $i -lt 40 ]; do
    head -c 24M /dev/zero | tail -c 24M | sleep 60 &
    i=$((i + 1))
  done
  wait
`;

async function exhaustWorker(scene: Scene): Promise<void> {
  const { kubectl } = scene.stack;
  const { name } = (await pick(scene, "worker")).metadata;
  // It does not come back: the container ends.
  await kubectl.call(["exec", name, "--", "sh", "-c", FILLER], { withinMs: 30_000 });
  await until(`${name} says that it was killed for its memory`, BACK_MS, async () => {
    const { status } = await kubectl.json<Pod>(["get", "pod", name]);
    return (status.containerStatuses ?? []).some(
      ({ state, lastState }) =>
        (state?.terminated ?? lastState?.terminated)?.reason === "OOMKilled",
    );
  });
}

/** A worker on every node: those that were replaced may all have come to one. */
async function spread({ stack, nodes }: Scene): Promise<void> {
  const { kubectl } = stack;
  const pods = (await kubectl.pods("worker")).filter(isReady);
  const on = (node: string) => pods.filter(({ spec }) => spec.nodeName === node);
  const names = await nodes.names();
  if (names.every((node) => on(node).length > 0)) return;
  const [fullest = ""] = names.sort((a, b) => on(b).length - on(a).length);
  const leaving = on(fullest).slice(0, Math.floor(on(fullest).length / 2));
  await nodes.closed(fullest, async () => {
    await kubectl.text(["delete", "pod", ...leaving.map(({ metadata }) => metadata.name)]);
    await stack.allReady();
  });
}

async function drain(
  { stack, nodes }: Scene,
  chosen: (node: string, home: string) => boolean,
): Promise<void> {
  const [coordinator] = await stack.kubectl.pods("coordinator");
  const home = coordinator?.spec.nodeName ?? "";
  const node = (await nodes.names()).find((name) => chosen(name, home));
  if (node === undefined) throw new Error("there is no such node");
  const workers = await stack.kubectl.pods("worker");
  if (!workers.some(({ spec }) => spec.nodeName === node)) {
    throw new Error(`no worker is on ${node}`);
  }
  // The target is the service under test, which no drain of its clients' nodes is about.
  const mine = `app.kubernetes.io/instance=${stack.options.namespace}`;
  await nodes.drained(node, `${mine},app.kubernetes.io/component!=target`);
}

async function restart({ stack }: Scene, name: string): Promise<void> {
  await stack.kubectl.text(["rollout", "restart", name]);
  await rolledOut(stack, name);
}

async function rolledOut({ kubectl }: Stack, name: string): Promise<void> {
  await kubectl.text(["rollout", "status", name, `--timeout=${ROLLOUT_SECONDS}s`], {
    withinMs: (ROLLOUT_SECONDS + 10) * 1000,
  });
}

async function update({ stack, nextImage }: Scene): Promise<void> {
  const { workers } = stack.names;
  await stack.kubectl.text(["set", "image", workers, `*=${nextImage}`]);
  await rolledOut(stack, workers);
  const pods = await stack.kubectl.pods("worker");
  const old = pods.filter(({ spec }) => spec.containers[0]?.image !== nextImage);
  if (old.length > 0) throw new Error(`${old.length} workers have not been updated`);
}

async function emptyBroker({ stack }: Scene): Promise<void> {
  const { kubectl, options } = stack;
  const [pod] = await kubectl.pods("broker");
  if (pod === undefined) throw new Error("there is no broker");
  const selector = `app.kubernetes.io/component=broker`;
  const claims = await kubectl.text(["get", "pvc", "-l", selector, "-o", "name"]);
  const names = claims.split("\n").filter((name) => name !== "");
  if (names.length > 0) await kubectl.text(["delete", ...names, "--wait=false"]);
  await kubectl.text(["delete", "pod", pod.metadata.name, "--wait=false"]);
  await until(`another ${options.broker} is ready`, BACK_MS, async () => {
    const [other] = (await kubectl.pods("broker")).filter(isReady);
    return other !== undefined && other.metadata.uid !== pod.metadata.uid;
  });
}

async function moveCoordinator({ stack, nodes, random }: Scene): Promise<void> {
  const { kubectl } = stack;
  await delay(random() * 3000);
  const [pod] = await kubectl.pods("coordinator");
  const home = pod?.spec.nodeName;
  if (pod === undefined || home === undefined) throw new Error("there is no coordinator");
  await nodes.closed(home, async () => {
    await kubectl.text(["delete", "pod", pod.metadata.name, "--wait=false"]);
    await until("the coordinator is ready on another node", BACK_MS, async () => {
      const [other] = (await kubectl.pods("coordinator")).filter(isReady);
      return other !== undefined && other.spec.nodeName !== home;
    });
  });
}
