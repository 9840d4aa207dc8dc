/**
 * `kubectl scale` of the workers 2 -> 8 -> 3 while a run goes on that was submitted through a port-forward. Used by main.ts.
 * Invariant: nothing open is closed by those who join, what moves is labelled, every count is the target's.
 */
import { setTimeout as delay } from "node:timers/promises";
import { compareCounts } from "../../coordinator/cli/terminal/comparison.ts";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { type Checks, mustBeNone } from "./checks.ts";
import { scenario } from "./episode.ts";
import type { Stack } from "./stack.ts";

const CONNECTIONS = 2000;
const RATE = 0.2;
const UP_SECONDS = 30;
const SECONDS = 80;
const SCALE_UP_AT = 4;
const LOOK_AT = 33;
const SCALE_DOWN_AT = 35;
const MOST = 8;
const AFTER = 3;
const PATIENCE_MS = 120_000;

/** @param stack with two workers */
export async function checkScaling(stack: Stack, checks: Checks): Promise<void> {
  const { broker } = stack.options;
  await checks.check(`${broker}: 2,000 connections, kubectl scale 2 -> 8 -> 3`, async () => {
    await stack.restore();
    const size = { connections: CONNECTIONS, rate: RATE };
    const load = { ...size, upSeconds: UP_SECONDS, seconds: SECONDS, seed: 1 };
    const run = await stack.coordinator.submit(scenario(stack.targetUrl, load), 2);
    const startedAt = await stack.coordinator.startOf(run);
    const at = (second: number) => delay(Math.max(0, startedAt + second * 1000 - Date.now()));
    await at(SCALE_UP_AT);
    await scaleTo(stack, MOST);
    await at(LOOK_AT);
    const joined = await stack.targetCounts();
    const serving = (await stack.coordinator.workers()).filter(
      (worker) => worker.connectionsOpen > 0,
    );
    await at(SCALE_DOWN_AT);
    await scaleTo(stack, AFTER);
    const summary = await stack.coordinator.summaryOf(run, SECONDS * 1000 + PATIENCE_MS);
    const rows = compareCounts(summary, await stack.settledCounts());
    mustBeNone([
      ...(joined.closed === 0 ? [] : [`${joined.closed} closed by those who joined`]),
      ...(joined.open === CONNECTIONS ? [] : [`${joined.open} open after they joined`]),
      ...(serving.length > 2 ? [] : [`only ${serving.length} workers held connections`]),
      ...rows
        .filter(({ same }) => !same)
        .map(({ what, reported, counted }) => `${what}: ${reported}, by the target ${counted}`),
      ...moves(summary),
    ]);
    const { closedByCause, established } = summary.connections;
    const workers = `${serving.length} workers held connections before it went down`;
    return `${established} established, ${JSON.stringify(closedByCause)}, ${workers}, verdict ${summary.verdict}`;
  });
}

async function scaleTo({ kubectl, names }: Stack, workers: number): Promise<void> {
  await kubectl.text(["scale", names.workers, `--replicas=${workers}`]);
}

function moves({ verdict, validity, connections, lostWorkers }: Summary): string[] {
  const again = connections.established - CONNECTIONS;
  const moved = connections.closedByCause["migrated"] ?? 0;
  return [
    ...(verdict === "pass" ? [] : [`verdict ${verdict}: ${validity.reasons.join(" ")}`]),
    ...(again === moved && moved > 0 ? [] : [`${again} opened again, ${moved} labelled migrated`]),
    ...(validity.ledger.balanced ? [] : ["the ledger is not balanced"]),
    ...lostWorkers.map(({ id, reason }) => `${id} was lost: ${reason}`),
  ];
}
