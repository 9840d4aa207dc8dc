/**
 * kubectl in one namespace, on the cluster that KUBECONFIG names. Used by everything here that touches the cluster.
 * Invariant: every call has a bound, ends with this process, and what kubectl said is in the error.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tied } from "../../shared/lifeline.ts";

const CALL_MS = 60_000;

export interface CallOptions {
  readonly input?: string;
  readonly withinMs?: number;
}

/** The part of a pod that is looked at. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName?: string; readonly containers: readonly { image: string }[] };
  readonly status: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly restartCount: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string };
    readonly terminated?: Ended;
  };
  readonly lastState?: { readonly terminated?: Ended };
}

interface Ended {
  readonly reason?: string;
  readonly exitCode?: number;
}

export class Kubectl {
  readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** @returns what it printed  @throws Error with the command and what it said */
  async text(args: readonly string[], options: CallOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.call(args, options);
    if (code === 0) return stdout;
    throw new Error(`kubectl ${args.join(" ")}: ${stderr.trim() || `exit code ${code}`}`);
  }

  async json<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.text([...args, "-o", "json"])) as T;
  }

  /** Whatever its exit code is; null when it had to be ended. */
  async call(
    args: readonly string[],
    { input, withinMs = CALL_MS }: CallOptions = {},
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = spawn(...tied("kubectl", ["--namespace", this.namespace, ...args]), {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: withinMs,
      killSignal: "SIGKILL",
    });
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.stderr += text;
    });
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
    const [code] = (await once(child, "close")) as [number | null];
    if (code === null) said.stderr += ` (ended after ${withinMs} ms)`;
    return { code, ...said };
  }

  async apply(manifest: string): Promise<void> {
    await this.text(["apply", "-f", "-"], { input: manifest });
  }

  /** Pods of a component that are not on their way out. */
  async pods(component: string): Promise<Pod[]> {
    const all = await this.allPods(component);
    return all.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** Also those that are ending. */
  async allPods(component: string): Promise<Pod[]> {
    const selector = `app.kubernetes.io/component=${component}`;
    const { items } = await this.json<{ items: Pod[] }>(["get", "pods", "-l", selector]);
    return items;
  }
}

export function isReady({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  return (status.conditions ?? []).some(
    ({ type, status: is }) => type === "Ready" && is === "True",
  );
}
