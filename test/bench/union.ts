/**
 * `npm run bench:union`: 10,000 connections over four worker processes, on each broker. Every value that the workers
 * recorded is in their raw logs; prints, as a JSON line, whether the merged histograms are their union bucket for bucket and
 * whether the sums equal what the target counted. Exits 1 when anything differs or the run did not pass.
 *   --scenario FILE   with the target in {{env.ONRUSH_TARGET}} (default: examples/demo-10k.yaml)
 *   --brokers NAMES   redis,nats by default    --workers N   4 by default
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { tied } from "../../shared/lifeline.ts";
import { compareWithRawLogs } from "../support/raw-union.ts";
import { type BrokerKind, startBroker } from "../support/servers.ts";
import { stopProcess } from "../support/stop-process.ts";
import { emit } from "./emit.ts";
import { startTarget } from "./processes.ts";

const dist = fileURLToPath(new URL("../../", import.meta.url));
const demo = fileURLToPath(new URL("../../../examples/demo-10k.yaml", import.meta.url));
const onrushBin = join(dist, "coordinator/cli/main.js");
const workerBin = join(dist, "worker/main.js");

const { values } = parseArgs({
  options: {
    scenario: { type: "string", default: demo },
    brokers: { type: "string", default: "redis,nats" },
    workers: { type: "string", default: "4" },
  },
});
const workers = Number(values.workers);

/** One engine each; the diagnostic is the worker's own. */
function startWorker(bus: string, number: number, raw: string): ChildProcess {
  return spawn(...tied(process.execPath, [workerBin]), {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      ONRUSH_WORKER_BUS: bus,
      ONRUSH_WORKER_ID: `worker-${number}`,
      ONRUSH_WORKER_ENGINES: "1",
      ONRUSH_WORKER_RAW_LOG: raw,
    },
  });
}

async function runOnrush(bus: string, target: string, runDirectory: string) {
  const args = ["run", values.scenario, "--json", "--quiet", "--bus", bus];
  const child = spawn(
    ...tied(process.execPath, [
      onrushBin,
      ...args,
      "--workers",
      String(workers),
      "--run-dir",
      runDirectory,
    ]),
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ONRUSH_TARGET: target } },
  );
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, summary: JSON.parse(output) as Summary };
}

/** The pairs that must be equal: what the run says, what the target counted. */
function pairs({ connections, messages }: Summary, stats: Readonly<Record<string, number>>) {
  return {
    connections: [connections.established, stats["accepted"]],
    messagesSent: [messages.sent, stats["messagesIn"]],
    messagesReceived: [messages.received, stats["messagesOut"]],
    bytesSent: [messages.bytesSent, stats["bytesIn"]],
    bytesReceived: [messages.bytesReceived, stats["bytesOut"]],
  };
}

/** @returns whether everything agrees */
async function check(kind: BrokerKind, folder: string): Promise<boolean> {
  const [raw, runDirectory] = [join(folder, "raw"), join(folder, "run")];
  const broker = await startBroker(kind);
  const target = await startTarget([], "0-1");
  const started = Array.from({ length: workers }, (_, at) => startWorker(broker.url, at + 1, raw));
  try {
    const { exitCode, summary } = await runOnrush(broker.url, target.url, runDirectory);
    const stats = (await (await fetch(target.statsUrl)).json()) as Record<string, number>;
    await Promise.all(started.map(stopProcess));
    const union = await compareWithRawLogs(raw, runDirectory);
    const sums = pairs(summary, stats);
    const agrees = Object.values(sums).every(([ours, theirs]) => ours === theirs);
    const isUnion =
      union.files === workers &&
      union.leftOut === 0 &&
      union.unfinished.length === 0 &&
      union.differences.length === 0;
    const { validity } = summary;
    emit({
      ...{ bench: "union", broker: kind, workers, scenario: summary.name },
      ...{ exitCode, verdict: summary.verdict, reasons: validity.reasons },
      ...{ ledgerBalanced: validity.ledger.balanced, peak: summary.connections.peak },
      ...{ isUnion, values: union.values, histograms: union.histograms, buckets: union.buckets },
      ...{ leftOut: union.leftOut, unfinished: union.unfinished, differences: union.differences },
      rawBytes: bytesIn(raw),
      ...{ agreesWithTarget: agrees, onrushAndTarget: sums },
      thresholds: summary.thresholds.map(({ metric, rule, observed, passed }) => ({
        ...{ metric, rule, observed, passed },
      })),
    });
    return exitCode === 0 && isUnion && agrees;
  } finally {
    await Promise.all(started.map(stopProcess));
    await target.stop();
    await broker.stop();
  }
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

let good = true;
for (const kind of values.brokers.split(",") as BrokerKind[]) {
  const folder = mkdtempSync(join(tmpdir(), "onrush-union-"));
  try {
    good = (await check(kind, folder)) && good;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exitCode = good ? 0 : 1;
