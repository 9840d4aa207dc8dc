/** A worker of a cluster with its health endpoint, as a supervisor sees it. Used by the tests of that endpoint. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { tied } from "../../shared/lifeline.ts";
import { parseExposition } from "./exposition.ts";

const ENTRY = fileURLToPath(new URL("../../dist/coordinator/cli/main.js", import.meta.url));

export interface Probed {
  readonly status: number;
  readonly text: string;
}

export interface WatchedWorker extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly port: number;
  /** Everything it wrote so far. */
  log(): string;
  /** @throws when nobody answers within ten seconds */
  probe(path: string, method?: string): Promise<Probed>;
  /** The sample of a family without labels; undefined when there is none. */
  metric(name: string): Promise<number | undefined>;
}

export interface WatchedOptions {
  readonly bus: string;
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Before its command line. */
  readonly prefix?: readonly string[];
}

/** Resolves when its health endpoint listens; whatever is left of it ends with the scope. */
export async function startWatchedWorker(options: WatchedOptions): Promise<WatchedWorker> {
  const { bus, args = [], nodeArgs = [], env, prefix = [] } = options;
  const [command = process.execPath, ...rest] = [...prefix, process.execPath];
  const child = spawn(
    ...tied(command, [
      ...[...rest, ...nodeArgs, ENTRY, "worker", "--bus", bus],
      ...["--health", "127.0.0.1:0", ...args],
    ]),
    { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...env } },
  );
  let log = "";
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      const found = /health on port (\d+)/.exec(log)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    child.once("exit", (code) => reject(new Error(`the worker ended with ${code}: ${log}`)));
  });
  const probe = async (path: string, method = "GET") => {
    const signal = AbortSignal.timeout(10_000);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, signal });
    return { status: response.status, text: await response.text() };
  };
  return {
    child,
    port,
    log: () => log,
    probe,
    metric: async (name) => {
      const families = parseExposition((await probe("/metrics")).text);
      return families.get(name)?.samples[0]?.value;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}
