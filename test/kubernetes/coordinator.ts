/**
 * A coordinator in the cluster as a user has it: the built `onrush` command and the HTTP API, both through a port-forward.
 * Used by stack.ts, episode.ts and scale.ts. Invariant: a coordinator that restarts is waited for; every wait has a bound.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { onrush, type Result } from "../support/programs.ts";
import type { PortForward } from "./port-forward.ts";
import { until } from "./until.ts";

/** The part of a worker of GET /workers that is looked at. */
export interface ListedWorker {
  readonly id: string;
  readonly host: string;
  readonly state: string;
  readonly leaving: boolean;
  readonly connectionsOpen: number;
  readonly overdue: boolean;
  readonly refused: string | null;
}

const START_MS = 120_000;
const OVER: readonly (string | undefined)[] = ["done", "failed", "aborted"];

export class Coordinator {
  readonly #forward: PortForward;
  readonly #token: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "onrush-k8s-"));

  constructor(forward: PortForward, token: string) {
    this.#forward = forward;
    this.#token = token;
  }

  /** Runs the onrush command of dist/ against this coordinator. */
  cli(args: readonly string[]): Promise<Result> {
    return onrush(args, {
      env: { ONRUSH_COORDINATOR: this.#forward.url, ONRUSH_TOKEN: this.#token, NO_COLOR: "1" },
    });
  }

  /** @returns the path of a file with it */
  scenarioFile(scenario: object): string {
    const file = join(this.#folder, "scenario.json");
    writeFileSync(file, JSON.stringify(scenario));
    return file;
  }

  /** `onrush submit`. @returns the run's id */
  async submit(scenario: object, workers: number): Promise<string> {
    const file = this.scenarioFile(scenario);
    const { exitCode, stdout, stderr } = await this.cli([
      ...["submit", file, "--workers", String(workers)],
    ]);
    if (exitCode !== 0) throw new Error(`onrush submit ended with ${exitCode}: ${stderr}`);
    return stdout.trim();
  }

  /** Of this machine's clock: wall clock at run time 0, milliseconds. */
  async startOf(run: string): Promise<number> {
    return until(`run ${run} starts`, START_MS, async () => {
      const info = await this.get<{ startedAt: string | null; problem: string | null }>(
        `/runs/${run}`,
      );
      const startedAt = Date.parse(info.startedAt ?? "");
      return Number.isFinite(startedAt) ? startedAt : null;
    });
  }

  async summaryOf(run: string, withinMs: number): Promise<Summary> {
    return until(`run ${run} is over`, withinMs, async () => {
      const { state } = await this.get<{ state?: string }>(`/runs/${run}`);
      if (!OVER.includes(state)) return null;
      return this.get<Summary>(`/runs/${run}/report.json`);
    });
  }

  /** What happened in the run beside the measuring. */
  async eventsOf(run: string): Promise<readonly Record<string, unknown>[]> {
    return (await this.get<{ events: Record<string, unknown>[] }>(`/runs/${run}/events`)).events;
  }

  async workers(): Promise<readonly ListedWorker[]> {
    return (await this.get<{ workers: ListedWorker[] }>("/workers")).workers;
  }

  /** Workers that would get work. */
  async usable(): Promise<readonly ListedWorker[]> {
    return (await this.workers()).filter(
      ({ leaving, overdue, refused }) => !leaving && !overdue && refused === null,
    );
  }

  async isReady(): Promise<boolean> {
    return (await this.#forward.fetch("/readyz")).ok;
  }

  /** @throws Error when it is not answered with 2xx */
  async get<T>(path: string): Promise<T> {
    const response = await this.#forward.fetch(`/api/v1${path}`, {
      headers: { authorization: `Bearer ${this.#token}` },
    });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status}`);
    return (await response.json()) as T;
  }

  async close(): Promise<void> {
    await this.#forward.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
