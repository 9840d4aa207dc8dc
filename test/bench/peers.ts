/**
 * `npm run bench:peers`: the same work by Onrush and by Artillery, whole processes, in turn. Artillery is
 * installed into node_modules/.cache/onrush on first use, without running install scripts. The work is what
 * both can say: connections that open over a ramp and then send one small text message a second and get it
 * echoed. Onrush matches, times and audits each reply; Artillery's send step does not look at replies.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { emit, median } from "./emit.ts";
import { startTarget } from "./processes.ts";
import { type Usage, watchUsage } from "./usage.ts";

const ARTILLERY = "artillery@2.0.34";
const CONNECTIONS = 1000;
const RAMP_SECONDS = 5;
const MESSAGES = 20;
const RUNS = 3;
const TEXT = "0123456789abcdef".repeat(4);

const root = fileURLToPath(new URL("../../../", import.meta.url));
const cache = join(root, "node_modules/.cache/onrush/artillery");
const artilleryBin = join(cache, "node_modules/.bin/artillery");
const onrushBin = join(root, "dist/coordinator/cli/main.js");

function installArtillery(): void {
  if (existsSync(artilleryBin)) return;
  mkdirSync(cache, { recursive: true });
  const args = ["install", "--prefix", cache, "--ignore-scripts", "--no-audit", "--no-fund"];
  const result = spawnSync("npm", [...args, ARTILLERY], { stdio: ["ignore", "ignore", "inherit"] });
  if (result.status !== 0) throw new Error("npm could not install Artillery");
}

async function measure(command: string, args: readonly string[]): Promise<Usage> {
  const child = spawn(command, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ARTILLERY_DISABLE_TELEMETRY: "true" },
  });
  const watch = watchUsage(child.pid ?? 0);
  const [code] = (await once(child, "exit")) as [number | null];
  const usage = watch.stop();
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return usage;
}

function writeScenarios(folder: string, url: string): { artillery: string; onrush: string } {
  const artillery = join(folder, "artillery.yml");
  const onrush = join(folder, "onrush.yaml");
  const phases = [{ duration: RAMP_SECONDS, arrivalCount: CONNECTIONS }];
  const flow = [{ loop: [{ send: TEXT }, { think: 1 }], count: MESSAGES }];
  const artilleryFile = { config: { target: url, phases }, scenarios: [{ engine: "ws", flow }] };
  writeFileSync(artillery, JSON.stringify(artilleryFile));
  const onrushFile = {
    version: 1,
    name: "peers",
    target: url,
    load: [
      { phase: "ramp", ramp: "linear", to: CONNECTIONS, over: `${RAMP_SECONDS}s` },
      { phase: "hold", hold: `${MESSAGES - RAMP_SECONDS}s` },
      { phase: "down", ramp: "linear", to: 0, over: `${RAMP_SECONDS}s` },
    ],
    messages: {
      rate: "1/s",
      mix: [{ name: "echo", send: { text: TEXT }, reply: { match: "echo", within: "5s" } }],
    },
  };
  writeFileSync(onrush, JSON.stringify(onrushFile));
  return { artillery, onrush };
}

installArtillery();
const folder = mkdtempSync(join(tmpdir(), "onrush-peers-"));
const target = await startTarget();
const files = writeScenarios(folder, target.url);
const ours: Usage[] = [];
const theirs: Usage[] = [];
try {
  for (let run = 0; run < RUNS; run++) {
    const runDirectory = join(folder, `run-${run}`);
    const args = [onrushBin, "run", files.onrush, "--quiet", "--run-dir", runDirectory];
    ours.push(await measure(process.execPath, args));
    theirs.push(await measure(artilleryBin, ["run", "--quiet", files.artillery]));
  }
} finally {
  await target.stop();
}
for (const [metric, of] of [
  ["cpuSeconds", (usage: Usage) => usage.cpuSeconds],
  ["peakRssBytes", (usage: Usage) => usage.peakRssBytes],
] as const) {
  const onrush = median(ours.map(of));
  const artillery = median(theirs.map(of));
  emit({
    bench: "peers",
    method: `${CONNECTIONS} connections, ${MESSAGES} messages each at 1/s, whole processes, median of ${RUNS} runs in turn`,
    peer: ARTILLERY,
    metric,
    onrush,
    artillery,
    ratio: Number((artillery / onrush).toFixed(2)),
  });
}
