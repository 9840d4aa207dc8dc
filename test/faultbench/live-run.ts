/**
 * One live run: the servers, the fault at its time, the built `onrush run` as a user starts it. Called by main.ts.
 * Invariants: the run's directory holds nothing of the case; every process started here has ended when it returns; a run is
 * over in bounded time.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tied } from "../../shared/lifeline.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { markOf } from "../support/process-tree.ts";
import { stopProcess } from "../support/stop-process.ts";
import { type Filled, fill, type Trial } from "./case-file.ts";
import type { Ends, Launch, Namespace } from "./generator/fault.ts";
import { startNamespace } from "./generator/namespace.ts";
import { type Bound, bound } from "./generator/registry.ts";
import { type Machine, watchMachine } from "./machine.ts";
import { ONRUSH } from "./paths.ts";
import { scenarioFor } from "./scenario.ts";
import { SERVERS } from "./servers/registry.ts";
import { within } from "./servers/server.ts";
import { type Started, startServers } from "./servers/start.ts";

export interface LiveRun {
  /** When the fault began, on the wall clock; null: it was there from the start, or there is none. */
  readonly onsetWallMs: number | null;
  readonly machine: Machine;
}

/** Reasons, by what was asked for: a look starts processes. */
const missing = new Map<string, string | null>();

/** Why this machine cannot make a run; null when it can. */
export function missingFor(trial: Trial): string | null {
  const { case: one, server } = trial;
  const key = `${server} ${Object.keys(one.generator).join()}`;
  const known = missing.get(key);
  if (known !== undefined) return known;
  const ofServer = SERVERS[server].missing();
  const ofFault = () => bound(fill(trial).generator).find((fault) => fault.missing() !== null);
  const why =
    ofServer === null
      ? (ofFault()?.missing() ?? null)
      : `against the ${server} server: ${ofServer}`;
  missing.set(key, why);
  return why;
}

/** Of any case; the longest plan is far below. */
const MAX_RUN_MS = 120_000;
const FIRST_CONNECTION_MS = 30_000;
/** A run that went to its end, however it was judged. */
const JUDGED = [0, 97, 99];

/**
 * @param folder for the scenario file; `directory` becomes the run's
 * @throws Error when the run could not be made: a scenario that is refused, a server that ends
 */
export async function liveRun(trial: Trial, folder: string, directory: string): Promise<LiveRun> {
  const ends: Ends = [];
  try {
    return await run(trial, { folder, directory, ends });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

interface Place {
  readonly folder: string;
  readonly directory: string;
  readonly ends: Ends;
}

async function run(trial: Trial, { folder, directory, ends }: Place): Promise<LiveRun> {
  const filled = fill(trial);
  const faults = bound(filled.generator);
  const isAlone = faults.some((fault) => fault.isAlone);
  const namespace = isAlone ? await startNamespace(ends) : null;
  const { servers, urls } = await startServers(trial, filled, { folder, ends, namespace });
  const file = join(folder, "scenario.json");
  writeFileSync(file, JSON.stringify(scenarioFor(urls, trial.seed, filled.scenario)));
  const launches = faults.map((fault) => fault.launch(ends));
  const seen = watchMachine();
  const { child, stderr } = spawnRun([file, "--run-dir", directory], {
    ...{ launches, namespace, mark: folder, workers: trial.case.workers ?? 1 },
  });
  ends.push(() => stopProcess(child));
  const ended = once(child, "close").then(([code]: unknown[]) => {
    if (typeof code === "number" && JUDGED.includes(code)) return;
    throw new Error(`onrush run ended with ${String(code)}\n${stderr()}`);
  });
  const begun = beginFault(trial, filled, { servers, faults, namespace, mark: folder, ends });
  const both = Promise.all([begun, ended]);
  const [onsetWallMs] = await within(both, MAX_RUN_MS, "the run did not end");
  const machine = seen();
  for (const fault of faults) await fault.finish(directory, trial.seed);
  return { onsetWallMs, machine };
}

interface Around {
  readonly servers: Started["servers"];
  /** Of the generator. */
  readonly faults: readonly Bound[];
  readonly namespace: Namespace | null;
  /** Of the processes of the run. */
  readonly mark: string;
  readonly ends: Ends;
}

/** Puts the fault in force at its time. @returns when, on the wall clock; null: from the start */
async function beginFault(
  { case: one, seed }: Trial,
  { faulty, path, behaviour, everywhere, onsetMs, apartMs }: Filled,
  { servers, faults, ...around }: Around,
): Promise<number | null> {
  const begin = async () => {
    const inTurn = [...servers.slice(faulty), ...servers.slice(0, faulty)];
    for (const [at, { server, way }] of inTurn.entries()) {
      if (at > 0 && apartMs === null) break;
      if (at > 0) await new Promise((resolve) => setTimeout(resolve, apartMs ?? 0));
      // It would take the place of what they do from the start.
      if (everywhere === null || Object.keys(one.behaviour).length > 0) {
        await server.behave(behaviour);
      }
      if (path !== null) await way?.behave(path);
    }
    const way = inTurn[0]?.way ?? null;
    for (const fault of faults) await fault.begin({ ...around, seed, way });
  };
  if (one.onsetMs === undefined) {
    await begin();
    return null;
  }
  const connected = servers.map(({ server }) => server.firstConnection());
  await within(Promise.race(connected), FIRST_CONNECTION_MS, "nobody connected");
  await new Promise((resolve) => setTimeout(resolve, onsetMs));
  const sinceMs = systemClock.wallMs();
  await begin();
  return sinceMs;
}

interface Start {
  /** At least. */
  readonly workers: number;
  readonly launches: readonly Launch[];
  readonly namespace: Namespace | null;
  readonly mark: string;
}

function spawnRun(args: readonly string[], { launches, namespace, mark, workers: least }: Start) {
  const prefix = [...(namespace?.prefix ?? []), ...launches.flatMap((one) => one.prefix ?? [])];
  const workers = Math.max(least, ...launches.map((one) => one.workers ?? 1));
  const options = workers === 1 ? [] : ["--workers", String(workers)];
  const run = [process.execPath, ONRUSH, "run", ...args, "--quiet", "--summary", "none"];
  const [command = "", ...rest] = [...prefix, ...run, ...options];
  const env = { ...process.env, ...markOf(mark) };
  for (const launch of launches) Object.assign(env, launch.env);
  const child = spawn(...tied(command, rest), { stdio: ["ignore", "ignore", "pipe"], env });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr = `${stderr}${chunk.toString()}`.slice(-4000);
  });
  return { child, stderr: () => stderr };
}
