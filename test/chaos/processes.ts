/**
 * The processes of one chaos run: target, workers, coordinator. All are children of this process on loopback
 * addresses, killed by pid. Used by episode.ts. Invariant: stop() leaves none of them behind, whatever happened.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TargetCounts } from "../../coordinator/cli/terminal/comparison.ts";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { tied } from "../../shared/lifeline.ts";
import { CLUSTER_KEY } from "../support/cluster-key.ts";
import { freePort } from "../support/ports.ts";

/** The built program, also when this is read by the test runner. */
const DIST = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../dist/" : "../../", import.meta.url),
);

export interface ProcessesOptions {
  /** What workers and coordinator use to reach the broker; one each, so that a proxy may stand before one. */
  readonly busUrl: string;
  readonly workers: number;
  readonly fenceAfterMs: number;
  readonly graceMs: number;
}

export class Processes {
  readonly folder = mkdtempSync(join(tmpdir(), "onrush-chaos-"));
  readonly workers: ChildProcess[] = [];
  coordinatorUrl = "";
  targetUrl = "";
  coordinator: ChildProcess | null = null;
  readonly #options: ProcessesOptions;
  readonly #all = new Set<ChildProcess>();
  readonly #inspectors = new Map<number, Promise<string>>();
  #statsUrl = "";
  #port = 0;

  constructor(options: ProcessesOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const target = this.#spawn("target", ["target/main.js", "--port", "0"], {});
    const { url, statsUrl } = JSON.parse(await firstLine(target)) as Record<string, string>;
    this.targetUrl = url ?? "";
    this.#statsUrl = statsUrl ?? "";
    await this.startCoordinator();
    for (let worker = 0; worker < this.#options.workers; worker++) this.startWorker();
  }

  /** @param busUrl another way to the broker than the others' */
  startWorker(
    busUrl = this.#options.busUrl,
    how: "inspected" | "altering" | null = null,
  ): ChildProcess {
    const { fenceAfterMs, graceMs } = this.#options;
    const number = this.workers.length + 1;
    const entry = how === "altering" ? "test/chaos/altering-worker.js" : "worker/main.js";
    const child = this.#spawn(`worker-${number}`, [entry], {
      ONRUSH_WORKER_BUS: busUrl,
      ONRUSH_WORKER_ID: `worker-${number}`,
      ONRUSH_WORKER_ENGINES: "1",
      ONRUSH_WORKER_CAPACITY: "8000",
      ONRUSH_WORKER_FENCE_AFTER_MS: String(fenceAfterMs),
      ONRUSH_WORKER_LEAVE_MS: String(graceMs),
      ...(how === "inspected" ? { NODE_OPTIONS: "--inspect=127.0.0.1:0" } : {}),
      ONRUSH_WORKER_REJOIN: "1",
      ONRUSH_WORKER_ALLOW_FAULTS: "1",
    });
    this.workers.push(child);
    if (how === "inspected") this.#inspectors.set(number - 1, debuggerOf(child));
    return child;
  }

  /** The address of a worker's debugger. */
  async inspectorOf(worker: number): Promise<string> {
    return (await this.#inspectors.get(worker)) ?? "";
  }

  /** Where the runs of its coordinators are. */
  get data(): string {
    return join(this.folder, "data");
  }

  /** A second coordinator on the same bus and data, which waits for the lead. @returns where it listens */
  async startStandby(): Promise<string> {
    const port = await freePort();
    this.#spawn("standby", this.#coordinatorArgs(port), {});
    const url = `http://127.0.0.1:${port}`;
    await this.#until("the standby waits", 120_000, async () => {
      const response = await fetch(`${url}/readyz`).catch(() => null);
      return response?.status === 503;
    });
    return url;
  }

  /** From now on a coordinator that was a standby is the one to ask, when it has the lead. */
  async follow(url: string): Promise<void> {
    this.coordinatorUrl = url;
    await this.#until("the standby leads", 120_000, async () => {
      const response = await fetch(`${url}/readyz`).catch(() => null);
      return response?.ok ?? false;
    });
  }

  /** The exit code of the first coordinator, which is to end by itself. */
  async coordinatorEnds(): Promise<number | null> {
    const child = this.coordinator;
    await this.#until("the first coordinator ends", 20_000, async () => child?.exitCode !== null);
    return child?.exitCode ?? null;
  }

  async killCoordinator(): Promise<void> {
    const child = this.coordinator;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** @returns the run's id */
  async submit(scenario: object, workers: number): Promise<string> {
    const response = await fetch(`${this.coordinatorUrl}/api/v1/runs?workers=${workers}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(scenario),
    });
    const { id } = (await response.json()) as { id?: string };
    if (id === undefined) throw new Error(`not accepted: ${response.status}`);
    return id;
  }

  /** Wall clock at run time 0, milliseconds. */
  async startOf(run: string): Promise<number> {
    let startedAt = 0;
    await this.#until("the run has started", 60_000, async () => {
      const info = (await this.#get(`/runs/${run}`)) as { startedAt?: string | null } | null;
      startedAt = Date.parse(info?.startedAt ?? "");
      return Number.isFinite(startedAt);
    });
    return startedAt;
  }

  async summaryOf(run: string, withinMs: number): Promise<Summary> {
    let summary: Summary | null = null;
    await this.#until("the run is over", withinMs, async () => {
      const info = (await this.#get(`/runs/${run}`)) as { state?: string } | null;
      if (!["done", "failed", "aborted"].includes(info?.state ?? "")) return false;
      summary = (await this.#get(`/runs/${run}/report.json`)) as Summary | null;
      return summary !== null;
    });
    if (summary === null) throw new Error("there is no summary");
    return summary;
  }

  /** An action of the API on a run. */
  async act(run: string, action: string, body: object): Promise<void> {
    const response = await fetch(`${this.coordinatorUrl}/api/v1/runs/${run}/actions/${action}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${action}: ${response.status} ${await response.text()}`);
  }

  /** What the target has counted when nothing is open any more. */
  async settledCounts(): Promise<TargetCounts> {
    let counts = await this.counts();
    await this.#until("the target is idle", 20_000, async () => {
      counts = await this.counts();
      return counts.open === 0;
    });
    return counts;
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(`${this.coordinatorUrl}/api/v1${path}`).catch(() => null);
    return response?.ok ? response.json() : null;
  }

  /** Starts it, or starts it again on the same address and data. */
  async startCoordinator(): Promise<void> {
    this.#port ||= await freePort();
    this.coordinatorUrl = `http://127.0.0.1:${this.#port}`;
    this.coordinator = this.#spawn("coordinator", this.#coordinatorArgs(this.#port), {});
    await this.#until("coordinator is ready", 120_000, async () => {
      const response = await fetch(`${this.coordinatorUrl}/readyz`).catch(() => null);
      return response?.ok ?? false;
    });
  }

  async counts(): Promise<TargetCounts> {
    return (await (await fetch(this.#statsUrl)).json()) as TargetCounts;
  }

  async stop(keepLogs: boolean): Promise<void> {
    for (const child of this.#all) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, "exit");
      child.kill("SIGCONT");
      child.kill("SIGKILL");
      await ended;
    }
    if (!keepLogs) rmSync(this.folder, { recursive: true, force: true });
  }

  async #until(what: string, withinMs: number, holds: () => Promise<boolean>): Promise<void> {
    const giveUpAt = performance.now() + withinMs;
    while (!(await holds())) {
      if (performance.now() > giveUpAt) throw new Error(`not within ${withinMs} ms: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  #coordinatorArgs(port: number): string[] {
    return [
      ...["coordinator/cli/main.js", "coordinator", "--bus", this.#options.busUrl],
      ...["--listen", `127.0.0.1:${port}`, "--data", this.data],
    ];
  }

  #spawn(name: string, args: readonly string[], env: Record<string, string>): ChildProcess {
    const [entry, ...rest] = args;
    const child = spawn(...tied(process.execPath, [join(DIST, entry ?? ""), ...rest]), {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", ONRUSH_CLUSTER_KEY: CLUSTER_KEY, ...env },
    });
    const log = createWriteStream(join(this.folder, `${name}-${child.pid}.log`));
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    this.#all.add(child);
    return child;
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the process has no output");
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return line;
}

/** Where the debugger of a process listens, as it says on stderr. */
async function debuggerOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error("the process has no stderr");
  for await (const line of createInterface({ input: child.stderr })) {
    const url = /ws:\/\/\S+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error("the process has no debugger");
}
