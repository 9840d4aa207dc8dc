/**
 * What the cluster itself refuses: pods that the namespace does not permit, and connections to the broker that the network
 * policies do not. And the image as the strictest cluster runs it. Used by main.ts. Invariant: each refusal is shown beside
 * the same thing permitted, so that it is the rule and not an accident that refuses.
 */
import { type Checks, mustBeNone } from "./checks.ts";
import { Kubectl, type Pod } from "./kubectl.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";

const POD_MS = 90_000;
const TRY_MS = 3000;
const TRIES = 4;
const PORTS = { redis: 6379, nats: 4222 } as const;
/** No user of the image, nor of any other. */
const OTHER_UID = 1_837_204_416;
const WORKER: Labels = {
  "app.kubernetes.io/name": "onrush",
  "app.kubernetes.io/component": "worker",
  "app.kubernetes.io/part-of": "onrush",
};

type Labels = Readonly<Record<string, string>>;
type PlainPod = ReturnType<typeof podOf>;

export async function checkSecurity(stack: Stack, checks: Checks): Promise<void> {
  const { kubectl, options } = stack;
  const { broker } = options;
  await checks.check(`${broker}: the namespace enforces "restricted"`, () => restricted(stack));
  await checks.check(`${broker}: no pod has the API server's token`, () => noTokens(stack));
  await checks.check(`${broker}: who is no part of it does not reach the broker`, () =>
    guarded(stack),
  );
  await checks.check(
    `${broker}: a worker as any user, read-only, with no environment`,
    async () => {
      const name = "plain-worker";
      await kubectl.apply(JSON.stringify(await plainWorker(stack, name)));
      try {
        const joined = await until("it has joined", POD_MS, async () => {
          const { stdout } = await kubectl.call(["logs", name]);
          return /^.*joined as.*$/m.exec(stdout)?.[0] ?? null;
        });
        return joined.trim();
      } finally {
        await kubectl.call(["delete", "pod", name, "--grace-period=1"]);
      }
    },
  );
}

async function restricted({ kubectl, options }: Stack): Promise<string> {
  const { metadata } = await kubectl.json<{ metadata: { labels: Record<string, string> } }>([
    ...["get", "namespace", options.namespace],
  ]);
  const enforced = metadata.labels["pod-security.kubernetes.io/enforce"];
  const allowed = podOf(options.image, "allowed", {});
  const root = podOf(options.image, "root", {});
  root.spec.securityContext = { runAsUser: 0 };
  const dryRun = (pod: object) =>
    kubectl.call(["apply", "--dry-run=server", "-f", "-"], { input: JSON.stringify(pod) });
  const [yes, no] = [await dryRun(allowed), await dryRun(root)];
  mustBeNone([
    ...(enforced === "restricted" ? [] : [`the label says ${enforced}`]),
    ...(yes.code === 0 ? [] : [`a harmless pod is refused: ${yes.stderr}`]),
    ...(/violates PodSecurity "restricted/.test(no.stderr) ? [] : [`root: ${no.stderr}`]),
  ]);
  return no.stderr.trim().slice(0, 200);
}

async function noTokens({ kubectl }: Stack): Promise<string> {
  const components = ["worker", "coordinator", "broker"];
  const said: string[] = [];
  for (const component of components) {
    for (const { metadata } of await kubectl.pods(component)) {
      const args = ["exec", metadata.name, "--", "ls", "/var/run/secrets/kubernetes.io"];
      const { code } = await kubectl.call(args);
      if (code === 0) throw new Error(`${metadata.name} has one`);
      said.push(metadata.name);
    }
  }
  return `${said.length} pods`;
}

/** From the namespace without a worker's labels, from another one with them, and as a worker. */
async function guarded(stack: Stack): Promise<string> {
  const { namespace, broker, image } = stack.options;
  const elsewhere = new Kubectl(`${namespace}-elsewhere`);
  await elsewhere.call(["create", "namespace", elsewhere.namespace]);
  try {
    const { spec } = await stack.kubectl.json<{ spec: { clusterIP: string } }>([
      ...["get", "service", `onrush-${broker}`],
    ]);
    const call = callOf(spec.clusterIP, PORTS[broker]);
    const found = {
      "as a worker": await said(stack.kubectl, podOf(image, "friend", WORKER), call),
      "from the namespace, without labels": await said(
        ...([stack.kubectl, podOf(image, "stranger", {}), call] as const),
      ),
      "from another namespace, with a worker's labels": await said(
        ...([elsewhere, podOf(image, "stranger", WORKER), call] as const),
      ),
    };
    const wrong = Object.entries(found).filter(
      ([who, what]) => (what === "connected") !== (who === "as a worker"),
    );
    mustBeNone(wrong.map(([who, what]) => `${who}: ${what}`));
    return Object.entries(found)
      .map(([who, what]) => `${who}: ${what}`)
      .join("\n");
  } finally {
    await elsewhere.call(["delete", "namespace", elsewhere.namespace, "--wait=false"]);
  }
}

/** A program that connects there and says what came of it; the rules may need a moment to know a new pod. */
function callOf(host: string, port: number): string {
  return `
    const attempt = (left) => {
      const socket = require("net").connect({ host: "${host}", port: ${port}, timeout: ${TRY_MS} });
      const failed = (why) => {
        socket.destroy();
        if (left > 1) setTimeout(attempt, 1000, left - 1);
        else console.log("answer: " + why);
      };
      socket.once("connect", () => { console.log("answer: connected"); socket.destroy(); });
      socket.once("timeout", () => failed("no answer in ${TRY_MS} ms"));
      socket.once("error", ({ code }) => failed(code));
    };
    attempt(${TRIES});
  `;
}

/** @returns what the program, run in this pod, says after "answer: " */
async function said(kubectl: Kubectl, pod: PlainPod, program: string): Promise<string> {
  pod.spec.containers[0].command = ["node", "-e", program];
  pod.spec.containers[0].args = [];
  const { name } = pod.metadata;
  await kubectl.apply(JSON.stringify(pod));
  try {
    await until(`pod ${name} has ended`, POD_MS, async () => {
      const { status } = await kubectl.json<Pod>(["get", "pod", name]);
      return ["Succeeded", "Failed"].includes(status.phase ?? "");
    });
    const log = await kubectl.text(["logs", name]);
    return /answer: (.*)/.exec(log)?.[1] ?? log;
  } finally {
    await kubectl.call(["delete", "pod", name, "--grace-period=0", "--force"]);
  }
}

/** Everything it needs is in its arguments; without a key it gets no work, but it joins. */
async function plainWorker({ kubectl, options }: Stack, name: string): Promise<PlainPod> {
  const { broker, image } = options;
  const { data } = await kubectl.json<{ data: { password: string } }>([
    ...["get", "secret", "onrush-broker"],
  ]);
  const password = Buffer.from(data.password, "base64").toString();
  const pod = podOf(image, name, WORKER);
  pod.spec.securityContext = { runAsUser: OTHER_UID, runAsGroup: OTHER_UID };
  const bus = `${broker}://onrush:${password}@onrush-${broker}:${PORTS[broker]}`;
  pod.spec.containers[0].args = ["worker", "--bus", bus, "--insecure-no-key"];
  return pod;
}

/** A pod that the restricted profile permits. */
function podOf(image: string, name: string, labels: Labels) {
  const container: { command?: string[]; args?: string[] } & Record<string, unknown> = {
    ...{ name: "main", image, imagePullPolicy: "IfNotPresent", args: ["--version"] },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
  const spec = {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {} as Record<string, unknown>,
    containers: [container] as [typeof container],
  };
  return { apiVersion: "v1", kind: "Pod", metadata: { name, labels }, spec };
}
