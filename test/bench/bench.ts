/**
 * `npm run bench`: our engine with everything switched on against a bare `ws` loop that measures nothing,
 * on the same work, in turn, in the same run. Generator and target are pinned to different cores where the
 * system allows it. Every figure is a JSON line with its method: medians over the runs, and ratios of them.
 *   --runs N      runs of each generator (default 3)
 *   --connections N  in echo, lag and closed (default 9000)
 *   --only NAMES  sections, of (comma-separated, all by default):
 *     micro   parts of the data plane by themselves
 *     echo    both generators are offered the same echoes per second; also connects and idle memory
 *     lag     how late messages leave at a fifth and at half of the capacity that `echo` measured
 *     closed  each reply sends the next message, as fast as one core goes
 *     json    CPU of an echo: binary, and JSON with a UUID whose reply is told by an expression
 *     flow    memory of a connection in a flow of five steps, and echoes beside it, against none
 *     faults  echoes of connections beside a fault, and of those that one acts on, against none
 *     startup `--help`, `validate`, and a run of one second with one connection, whole processes
 *     idle    a worker with one engine and one connection, and nothing to do
 *     capacity (only when named) a coordinator with 500 workers: an hour of run time in virtual time, a minute in real time
 *   --url URL     another echo server than the bundled target, which is busier than it needs to be
 *   --minutes N   of virtual time in capacity (default 60, 2 at least)
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { capacityBenchmark } from "./capacity.ts";
import { emit, median } from "./emit.ts";
import { faultsBenchmark } from "./faults.ts";
import type { Measured } from "./generators.ts";
import { microBenchmarks } from "./micro.ts";
import { generate, startTarget } from "./processes.ts";
import { idleBenchmark, startupBenchmark } from "./startup.ts";
import type { Work } from "./work.ts";

const CONNECTIONS = 9000;
const BYTES = 64;
/** Below what either generator can do with one core, so that both do the same work. */
const OFFERED_PER_SEC = 60_000;

const CAPACITY_SECONDS = 60;

const JSON_CONNECTIONS = 2000;
/** Echoes a second; what an echo costs is the difference of both, so what an idle engine costs is not in it. */
const JSON_RATES = [10_000, 30_000] as const;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "3" },
    only: { type: "string", default: "micro,echo,lag,closed,json,flow,faults,startup,idle" },
    url: { type: "string" },
    connections: { type: "string", default: String(CONNECTIONS) },
    minutes: { type: "string", default: "60" },
  },
});
const runs = Number(values.runs);
const connections = Number(values.connections);
// The ramps of `capacity` alone take 100 s.
if (!(Number(values.minutes) >= 2)) throw new Error("--minutes: 2 at least");
const sections = new Set(values.only.split(","));

function work(over: Partial<Work>): Omit<Work, "url"> {
  return {
    connections,
    bytes: BYTES,
    driver: "lean",
    rampSeconds: 0.6,
    idleSeconds: 4.4,
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
    echoesPerCpuSecond: median(measured.map((one) => one.echoes / one.echoCpuSeconds)),
    connectsPerCpuSecond: median(measured.map((one) => one.connects / one.connectCpuSeconds)),
    idleRssBytesPerConnection: median(measured.map((one) => one.idleRssBytesPerConnection)),
  };
}

/** One run, with a target of its own: ports that earlier runs left in TIME_WAIT must not slow down later ones. */
async function run(kind: "onrush" | "bare-ws", over: Partial<Work>): Promise<Measured> {
  if (values.url !== undefined) return generate(kind, { ...work(over), url: values.url });
  const target = await startTarget();
  try {
    return await generate(kind, { ...work(over), url: target.url });
  } finally {
    await target.stop();
  }
}

/** Bare ws, our engine with the lean driver, and with the ws driver, in turn; prints all ratios. */
async function compare(bench: string, method: string, over: Partial<Work>): Promise<Figures> {
  const measured: Record<"bare" | "lean" | "ws", Measured[]> = { bare: [], lean: [], ws: [] };
  for (let round = 0; round < runs; round++) {
    measured.bare.push(await run("bare-ws", over));
    measured.lean.push(await run("onrush", over));
    measured.ws.push(await run("onrush", { ...over, driver: "ws" }));
  }
  const peer = figures(measured.bare);
  for (const driver of ["lean", "ws"] as const) {
    const ours = figures(measured[driver]);
    for (const metric of Object.keys(ours) as (keyof Figures)[]) {
      emit({
        bench,
        method: `${connections} connections, ${BYTES} B, ${method}, median of ${runs} runs`,
        driver,
        metric,
        onrush: Math.round(ours[metric]),
        bareWs: Math.round(peer[metric]),
        ratio: Number((ours[metric] / peer[metric]).toFixed(3)),
        failed: measured[driver].reduce((sum, one) => sum + one.failed + one.timedOut, 0),
      });
    }
  }
  return figures(measured.lean);
}

async function lagBenchmark(capacityPerSec: number): Promise<void> {
  for (const [share, name] of [
    [0.2, "a fifth"],
    [0.5, "half"],
  ] as const) {
    const perSec = Math.round(capacityPerSec * share);
    const measured: Measured[] = [];
    for (let round = 0; round < runs; round++) measured.push(await run("onrush", { perSec }));
    emit({
      bench: "lag",
      method: `open loop, Poisson, ${name} of measured capacity, median of ${runs} runs`,
      messagesPerSec: perSec,
      sendLagP50Ms: median(measured.map((one) => one.sendLagMs?.p50 ?? Number.NaN)),
      sendLagP99Ms: median(measured.map((one) => one.sendLagMs?.p99 ?? Number.NaN)),
      latencyP50Ms: median(measured.map((one) => one.latencyMs?.p50 ?? Number.NaN)),
      latencyP99Ms: median(measured.map((one) => one.latencyMs?.p99 ?? Number.NaN)),
      cpuShare: Number(
        median(measured.map((one) => one.echoCpuSeconds / one.echoWallSeconds)).toFixed(3),
      ),
      skipped: measured.reduce((sum, one) => sum + one.skipped, 0),
    });
  }
}

/** What one more echo costs the generator's process, user and system time, at partial load. */
async function jsonBenchmark(): Promise<void> {
  for (const message of ["binary", "json"] as const) {
    const marginal: number[] = [];
    const whole: number[] = [];
    let failed = 0;
    for (let round = 0; round < runs; round++) {
      const measured: Measured[] = [];
      for (const perSec of JSON_RATES) {
        const over = message === "json" ? { message } : {};
        measured.push(await run("onrush", { connections: JSON_CONNECTIONS, perSec, ...over }));
      }
      const [low, high] = measured as [Measured, Measured];
      marginal.push((high.echoCpuSeconds - low.echoCpuSeconds) / (high.echoes - low.echoes));
      whole.push(high.echoCpuSeconds / high.echoes);
      failed += low.timedOut + high.timedOut + low.failed + high.failed;
    }
    emit({
      bench: "json",
      method: `${JSON_CONNECTIONS} connections, open loop, Poisson, ${JSON_RATES.join(" and ")} echoes a second, median of ${runs} runs`,
      message: message === "json" ? "129 B JSON, {{uuid}}, m.id == sent.id" : `${BYTES} B binary`,
      marginalCpuUsPerEcho: Number((median(marginal) * 1e6).toFixed(2)),
      cpuUsPerEchoAtHighRate: Number((median(whole) * 1e6).toFixed(2)),
      failed,
    });
  }
}

/**
 * What steps cost those who take them, in memory, and those who only have the code beside them, in echoes. Compiled
 * steps and their histograms cost the same for any number of connections, so two numbers of them tell what each costs.
 */
async function flowBenchmark(): Promise<void> {
  const few = Math.round(connections / 4);
  const without: Measured[] = [];
  const within: Measured[] = [];
  const extraOfFew: number[] = [];
  const used = (one: Measured) => one.usedBytesPerConnection ?? Number.NaN;
  for (let round = 0; round < runs; round++) {
    without.push(await run("onrush", {}));
    within.push(await run("onrush", { steps: true }));
    const bare = await run("onrush", { connections: few });
    extraOfFew.push(
      (used(await run("onrush", { connections: few, steps: true })) - used(bare)) * few,
    );
  }
  const extra = (median(within.map(used)) - median(without.map(used))) * connections;
  const perConnection = (extra - median(extraOfFew)) / (connections - few);
  emit({
    bench: "flow",
    method: `${few} and ${connections} connections, ${BYTES} B, each reply sends the next message, median of ${runs} runs`,
    extraBytesPerConnection: Math.round(perConnection),
    extraBytesPerEngine: Math.round(extra - perConnection * connections),
    echoesPerCpuSecondWithout: Math.round(figures(without).echoesPerCpuSecond),
    echoesPerCpuSecondBesideLoop: Math.round(figures(within).echoesPerCpuSecond),
    failed: [...without, ...within].reduce((sum, one) => sum + one.failed + one.timedOut, 0),
  });
}

emit({ bench: "machine", cpus: availableParallelism(), runs });
if (sections.has("micro")) microBenchmarks();
if (sections.has("echo") || sections.has("lag")) {
  const method = `${OFFERED_PER_SEC} echoes a second offered to each, sockets in random order`;
  const { echoesPerCpuSecond } = await compare("echo", method, { perSec: OFFERED_PER_SEC });
  if (sections.has("lag")) await lagBenchmark(echoesPerCpuSecond);
}
if (sections.has("closed")) await compare("closed", "each reply sends the next message", {});
if (sections.has("json")) await jsonBenchmark();
if (sections.has("flow")) await flowBenchmark();
if (sections.has("faults")) {
  await faultsBenchmark((over) => run("onrush", over), { runs, connections });
}
if (sections.has("startup")) await startupBenchmark(runs);
if (sections.has("idle")) await idleBenchmark(runs);
if (sections.has("capacity")) await capacityBenchmark(Number(values.minutes), CAPACITY_SECONDS);
