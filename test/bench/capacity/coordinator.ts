/**
 * The coordinator of the capacity benchmark, as a process of its own: the production run, fleet, journal on disk, fold, feed
 * and event stream, with synthetic workers at the other end of a bus. Started by ../capacity.ts; prints one JSON line.
 *   virtual <minutes>          in virtual time, everything in this process: CPU, memory and journal of a long run
 *   real <seconds> ipc|<url>   in real time, the workers in another process: how late results are with who watches
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { RunOutcome } from "../../../coordinator/active-run/request.ts";
import { RunCommands } from "../../../coordinator/active-run/run-requests.ts";
import { Fleet } from "../../../coordinator/fleet/fleet.ts";
import type { RunInfo } from "../../../coordinator/http/routes/run-info.ts";
import { streamRun } from "../../../coordinator/http/routes/stream.ts";
import { DEFAULT_POLICIES } from "../../../coordinator/plan/policies.ts";
import { executeRun } from "../../../coordinator/run/run.ts";
import { RunFeed } from "../../../coordinator/service/run-feed.ts";
import { fileRunStore } from "../../../coordinator/store/file-run-store.ts";
import type { CoordinatorBus } from "../../../shared/bus/bus.ts";
import { processChannel } from "../../../shared/bus/ipc/channel.ts";
import { serveChannel } from "../../../shared/bus/ipc/ipc-server.ts";
import { MemoryStore } from "../../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../../shared/bus/memory-bus.ts";
import { openBus } from "../../../shared/bus/open-bus.ts";
import { tied } from "../../../shared/lifeline.ts";
import { createLog } from "../../../shared/log.ts";
import { type Clock, systemClock } from "../../../shared/time/clock.ts";
import { systemTimers, type Timers } from "../../../shared/time/timer.ts";
import { SimProcess, SimTime } from "../../sim/sim-time.ts";
import { TEST_KEYS } from "../../support/cluster-key.ts";
import { canPin, TARGET_CORE } from "../processes.ts";
import { capacityScenario, FrameMaker, type Spans } from "./load.ts";
import { SyntheticWorkers } from "./synthetic-workers.ts";
import { TrackedIo } from "./tracked-io.ts";

const RUN = "capacity";
const WORKERS = 500;
const MARKS = [5, 15, 30, 60];
const MIB = 1_048_576;
const log = createLog("coordinator", "warn");
/** What the stream begins with. */
const INFO: RunInfo = {
  ...{ id: RUN, name: RUN, state: "running", workers: WORKERS, createdAt: "" },
  ...{ startedAt: null, endedAt: null, connections: null, durationSeconds: null, waiting: null },
  ...{ served: true, verdict: null, exitCode: null, problem: null, probe: null, view: null },
};

interface Place {
  readonly bus: CoordinatorBus;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly io: TrackedIo;
  readonly spans: Spans;
}

/** Carries out the run as the service does: everything that can be heard of it goes to the feed. */
async function carry(feed: RunFeed, directory: string, place: Place): Promise<RunOutcome> {
  const { bus, clock, timers, io, spans } = place;
  const fleet = new Fleet({ bus, clock, timers, log });
  await fleet.start();
  try {
    const outcome = await executeRun({
      ...{ scenario: capacityScenario(spans), source: { fileName: "capacity.yaml", text: "" } },
      ...{ runId: RUN, runDirectory: directory, bus, fleet, clock, timers },
      ...{ policies: DEFAULT_POLICIES, workersExpected: WORKERS, allowTargets: [] },
      ...{ store: io.store(fileRunStore), control: new RunCommands() },
      onView: (view) => feed.push({ kind: "view", view }),
      onEvent: (event) => feed.push({ kind: "event", event }),
    });
    feed.push({ kind: "end", state: "done", exitCode: outcome.exitCode });
    return outcome;
  } finally {
    await fleet.close();
  }
}

/** The event stream as the coordinator's API serves it. */
async function serve(feed: RunFeed) {
  const server = createServer((_, response) => {
    streamRun(feed, { response, info: INFO, lastId: "", mayStay: () => true }, () => {});
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

function resultOf({ summary, problem }: RunOutcome, directory: string) {
  const { validity } = summary;
  return {
    ...{ workers: WORKERS, verdict: summary.verdict, problem: problem?.message ?? null },
    ...{ reasons: validity.reasons, ledgerBalanced: validity.ledger.balanced },
    ...{ framesMissing: validity.framesMissing, messages: summary.messages.sent },
    journalMiB: Math.round(statSync(join(directory, "journal")).size / MIB),
  };
}

function memory(): Record<string, number> {
  globalThis.gc?.();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const inMib = { rssMiB: rss, heapMiB: heapUsed, externalMiB: external, buffersMiB: arrayBuffers };
  return Object.fromEntries(
    Object.entries(inMib).map(([name, bytes]) => [name, Math.round((10 * bytes) / MIB) / 10]),
  );
}

async function virtual(minutes: number, directory: string): Promise<object> {
  const time = new SimTime();
  const cluster = new SimProcess("cluster", time);
  const store = new MemoryStore({ clock: cluster, timers: cluster });
  const io = new TrackedIo();
  const spans = { rampSeconds: 50, steadySeconds: minutes * 60 - 100, downSeconds: 50 };
  const feed = new RunFeed("capacity");
  const stream = await serve(feed);
  let streamed = 0;
  get(stream.url, (response) => response.on("data", (chunk: Buffer) => (streamed += chunk.length)));
  const marks: object[] = [];
  const began = process.cpuUsage();
  const workers = new SyntheticWorkers({
    ...{ bus: new MemoryBus(store), run: RUN, workers: WORKERS, clock: cluster, timers: cluster },
    frames: new FrameMaker(spans),
    onSecond: (second) => {
      if (second % 60 === 0) {
        process.stderr.write(`minute ${second / 60} of ${minutes} ${JSON.stringify(memory())}\n`);
      }
      if (MARKS.includes((second + 1) / 60)) marks.push({ minute: (second + 1) / 60, ...memory() });
    },
  });
  let outcome: RunOutcome | null = null;
  const place = { bus: new MemoryBus(store), clock: cluster, timers: cluster, io, spans };
  const running = carry(feed, directory, place).then((done) => {
    outcome = done;
  });
  const living = workers.live();
  while (outcome === null) {
    await time.run(Number.POSITIVE_INFINITY, () => io.pending > 0 || outcome !== null);
    await io.settled();
  }
  await Promise.all([running, time.run(time.nowUs + 5e6, () => false), living]);
  const { user, system } = process.cpuUsage(began);
  const seconds = minutes * 60;
  const perSecond = (cpuUs: number) => Number((cpuUs / 1e6 / seconds).toFixed(4));
  stream.close();
  return {
    ...resultOf(outcome as RunOutcome, directory),
    ...{ minutes, frames: workers.frames, refused: workers.refused },
    frameBytes: Math.round(workers.bytes / workers.frames),
    cpuSecondsPerSecond: perSecond(user + system - workers.makingCpuUs),
    cpuOfMakingFramesPerSecond: perSecond(workers.makingCpuUs),
    ...{ streamedKiB: Math.round(streamed / 1024), memory: marks },
  };
}

async function real(seconds: number, address: string, directory: string): Promise<object> {
  const spans = { rampSeconds: 10, steadySeconds: seconds - 20, downSeconds: 10 };
  const feed = new RunFeed("capacity");
  const stream = await serve(feed);
  const store = new MemoryStore({ clock: systemClock, timers: systemTimers });
  const entry = fileURLToPath(new URL("./workers.js", import.meta.url));
  const pin = canPin ? ["taskset", "-c", TARGET_CORE] : [];
  const [command = "", ...args] = [...pin, process.execPath, entry];
  const child = spawn(
    ...tied(command, [
      ...args,
      JSON.stringify({ run: RUN, workers: WORKERS, spans, address, stream: stream.url }),
    ]),
    { stdio: ["ignore", "pipe", "inherit", "ipc"], serialization: "advanced" },
  );
  if (address === "ipc") serveChannel(store, processChannel(child), { onSession: () => {} });
  const bus =
    address === "ipc"
      ? new MemoryBus(store, TEST_KEYS)
      : await openBus(address, "coordinator", { timers: systemTimers, keys: TEST_KEYS, log: null });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const answer = once(lines, "line") as Promise<[string]>;
  const began = process.cpuUsage();
  const fromUs = systemClock.monotonicUs();
  const place = { bus, clock: systemClock, timers: systemTimers, io: new TrackedIo(), spans };
  const lost = once(child, "exit").then(([code]) => {
    throw new Error(`the workers' process ended with ${code}`);
  });
  const outcome = await Promise.race([carry(feed, directory, place), lost]);
  const { user, system } = process.cpuUsage(began);
  const wallSeconds = (systemClock.monotonicUs() - fromUs) / 1e6;
  const [line] = await answer;
  stream.close();
  if (address !== "ipc") await bus.close();
  return {
    ...resultOf(outcome, directory),
    ...{ seconds, bus: bus.kind },
    cpuShare: Number(((user + system) / 1e6 / wallSeconds).toFixed(3)),
    ...(JSON.parse(line) as object),
    ...memory(),
  };
}

const [mode, amount = "60", address = "ipc"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "onrush-capacity-"));
try {
  const directory = join(folder, "run");
  const result =
    mode === "real"
      ? await real(Number(amount), address, directory)
      : await virtual(Number(amount), directory);
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
