/**
 * What a worker's pod takes for so many connections and messages, as its cgroup says. Used by main.ts for the table of
 * docs/kubernetes.md. Invariant: a figure is of one worker that held exactly the planned connections while it was measured.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Checks } from "./checks.ts";
import { scenario } from "./episode.ts";
import type { Stack } from "./stack.ts";

/** Connections, and messages a second of each. */
const LOADS = [
  [1000, 0.1],
  [5000, 0.1],
  [10_000, 0.1],
  [1000, 1],
  [5000, 1],
] as const;
const OPENS_A_SECOND = 500;
const SETTLE_SECONDS = 5;
const MEASURE_SECONDS = 15;
const PATIENCE_MS = 120_000;
const MIB = 1024 * 1024;

/** Prints what the container holds without the cache that can be dropped, and the processor time it has had. */
const READ = `
  const { existsSync, readFileSync } = require("fs");
  const root = "/sys/fs/cgroup";
  const read = (file) => readFileSync(root + file, "utf8");
  const stat = (file, key) => Number(new RegExp("^" + key + " (\\\\d+)", "m").exec(read(file))?.[1] ?? 0);
  const unified = existsSync(root + "/memory.current");
  console.log(JSON.stringify(unified
    ? { bytes: Number(read("/memory.current")) - stat("/memory.stat", "inactive_file"), cpuUs: stat("/cpu.stat", "usage_usec") }
    : { bytes: Number(read("/memory/memory.usage_in_bytes")) - stat("/memory/memory.stat", "total_inactive_file"),
        cpuUs: Number(read("/cpuacct/cpuacct.usage")) / 1000 }));
`;

interface Reading {
  readonly bytes: number;
  readonly cpuUs: number;
}

/** @param stack with one worker */
export async function measureSizes(stack: Stack, checks: Checks): Promise<void> {
  const rows: string[] = [];
  for (const [connections, rate] of LOADS) {
    const what = `one worker with ${connections} connections, ${connections * rate} messages a second`;
    await checks.check(what, async () => {
      const row = await measured(stack, connections, rate);
      rows.push(row);
      return row;
    });
  }
  process.stdout.write(
    `\n| connections | messages a second | memory | processor |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n\n`,
  );
}

async function measured(stack: Stack, connections: number, rate: number): Promise<string> {
  await stack.restore();
  const upSeconds = Math.ceil(connections / OPENS_A_SECOND);
  const seconds = upSeconds + SETTLE_SECONDS + MEASURE_SECONDS + 5;
  const plan = scenario(stack.targetUrl, { connections, rate, upSeconds, seconds, seed: 1 });
  const run = await stack.coordinator.submit(plan, 1);
  const startedAt = await stack.coordinator.startOf(run);
  await delay(startedAt + (upSeconds + SETTLE_SECONDS) * 1000 - Date.now());
  const [from, fromMs] = [await read(stack), performance.now()];
  await delay(MEASURE_SECONDS * 1000);
  const { open } = await stack.targetCounts();
  const [to, toMs] = [await read(stack), performance.now()];
  const { verdict, validity } = await stack.coordinator.summaryOf(run, PATIENCE_MS);
  if (open !== connections) throw new Error(`${open} connections were open`);
  const cores = (to.cpuUs - from.cpuUs) / ((toMs - fromMs) * 1000);
  const cells = [
    ...[connections.toLocaleString("en"), (connections * rate).toLocaleString("en")],
    ...[`${Math.round(to.bytes / MIB)} MiB`, `${Math.round(cores * 1000)}m`],
  ];
  const said = verdict === "pass" ? "" : ` ${verdict}: ${validity.reasons.join(" ")}`;
  return `| ${cells.join(" | ")} |${said}`;
}

async function read({ kubectl }: Stack): Promise<Reading> {
  const [pod] = await kubectl.pods("worker");
  const args = ["exec", pod?.metadata.name ?? "", "--", "node", "-e", READ];
  return JSON.parse(await kubectl.text(args)) as Reading;
}
