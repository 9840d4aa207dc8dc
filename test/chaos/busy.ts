/**
 * `npm run chaos:busy`: a worker whose engines have no idle moment, because its scenario asks for many times what it can do, on
 * a real broker with a short lease. Prints a JSON line for each broker: how busy the engines were, the longest silence the
 * broker saw, and what is wrong; ends with 1 when anything is.
 *   --seconds 60   --brokers redis,nats   --lease 3000 (milliseconds)   --engines N (default: the processors)
 *   --busy 0.8     share of the seconds in which each engine must have had no idle time, or the check says nothing
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { readJournal } from "../../coordinator/store/journal-reader.ts";
import { openBus } from "../../shared/bus/open-bus.ts";
import { tied } from "../../shared/lifeline.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { decodeFrame } from "../../shared/wire/frame/frame-codec.ts";
import { startTarget } from "../bench/processes.ts";
import { watchUsage } from "../bench/usage.ts";
import { TEST_KEYS } from "../support/cluster-key.ts";
import { type BrokerKind, startBroker } from "../support/servers.ts";
import { stopProcess } from "../support/stop-process.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    brokers: { type: "string", default: "redis,nats" },
    lease: { type: "string", default: "3000" },
    busy: { type: "string", default: "0.95" },
    engines: { type: "string", default: String(availableParallelism()) },
  },
});
const seconds = Number(values.seconds);
const engines = Number(values.engines);
const leaseMs = Number(values.lease);

const CONNECTIONS = 200;
const UP_SECONDS = 2;
/** An engine is busy when its event loop had less idle time than this in a second. */
const BUSY = 0.97;
const SAMPLE_MS = 50;
const dist = fileURLToPath(new URL("../../", import.meta.url));

/** Looked into one by one in each reply: a millisecond of an engine's time where the target takes microseconds. */
const NUMBERS = Array.from({ length: 1000 }, (_, at) => at);

/** 10,000 messages a second, of which an engine does about a tenth. */
function scenario(target: string): object {
  return {
    ...{ version: 1, name: "busy", target, seed: 3 },
    connect: { timeout: "30s" },
    load: [
      { phase: "up", ramp: "linear", to: CONNECTIONS, over: `${UP_SECONDS}s`, messages: 0 },
      { phase: "busy", hold: `${seconds}s` },
      { phase: "down", ramp: "linear", to: 0, over: "1s", messages: 0 },
    ],
    messages: {
      rate: "100/s",
      mix: [
        {
          name: "talk",
          send: { json: { type: "talk", id: "{{uuid}}", numbers: NUMBERS } },
          reply: {
            where: "m.id == sent.id && m.numbers.all(n, n >= 0 && n < 1000)",
            within: "5s",
          },
        },
      ],
    },
  };
}

function startWorker(bus: string): ChildProcess {
  return spawn(...tied(process.execPath, [join(dist, "worker/main.js")]), {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      ONRUSH_WORKER_BUS: bus,
      ONRUSH_WORKER_ID: "busy",
      ONRUSH_WORKER_ENGINES: String(engines),
      ONRUSH_WORKER_FENCE_AFTER_MS: String(leaseMs),
    },
  });
}

async function runOnrush(file: string, bus: string, runDirectory: string) {
  const args = ["run", file, "--json", "--quiet", "--bus", bus, "--run-dir", runDirectory];
  const child = spawn(...tied(process.execPath, [join(dist, "coordinator/cli/main.js"), ...args]), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  await once(child, "close");
  return JSON.parse(output) as Summary;
}

/** Looks at the broker's sessions until stop(): who was there, and the longest silence of any. */
async function watchSessions(url: string) {
  const bus = await openBus(url, "coordinator", {
    timers: systemTimers,
    keys: TEST_KEYS,
    log: null,
  });
  const epochs = new Set<number>();
  let longestMs = 0;
  let over = false;
  const looking = (async () => {
    while (!over) {
      for (const { epoch, silentMs } of await bus.listSessions()) {
        epochs.add(epoch);
        longestMs = Math.max(longestMs, silentMs);
      }
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    }
  })();
  return {
    async stop() {
      over = true;
      await looking;
      await bus.close();
      return { epochs: epochs.size, longestSilenceMs: Math.round(longestMs) };
    },
  };
}

/** For each engine, the share of the busy phase's seconds in which it had no idle time. */
async function busyShares(runDirectory: string): Promise<readonly number[]> {
  const busy = new Array<number>(engines).fill(0);
  for await (const record of readJournal(join(runDirectory, "journal"))) {
    if (record.type !== "frame") continue;
    const { engine, second, final, health } = decodeFrame(record.body);
    const inPhase = second >= UP_SECONDS && second < UP_SECONDS + seconds;
    if (!final && inPhase && health.utilisation >= BUSY) busy[engine] = (busy[engine] ?? 0) + 1;
  }
  return busy.map((count) => Math.round((100 * count) / seconds) / 100);
}

interface Found {
  readonly summary: Summary;
  readonly stats: Readonly<Record<string, number>>;
  readonly sessions: { readonly epochs: number };
  readonly busy: readonly number[];
  readonly said: string;
}

function judge({ summary, stats, sessions, busy, said }: Found): string[] {
  const wrong: string[] = [];
  const expect = (holds: boolean, what: string) => {
    if (!holds) wrong.push(what);
  };
  const { connections, messages, validity, lostWorkers } = summary;
  expect(lostWorkers.length === 0, "a worker was lost");
  expect(sessions.epochs === 1, `there were ${sessions.epochs} epochs`);
  expect(!/(lease|session) lost/.test(said), `the worker said: ${said.slice(0, 500)}`);
  expect(connections.lostWithWorker === 0, "connections were lost with a worker");
  expect((connections.closedByCause["fenced"] ?? 0) === 0, "connections were closed by the fence");
  expect(validity.ledger.balanced, "the ledger is not balanced");
  expect(validity.framesMissing === 0, `${validity.framesMissing} frames are missing`);
  expect(connections.established === stats["accepted"], "connections differ from the target's");
  expect(messages.sent === stats["messagesIn"], "sent messages differ from the target's");
  expect(messages.received === stats["messagesOut"], "received messages differ from the target's");
  expect(
    Math.min(...busy) >= Number(values.busy),
    `the engines were busy only ${busy.join(" and ")}`,
  );
  return wrong;
}

async function play(kind: BrokerKind, folder: string): Promise<boolean> {
  const broker = await startBroker(kind);
  const target = await startTarget([], "0-1");
  const file = join(folder, "scenario.json");
  const runDirectory = join(folder, "run");
  writeFileSync(file, JSON.stringify(scenario(target.url)));
  let worker: ChildProcess | null = null;
  try {
    const running = runOnrush(file, broker.url, runDirectory);
    worker = startWorker(broker.url);
    let said = "";
    worker.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const usage = watchUsage(worker.pid ?? 0);
    const watching = await watchSessions(broker.url);
    const summary = await running;
    const sessions = await watching.stop();
    const { cpuSeconds } = usage.stop();
    const stats = (await (await fetch(target.statsUrl)).json()) as Record<string, number>;
    const busy = await busyShares(runDirectory);
    const wrong = judge({ summary, stats, sessions, busy, said });
    const { messages } = summary;
    const figures = {
      ...{ check: "busy", broker: kind, seconds, engines, leaseMs, wrong, busyShares: busy },
      ...{ longestSilenceMs: sessions.longestSilenceMs, workerCpuSeconds: cpuSeconds },
      ...{ planned: messages.planned, sent: messages.sent, verdict: summary.verdict },
    };
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    return wrong.length === 0;
  } finally {
    if (worker) await stopProcess(worker);
    await target.stop();
    await broker.stop();
  }
}

let good = true;
for (const kind of values.brokers.split(",") as BrokerKind[]) {
  const folder = mkdtempSync(join(tmpdir(), "onrush-busy-"));
  try {
    good = (await play(kind, folder)) && good;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exitCode = good ? 0 : 1;
