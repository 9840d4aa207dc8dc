/**
 * `npm run bench`: our engine with everything switched on against a bare `ws` loop that measures nothing,
 * on the same work, in turn, in the same run. Generator and target are pinned to different cores where the
 * system allows it. Every figure is a JSON line with its method: medians over the runs, and ratios of them.
 *   --runs N      runs of each generator (default 3)
 *   --only NAMES  sections, of: micro, echo, lag (comma-separated)
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { emit, median } from "./emit.ts";
import type { Measured } from "./generators.ts";
import { microBenchmarks } from "./micro.ts";
import { generate, startTarget } from "./processes.ts";
import type { Work } from "./work.ts";

const CONNECTIONS = 9000;
const BYTES = 64;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "3" },
    only: { type: "string", default: "micro,echo,lag" },
  },
});
const runs = Number(values.runs);
const sections = new Set(values.only.split(","));

function work(url: string, over: Partial<Work> = {}): Work {
  return {
    url,
    connections: CONNECTIONS,
    bytes: BYTES,
    driver: "lean",
    rampSeconds: 2,
    idleSeconds: 4,
    warmUpSeconds: 2,
    measureSeconds: 6,
    perSec: null,
    stamp: true,
    match: "echo",
    ...over,
  };
}

interface Figures {
  readonly echoesPerCpuSecond: number;
  readonly connectsPerCpuSecond: number;
  readonly idleRssBytesPerConnection: number;
}

function figures(measured: readonly Measured[]): Figures {
  return {
    echoesPerCpuSecond: median(measured.map((run) => run.echoes / run.echoCpuSeconds)),
    connectsPerCpuSecond: median(measured.map((run) => run.connects / run.connectCpuSeconds)),
    idleRssBytesPerConnection: median(measured.map((run) => run.idleRssBytesPerConnection)),
  };
}

/** @returns echoes per CPU-second of our engine with the lean driver */
async function echoBenchmark(url: string): Promise<number> {
  const lean: Measured[] = [];
  const ws: Measured[] = [];
  const bare: Measured[] = [];
  for (let run = 0; run < runs; run++) {
    bare.push(await generate("bare-ws", work(url)));
    lean.push(await generate("onrush", work(url)));
    ws.push(await generate("onrush", work(url, { driver: "ws" })));
  }
  const peer = figures(bare);
  for (const [driver, measured] of [
    ["lean", lean],
    ["ws", ws],
  ] as const) {
    const ours = figures(measured);
    for (const metric of Object.keys(ours) as (keyof Figures)[]) {
      emit({
        bench: "echo",
        method: `${CONNECTIONS} connections, ${BYTES} B, closed loop, median of ${runs} runs`,
        driver,
        metric,
        onrush: Math.round(ours[metric]),
        bareWs: Math.round(peer[metric]),
        ratio: Number((ours[metric] / peer[metric]).toFixed(3)),
        failed: measured.reduce((sum, run) => sum + run.failed + run.timedOut, 0),
      });
    }
  }
  return figures(lean).echoesPerCpuSecond;
}

async function lagBenchmark(url: string, capacityPerSec: number): Promise<void> {
  for (const [share, name] of [
    [0.2, "a fifth"],
    [0.5, "half"],
  ] as const) {
    const perSec = Math.round(capacityPerSec * share);
    const measured: Measured[] = [];
    for (let run = 0; run < runs; run++) {
      measured.push(await generate("onrush", work(url, { perSec })));
    }
    emit({
      bench: "lag",
      method: `open loop, Poisson, ${name} of measured capacity, median of ${runs} runs`,
      messagesPerSec: perSec,
      sendLagP50Ms: median(measured.map((run) => run.sendLagMs?.p50 ?? Number.NaN)),
      sendLagP99Ms: median(measured.map((run) => run.sendLagMs?.p99 ?? Number.NaN)),
      latencyP50Ms: median(measured.map((run) => run.latencyMs?.p50 ?? Number.NaN)),
      latencyP99Ms: median(measured.map((run) => run.latencyMs?.p99 ?? Number.NaN)),
      cpuShare: Number(
        median(measured.map((run) => run.echoCpuSeconds / run.echoWallSeconds)).toFixed(3),
      ),
      skipped: measured.reduce((sum, run) => sum + run.skipped, 0),
    });
  }
}

emit({ bench: "machine", cpus: availableParallelism(), runs });
if (sections.has("micro")) microBenchmarks();
if (sections.has("echo") || sections.has("lag")) {
  const target = await startTarget();
  try {
    const capacityPerSec = await echoBenchmark(target.url);
    if (sections.has("lag")) await lagBenchmark(target.url, capacityPerSec);
  } finally {
    await target.stop();
  }
}
