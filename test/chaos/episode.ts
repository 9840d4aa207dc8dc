/**
 * One chaos run: broker, coordinator, workers and target as processes, one fault, and what came of it held against what
 * the target counted. Used by main.ts. Invariant: a number is wrong when it differs from the target's by more than the
 * summary itself declares; nothing of an episode outlives it.
 */

import { setTimeout as delay } from "node:timers/promises";
import type { TargetCounts } from "../../coordinator/cli/terminal/comparison.ts";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { SimRandom } from "../sim/sim-random.ts";
import { type BrokerKind, startBroker } from "../support/servers.ts";
import type { Fault } from "./faults.ts";
import { wrongNumbers } from "./judge.ts";
import { Processes } from "./processes.ts";
import { BrokerProxy } from "./proxy.ts";

export interface Outcome {
  readonly fault: string;
  readonly broker: BrokerKind;
  readonly seed: number;
  readonly verdict: string;
  /** Why it is not to be trusted, as the summary says. */
  readonly reasons: readonly string[];
  /** What is wrong; empty when nothing is. */
  readonly wrong: readonly string[];
  /** From the fault until as many connections are open as planned again; null when none were lost. */
  readonly recoveryMs: number | null;
  /** Messages of the busiest half second over what is planned in one. */
  readonly burst: number;
  readonly logs: string;
}

const CONNECTIONS = 200;
const RATE = 2;
const UP_SECONDS = 5;
const SECONDS = 20;
const SAMPLE_MS = 100;
/** The longest a run may take beyond its plan. */
const PATIENCE_MS = 90_000;
/** Connections a sample may lag behind the plan without anything being lost: samples and accepts have clocks of their own. */
const SLACK = 6;

interface Sample {
  readonly atMs: number;
  readonly counts: TargetCounts;
}

/** Plays a fault; null when the run did not even start, so that the fault never came. */
export async function playEpisode(
  fault: Fault,
  kind: BrokerKind,
  seed: number,
): Promise<Outcome | null> {
  const random = new SimRandom(seed, 0);
  const broker = await startBroker(kind);
  const port = Number(new URL(broker.url).port);
  const proxy = fault.needs === "proxy" ? new BrokerProxy(port) : null;
  const { fenceAfterMs } = fault;
  const processes = new Processes({ busUrl: broker.url, workers: 0, fenceAfterMs, graceMs: 0 });
  let wrong: string[] = [];
  try {
    await processes.start();
    const through =
      proxy === null ? broker.url : broker.url.replace(`:${port}`, `:${await proxy.listen()}`);
    const how = { inspector: "inspected", altered: "altering" } as const;
    processes.startWorker(
      through,
      fault.needs === undefined || fault.needs === "proxy" ? null : how[fault.needs],
    );
    processes.startWorker();
    const run = await processes.submit(scenario(processes.targetUrl, seed, fault.faults), 2);
    const startedAt = await processes.startOf(run).catch(() => null);
    if (startedAt === null) return null;
    const samples: Sample[] = [];
    const sampling = sample(processes, samples, startedAt);
    await delay(Math.max(0, startedAt + fault.atSeconds * 1000 - Date.now()));
    const struckMs = Date.now() - startedAt;
    await fault.strike({ processes, broker, proxy, random: () => random.unit() });
    const summary = await processes.summaryOf(run, PATIENCE_MS);
    const counts = await processes.settledCounts();
    sampling.stop();
    wrong = fault.needs === "altered" ? unnoticed(summary) : wrongNumbers(summary, counts, fault);
    const recoveryMs = recoveryOf(samples, struckMs);
    return {
      ...{ fault: fault.name, broker: kind, seed, verdict: summary.verdict, wrong, recoveryMs },
      reasons: summary.validity.reasons,
      burst: burstOf(samples),
      logs: processes.folder,
    };
  } catch (error) {
    wrong = [error instanceof Error ? error.message : String(error)];
    const none = { verdict: "none", reasons: [], recoveryMs: null, burst: 0 };
    return { fault: fault.name, broker: kind, seed, wrong, logs: processes.folder, ...none };
  } finally {
    await processes.stop(wrong.length > 0);
    proxy?.close();
    await broker.stop();
  }
}

function scenario(target: string, seed: number, faults: readonly object[] = []): object {
  const reconnect = { policy: "full-jitter", min: "200ms", max: "2s", attempts: 10 };
  return {
    ...(faults.length > 0 && { faults, connect: { reconnect } }),
    ...{ version: 1, name: "chaos", target, seed },
    load: [
      { phase: "up", ramp: "linear", to: CONNECTIONS, over: `${UP_SECONDS}s` },
      { phase: "hold", hold: `${SECONDS - UP_SECONDS}s` },
    ],
    messages: {
      rate: `${RATE}/s`,
      mix: [
        {
          name: "echo",
          send: { binary: { size: 64, fill: "random" } },
          reply: { match: "echo", within: "2s" },
        },
      ],
    },
    integrity: { stamp: true },
  };
}

/** An altered count must be seen, and it must be said whose it is. */
function unnoticed({ verdict, validity }: Summary): string[] {
  const named = validity.reasons.some((reason) => reason.includes("worker-1"));
  return verdict === "invalid" && named
    ? []
    : [`an altered count is not noticed: ${verdict}; ${validity.reasons.join(" ")}`];
}

function sample(processes: Processes, samples: Sample[], startedAt: number) {
  const timer = setInterval(() => {
    processes.counts().then(
      (counts) => samples.push({ atMs: Date.now() - startedAt, counts }),
      () => {},
    );
  }, SAMPLE_MS);
  return { stop: () => clearInterval(timer) };
}

function plannedAt(atMs: number): number {
  return Math.min(CONNECTIONS, (CONNECTIONS * atMs) / (UP_SECONDS * 1000));
}

/** From the fault to the last sample that lacked connections while they were to be held. */
function recoveryOf(samples: readonly Sample[], struckMs: number): number | null {
  const lacking = samples.filter(
    ({ atMs, counts }) =>
      atMs > struckMs && atMs < SECONDS * 1000 - 500 && counts.open < plannedAt(atMs - 200) - SLACK,
  );
  const last = lacking.at(-1);
  return last === undefined ? null : Math.round(last.atMs - struckMs + SAMPLE_MS);
}

function burstOf(samples: readonly Sample[]): number {
  let most = 0;
  for (const [at, { atMs, counts }] of samples.entries()) {
    const before = samples[at - 5];
    if (before === undefined) continue;
    const seconds = (atMs - before.atMs) / 1000;
    most = Math.max(
      most,
      (counts.messagesIn - before.counts.messagesIn) / (CONNECTIONS * RATE * seconds),
    );
  }
  return Math.round(most * 100) / 100;
}
