/**
 * `onrush coordinator` and `onrush worker` as a user starts them, and the HTTP API as a client sees it. Used by the
 * integration tests of the service. Invariant: what is started here ends with its scope, killed by pid.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { tied } from "../../shared/lifeline.ts";
import { freePort } from "./ports.ts";

const ENTRY = fileURLToPath(new URL("../../dist/coordinator/cli/main.js", import.meta.url));
const RUN_ENDS_MS = 90_000;
const OVER = new Set(["done", "failed", "aborted"]);

/** Told to end at the latest with the process that started them, whatever becomes of its tests. */
const started = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of started) child.kill("SIGTERM");
});

export interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; null when it is none. */
  readonly body: T;
}

/** What a problem+json answer says. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code?: string;
  readonly remedy?: string;
  readonly issues?: readonly {
    readonly path: string;
    readonly line: number;
    readonly column: number;
    readonly message: string;
    readonly hint: string;
  }[];
}

export interface Info {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly waiting: number | null;
  readonly workers: number;
  readonly served: boolean;
  readonly verdict: string | null;
  readonly exitCode: number | null;
  readonly problem: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface Call {
  readonly body?: string | object;
  readonly type?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CoordinatorOptions {
  readonly bus: string;
  /** Runs are kept here. */
  readonly data: string;
  readonly port?: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Before its command line, e.g. a shell that sets a limit and becomes it. */
  readonly prefix?: readonly string[];
}

/** A coordinator that can be killed and started again on the same address and data. */
export class Coordinator implements AsyncDisposable {
  /** Everything its processes wrote to stderr. */
  log = "";
  readonly url: string;
  readonly #options: CoordinatorOptions & { readonly port: number };
  #child: ChildProcess | null = null;

  private constructor(options: CoordinatorOptions & { readonly port: number }) {
    this.#options = options;
    this.url = `http://127.0.0.1:${options.port}`;
  }

  static async start(options: CoordinatorOptions): Promise<Coordinator> {
    const coordinator = new Coordinator({ ...options, port: options.port ?? (await freePort()) });
    await coordinator.start();
    return coordinator;
  }

  /** Resolves when it listens and has the lead. */
  async start(): Promise<void> {
    const { bus, data, port, args = [], env, prefix = [] } = this.#options;
    const [command = process.execPath, ...rest] = [...prefix, process.execPath];
    const child = spawn(
      ...tied(command, [
        ...[...rest, ENTRY, "coordinator", "--bus", bus, "--data", data],
        ...["--listen", `127.0.0.1:${port}`, ...args],
      ]),
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } },
    );
    this.#child = child;
    started.add(child);
    child.stderr.on("data", (chunk: Buffer) => {
      this.log += chunk.toString();
    });
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, "exit").then(() => {
      throw new Error(`the coordinator ended: ${this.log}`);
    });
    await Promise.race([once(lines, "line"), ended]);
    ended.catch(() => {});
    await this.until("it is ready", async () => (await this.get("/readyz")).status === 200);
  }

  /** Of the process that runs now. */
  get pid(): number {
    return this.#child?.pid ?? Number.NaN;
  }

  /** To stop it and have it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(signal);
  }

  /** Its exit code, when it ends by itself. */
  async ended(): Promise<number | null> {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return child?.exitCode ?? null;
    const [code] = (await once(child, "exit")) as [number | null];
    return code;
  }

  async kill(): Promise<void> {
    await end(this.#child, "SIGKILL");
  }

  /** SIGTERM, and the exit code. */
  terminate(): Promise<number | null> {
    return end(this.#child, "SIGTERM");
  }

  /** @param path from the root, or below /api/v1 when it is none of its own */
  get<T = unknown>(path: string, call: Call = {}): Promise<Answer<T>> {
    return this.request("GET", path, call);
  }

  post<T = unknown>(path: string, call: Call = {}): Promise<Answer<T>> {
    return this.request("POST", path, call);
  }

  async request<T = unknown>(method: string, path: string, call: Call = {}): Promise<Answer<T>> {
    const { body, token, headers } = call;
    const type = call.type ?? (body === undefined ? undefined : "application/json");
    const response = await fetch(this.address(path), {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(type === undefined ? {} : { "content-type": type }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: jsonOf(text) as T,
    };
  }

  address(path: string): string {
    const own = /^\/(livez|readyz|metrics|openapi\.json|docs)/.test(path);
    return `${this.url}${own ? "" : "/api/v1"}${path}`;
  }

  /** Submits a scenario. @returns the run's id */
  async submit(scenario: object, query = ""): Promise<string> {
    const { status, text, body } = await this.post<{ id: string }>(`/runs${query}`, {
      body: scenario,
    });
    if (status !== 201) throw new Error(`not accepted: ${status} ${text}`);
    return body.id;
  }

  async info(id: string): Promise<Info> {
    return (await this.get<Info>(`/runs/${id}`)).body;
  }

  /** Waits until the run is over. */
  async over(id: string): Promise<Info> {
    let info = await this.info(id);
    await this.until(
      `run ${id} is over`,
      async () => {
        info = await this.info(id);
        return OVER.has(info.state);
      },
      RUN_ENDS_MS,
    );
    return info;
  }

  /** The result of a run, when it is over. */
  async result(id: string): Promise<Summary> {
    await this.over(id);
    const { status, body, text } = await this.get<Summary>(`/runs/${id}/report.json`);
    if (status !== 200) throw new Error(`no report: ${status} ${text}`);
    return body;
  }

  async until(what: string, holds: () => Promise<boolean>, withinMs = 30_000): Promise<void> {
    const giveUpAt = performance.now() + withinMs;
    while (!(await holds().catch(() => false))) {
      if (performance.now() > giveUpAt) {
        throw new Error(`not within ${withinMs} ms: ${what}\n${this.log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

export interface ClusterWorker extends AsyncDisposable {
  /** SIGTERM unless told, and the exit code. */
  leave(signal?: NodeJS.Signals): Promise<number | null>;
  /** To stop it and have it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
}

/** A worker with one engine. */
export function startWorker(
  bus: string,
  id: string,
  {
    capacity = 2000,
    env = {},
    args: more = [],
  }: { capacity?: number; env?: Record<string, string>; args?: readonly string[] } = {},
): ClusterWorker {
  const args = ["worker", "--bus", bus, "--engines", "1", "--capacity", String(capacity)];
  const child = spawn(...tied(process.execPath, [ENTRY, ...args, "--id", id, ...more]), {
    stdio: ["ignore", "ignore", "ignore"],
    env: { ...process.env, ...env },
  });
  started.add(child);
  const leave = (signal: NodeJS.Signals = "SIGTERM") => end(child, signal);
  return {
    leave,
    signal: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      await leave();
    },
  };
}

/** Reasons against a result, but for those that a machine too busy for the generator is to blame for. */
export function flawsOf({ validity }: Summary): string[] {
  const late = /^The load generator (was saturated|sent messages late|was too far behind)/;
  return validity.reasons.filter((reason) => !late.test(reason));
}

/** How a run without flaws may end on a busy machine: passed, or not to be trusted because of the generator. */
export const SOUND: readonly (number | null)[] = [0, 97];

/** A short echo load: connections ramp up, hold and go down. */
export function echoScenario(
  url: string,
  { connections = 100, holdSeconds = 2 }: { connections?: number; holdSeconds?: number } = {},
): object {
  return {
    version: 1,
    name: "service echo",
    target: url,
    seed: 7,
    load: [
      { phase: "up", ramp: "linear", to: connections, over: "1s" },
      { phase: "hold", hold: `${holdSeconds}s` },
      { phase: "down", ramp: "linear", to: 0, over: "1s" },
    ],
    messages: {
      rate: "2/s",
      mix: [
        {
          name: "echo",
          send: { binary: { size: 64, fill: "random" } },
          reply: { match: "echo", within: "2s" },
        },
      ],
    },
    integrity: { stamp: true },
    thresholds: { connect: ["failed == 0"], delivery: ["lost == 0"] },
  };
}

async function end(child: ChildProcess | null, signal: NodeJS.Signals): Promise<number | null> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) {
    return child?.exitCode ?? null;
  }
  const ended = once(child, "exit");
  child.kill(signal);
  const [code] = (await ended) as [number | null];
  return code;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Writes a tokens file with a viewer and an operator. @returns its path */
export function writeTokens(folder: string, viewer: string, operator: string): string {
  const path = join(folder, "tokens.json");
  const tokens = [
    { name: "vic", role: "viewer", token: viewer },
    { name: "opi", role: "operator", token: operator },
  ];
  writeFileSync(path, JSON.stringify({ tokens }), { mode: 0o600 });
  return path;
}
