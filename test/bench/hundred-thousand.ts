/**
 * `npm run bench:100k`: 100,000 connections held for 30 s from this one machine against the bundled target
 * in eight processes, with two thousand echoes a second over them. Compares the summary with what the target
 * counted, and prints the most memory the whole generator (coordinator and workers) used at one time.
 * Exits 1 when anything failed, the ledger does not balance, or the counts differ.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { tied } from "../../shared/lifeline.ts";
import { emit } from "./emit.ts";
import { startTarget } from "./processes.ts";
import { watchUsage } from "./usage.ts";

const CONNECTIONS = 100_000;
const TARGET_PROCESSES = 8;
const onrushBin = fileURLToPath(new URL("../../coordinator/cli/main.js", import.meta.url));

function scenario(urls: readonly string[]) {
  return {
    version: 1,
    name: "hundred-thousand",
    targets: urls.map((url) => ({ url, weight: 1 })),
    connect: { timeout: "30s" },
    load: [
      { phase: "ramp", ramp: "linear", to: CONNECTIONS, over: "80s" },
      { phase: "held", hold: "30s" },
      { phase: "down", ramp: "linear", to: 0, over: "30s" },
    ],
    messages: {
      total: "2000/s",
      mix: [
        {
          name: "echo",
          send: { binary: { size: 64, fill: "random" } },
          reply: { match: "echo", within: "10s" },
        },
      ],
    },
    integrity: { stamp: true },
    thresholds: { connect: ["failed == 0"], delivery: ["lost == 0"] },
  };
}

async function runOnrush(file: string, runDirectory: string) {
  const args = [onrushBin, "run", file, "--json", "--run-dir", runDirectory];
  const child = spawn(...tied(process.execPath, args), { stdio: ["ignore", "pipe", "inherit"] });
  const watch = watchUsage(child.pid ?? 0);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, usage: watch.stop(), summary: JSON.parse(output) as Summary };
}

const folder = mkdtempSync(join(tmpdir(), "onrush-100k-"));
const target = await startTarget(["--processes", String(TARGET_PROCESSES)], "0-1");
let good = false;
try {
  const file = join(folder, "scenario.json");
  writeFileSync(file, JSON.stringify(scenario(target.urls)));
  const { exitCode, usage, summary } = await runOnrush(file, join(folder, "run"));
  const stats = (await (await fetch(target.statsUrl)).json()) as Record<string, number>;
  const { connections, messages, validity } = summary;
  const agrees =
    stats["accepted"] === connections.established &&
    stats["messagesIn"] === messages.sent &&
    stats["messagesOut"] === messages.received;
  good =
    connections.failed === 0 &&
    connections.peak === CONNECTIONS &&
    validity.ledger.balanced &&
    agrees;
  emit({
    bench: "100k",
    exitCode,
    verdict: summary.verdict,
    reasons: validity.reasons,
    peak: connections.peak,
    failed: connections.failed,
    ledgerBalanced: validity.ledger.balanced,
    sent: messages.sent,
    received: messages.received,
    target: {
      accepted: stats["accepted"],
      messagesIn: stats["messagesIn"],
      messagesOut: stats["messagesOut"],
    },
    agreesWithTarget: agrees,
    generatorProcesses: usage.processes,
    generatorPeakRssMiB: Math.round(usage.peakRssBytes / 1048576),
    generatorCpuSeconds: usage.cpuSeconds,
    latencyP99Ms: messages.latencyMs?.p99 ?? null,
  });
} finally {
  await target.stop();
}
process.exitCode = good ? 0 : 1;
