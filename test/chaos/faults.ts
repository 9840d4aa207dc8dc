/**
 * The faults of the chaos runs: what is done to which process and when, and what may be said of the run then. Used by
 * episode.ts. Invariant: a fault touches only processes of its own episode.
 */
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { BrokerServer } from "../support/servers.ts";
import { killEngine } from "./inspector.ts";
import type { Processes } from "./processes.ts";
import type { BrokerProxy } from "./proxy.ts";

export interface Scene {
  readonly processes: Processes;
  readonly broker: BrokerServer;
  /** Before worker-1, in episodes that have one. */
  readonly proxy: BrokerProxy | null;
  /** A number in [0,1) of this episode's own. */
  readonly random: () => number;
}

export interface Fault {
  readonly name: string;
  /** Run time at which it comes, seconds. */
  readonly atSeconds: number;
  /** The workers' lease, milliseconds. */
  readonly fenceAfterMs: number;
  /** worker-1 reaches the broker through a proxy, is started with an inspector, or alters a count of its results. */
  readonly needs?: "proxy" | "inspector" | "altered";
  /** A worker is lost by it: what is unknown is bounded by the summary; otherwise every count must be equal. */
  readonly loses: boolean;
  /** Faults of the scenario that act meanwhile. */
  readonly faults?: readonly object[];
  readonly strike: (scene: Scene) => Promise<void>;
}

const RAMP = 3;
const STEADY = 8;
const SHORT_LEASE_MS = 3000;
const LEASE_MS = 20_000;
/** Of the coordinator. */
const LEAD_MS = 6000;
/** Exit code of a coordinator whose lead another one has. */
const TAKEN = 98;

function victim({ processes }: Scene): ChildProcess {
  const [first] = processes.workers;
  if (first === undefined) throw new Error("there is no worker");
  return first;
}

async function pause(scene: Scene, seconds: number): Promise<void> {
  const worker = victim(scene);
  worker.kill("SIGSTOP");
  await delay(seconds * 1000);
  worker.kill("SIGCONT");
}

async function restartCoordinator({ processes, random }: Scene): Promise<void> {
  await processes.killCoordinator();
  await delay(random() * 3000);
  await processes.startCoordinator();
}

/** Past its lead: another one has it, or is about to take it, when the first comes back. */
async function stallLeader({ processes, random }: Scene, meanwhile: () => void): Promise<void> {
  const standby = await processes.startStandby();
  const leader = processes.coordinator;
  leader?.kill("SIGSTOP");
  meanwhile();
  await delay(LEAD_MS + random() * 3000);
  leader?.kill("SIGCONT");
  await processes.follow(standby);
  const code = await processes.coordinatorEnds();
  if (code !== TAKEN) throw new Error(`the first coordinator ended with ${code}`);
}

/** The locks of the runs say that their writer is on another host, where nobody can see whether it lives. */
function moveLocks({ data }: Processes): void {
  for (const run of readdirSync(data)) {
    const lock = join(data, run, ".lock");
    const holder = JSON.parse(readFileSync(lock, "utf8")) as object;
    writeFileSync(lock, JSON.stringify({ ...holder, host: "elsewhere" }));
  }
}

const kill = async (scene: Scene) => void victim(scene).kill("SIGKILL");
const steady = { atSeconds: STEADY, fenceAfterMs: LEASE_MS, loses: false };

/** Faults of connections that act when a worker is struck; recovery comes while they do, or after. */
const AROUND: Readonly<Record<string, readonly object[]>> = {
  disconnect: [{ at: "hold+3900ms", kind: "disconnect", who: "50%" }],
  latency: [{ at: "hold+2s", for: "8s", kind: "latency", who: "50%", delay: "300ms" }],
  flood: [{ at: "hold+2s", for: "8s", kind: "flood", who: "20%", rate: "20/s" }],
  blackhole: [{ at: "hold+2s", for: "4s", kind: "blackhole", who: "30%" }],
};
const PARTITION = { at: "hold+4s", for: "8s", kind: "isolate-worker", who: { worker: "worker-1" } };

function inside(name: string, faults: readonly object[]) {
  return { name, atSeconds: STEADY + 1, fenceAfterMs: SHORT_LEASE_MS, loses: true, faults };
}

export const FAULTS: readonly Fault[] = [
  { name: "none", ...steady, strike: async () => {} },
  {
    name: "kill -9 worker, ramp",
    atSeconds: RAMP,
    fenceAfterMs: SHORT_LEASE_MS,
    loses: true,
    strike: kill,
  },
  {
    name: "kill -9 worker, steady",
    atSeconds: STEADY,
    fenceAfterMs: SHORT_LEASE_MS,
    loses: true,
    strike: kill,
  },
  {
    ...{ name: "kill an engine", ...steady, loses: true, needs: "inspector" as const },
    strike: async ({ processes }) => killEngine(await processes.inspectorOf(0)),
  },
  { name: "SIGSTOP worker 5 s", ...steady, strike: (scene) => pause(scene, 5) },
  {
    ...{ name: "SIGSTOP worker past lease", ...steady, fenceAfterMs: SHORT_LEASE_MS, loses: true },
    strike: (scene) => pause(scene, 8),
  },
  {
    name: "kill -9 coordinator",
    ...steady,
    atSeconds: 0,
    strike: async (scene) => {
      await delay(scene.random() * 14_000);
      await restartCoordinator(scene);
    },
  },
  {
    name: "leader stalls past its lead",
    ...steady,
    strike: (scene) => stallLeader(scene, () => {}),
  },
  {
    name: "leader of another host stalls",
    ...steady,
    strike: (scene) => stallLeader(scene, () => moveLocks(scene.processes)),
  },
  { name: "restart broker", ...steady, strike: ({ broker }) => broker.restart() },
  { name: "empty broker", ...steady, strike: ({ broker }) => broker.empty() },
  {
    ...{ name: "drop reply, then cut", ...steady, needs: "proxy" as const },
    strike: async ({ proxy, random }) => proxy?.dropRepliesThenCut(300 + random() * 900),
  },
  {
    // It lies from the start.
    ...{ name: "a count altered", ...steady, needs: "altered" as const },
    strike: async () => {},
  },
  ...Object.entries(AROUND).flatMap(([name, faults]) => [
    { ...inside(`kill -9 worker in ${name}`, faults), strike: kill },
    {
      ...inside(`SIGSTOP worker in ${name}`, faults),
      strike: (scene: Scene) => pause(scene, 8),
    },
    {
      // It does it to itself.
      ...inside(`worker without broker in ${name}`, [...faults, PARTITION]),
      strike: async () => {},
    },
  ]),
];
