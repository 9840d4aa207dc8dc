/**
 * `npm run chaos:scale`: worker counts that change while thousands of connections are held, on each broker. First 1 -> 4 -> 2:
 * joins, a rebalance, leaves; then a storm of random counts. Prints start skew and migration times as JSON lines, and ends
 * with 1 when a join closed a connection, a move has no label, or a number differs from the target's. Loopback only.
 */

import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { TargetCounts } from "../../coordinator/cli/terminal/comparison.ts";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { readJournal } from "../../coordinator/store/journal-reader.ts";
import { SimRandom } from "../sim/sim-random.ts";
import { type BrokerKind, startBroker } from "../support/servers.ts";
import { Processes } from "./processes.ts";

const { values } = parseArgs({
  options: {
    brokers: { type: "string", default: "redis,nats" },
    connections: { type: "string", default: "5000" },
    storm: { type: "string", default: "180" },
    seed: { type: "string", default: "1" },
    only: { type: "string", default: "steps,storm" },
  },
});
const CONNECTIONS = Number(values.connections);
const RAMP_SECONDS = 20;
const MOST_WORKERS = 4;
/** How long workers that leave may take to hand over what they hold. */
const GRACE_MS = 60_000;
const PATIENCE_MS = 120_000;

interface Scene {
  readonly processes: Processes;
  readonly staying: Set<ChildProcess>;
  readonly startedAt: number;
  readonly run: string;
  /** What happened when, for the output. */
  readonly notes: Record<string, unknown>;
}

const at = ({ startedAt }: Scene, second: number) =>
  delay(Math.max(0, startedAt + second * 1000 - Date.now()));

/** 1 -> 4 while the ramp goes on, a rebalance, 4 -> 2. */
async function steps(scene: Scene): Promise<void> {
  const { processes, notes } = scene;
  await at(scene, 8);
  for (let more = 0; more < 3; more++) join1(scene);
  await at(scene, 35);
  const before = await processes.counts();
  notes["closed by joins"] = before.closed;
  notes["open after joins"] = before.open;
  await processes.act(scene.run, "scale", { rebalance: true });
  await at(scene, 80);
  for (let fewer = 0; fewer < 2; fewer++) leave1(scene);
  await at(scene, 118);
  notes["open after leaves"] = (await processes.counts()).open;
}

/** Random counts, every few seconds another one. */
async function storm(scene: Scene): Promise<void> {
  const random = new SimRandom(Number(values.seed), 0);
  const until = RAMP_SECONDS + Number(values.storm);
  const counts: number[] = [];
  for (let second = 8; second < until; second += 4 + random.int(0, 8)) {
    await at(scene, second);
    const wanted = random.int(1, MOST_WORKERS);
    counts.push(wanted);
    while (scene.staying.size < wanted) join1(scene);
    while (scene.staying.size > wanted) leave1(scene);
  }
  scene.notes["workers"] = counts.join(" ");
  await at(scene, until + 35);
  scene.notes["open after the storm"] = (await scene.processes.counts()).open;
}

function join1({ processes, staying }: Scene): void {
  staying.add(processes.startWorker());
}

function leave1({ staying }: Scene): void {
  const [oldest] = staying;
  if (oldest === undefined) return;
  staying.delete(oldest);
  oldest.kill("SIGTERM");
}

async function play(kind: BrokerKind, name: "steps" | "storm"): Promise<string[]> {
  const seconds = name === "steps" ? 125 : RAMP_SECONDS + Number(values.storm) + 45;
  const broker = await startBroker(kind);
  const options = { busUrl: broker.url, workers: 0, fenceAfterMs: 20_000, graceMs: GRACE_MS };
  const processes = new Processes(options);
  let wrong = ["it did not end"];
  try {
    await processes.start();
    const staying = new Set([processes.startWorker()]);
    const run = await processes.submit(scenario(processes.targetUrl, seconds), 1);
    const startedAt = await processes.startOf(run);
    const notes = {};
    const scene: Scene = { processes, staying, startedAt, run, notes };
    await (name === "steps" ? steps(scene) : storm(scene));
    const summary = await processes.summaryOf(run, PATIENCE_MS);
    const counts = await processes.settledCounts();
    wrong = judge(summary, counts, notes);
    const moves = await movesOf(join(processes.folder, "data", run, "journal"));
    const skews = summary.workers.map(({ startSkewMs }) => startSkewMs);
    const { closedByCause, established } = summary.connections;
    const lost = summary.lostWorkers.length;
    const verdict = { verdict: summary.verdict, reasons: summary.validity.reasons };
    process.stdout.write(
      `${JSON.stringify({ scale: name, broker: kind, wrong, ...verdict, ...notes, established, closedByCause, lost, startSkewMs: skews, moves })}\n`,
    );
  } finally {
    await processes.stop(wrong.length > 0);
    await broker.stop();
  }
  return wrong;
}

function scenario(target: string, seconds: number): object {
  return {
    ...{ version: 1, name: "scale", target, seed: Number(values.seed) },
    load: [
      { phase: "up", ramp: "linear", to: CONNECTIONS, over: `${RAMP_SECONDS}s` },
      { phase: "hold", hold: `${seconds - RAMP_SECONDS}s` },
    ],
    messages: {
      rate: "0.1/s",
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

function judge(summary: Summary, counts: TargetCounts, notes: Record<string, unknown>): string[] {
  const wrong: string[] = [];
  const { connections, messages, validity, lostWorkers } = summary;
  const same = (what: string, reported: number, counted: number) => {
    if (reported !== counted) wrong.push(`${what}: ${reported}, by the target ${counted}`);
  };
  same("established", connections.established, counts.accepted);
  same("sent", messages.sent, counts.messagesIn);
  same("received", messages.received, counts.messagesOut);
  same("opened again for a move", connections.established - CONNECTIONS, migrated(summary));
  for (const [note, value] of Object.entries(notes)) {
    if (note === "closed by joins") same(note, value as number, 0);
    if (note.startsWith("open after")) same(note, value as number, CONNECTIONS);
  }
  if (!validity.ledger.balanced) wrong.push("the ledger is not balanced");
  if (validity.framesMissing > 0) wrong.push(`${validity.framesMissing} frames missing`);
  if (lostWorkers.length > 0) wrong.push(`a worker was lost: ${lostWorkers[0]?.reason}`);
  return wrong;
}

function migrated({ connections }: Summary): number {
  return connections.closedByCause["migrated"] ?? 0;
}

/** Slices that were moved whole, and from asking for each until somebody else had it, milliseconds. */
async function movesOf(journal: string): Promise<object> {
  const askedUs = new Map<number, number>();
  const tookMs: number[] = [];
  for await (const record of readJournal(journal)) {
    if (record.type !== "event") continue;
    const { event } = record;
    const elapsedUs = event.elapsedUs ?? 0;
    if (event.type === "hand-over-asked") {
      for (const { slice, scope } of event.handOvers) {
        if (scope === "all") askedUs.set(slice, elapsedUs);
      }
    } else if (event.type === "slices-held") {
      for (const slice of event.slices) {
        const since = askedUs.get(slice);
        if (since !== undefined) tookMs.push(Math.round((elapsedUs - since) / 1000));
        askedUs.delete(slice);
      }
    }
  }
  tookMs.sort((a, b) => a - b);
  const median = tookMs[Math.floor(tookMs.length / 2)] ?? null;
  return { slices: tookMs.length, medianMs: median, longestMs: tookMs.at(-1) ?? null };
}

let failed = false;
for (const kind of values.brokers.split(",") as BrokerKind[]) {
  for (const name of values.only.split(",") as ("steps" | "storm")[]) {
    failed = (await play(kind, name)).length > 0 || failed;
  }
}
process.exitCode = failed ? 1 : 0;
