/**
 * One run on the cluster in which one thing happens, and what came of it held against the target's own count. Used by
 * table.ts. Invariant: a number is wrong when it differs from the target's by more than the summary itself declares; what
 * the row is to do has been done, or the outcome says that it has not.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { TargetCounts } from "../../coordinator/cli/terminal/comparison.ts";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { wrongNumbers } from "../chaos/judge.ts";
import { PodLogs } from "./pod-logs.ts";
import type { Row, Scene } from "./rows.ts";
import type { Stack } from "./stack.ts";

export interface Outcome {
  readonly row: string;
  readonly broker: string;
  readonly run: number;
  readonly verdict: string;
  /** Why it is not to be trusted, as the summary says. */
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
  /** What is wrong; empty when nothing is. */
  readonly wrong: readonly string[];
  /** Every count is the target's, to the last message. */
  readonly exact: boolean;
  readonly lostWorkers: number;
  readonly closedByCause: Readonly<Record<string, number>>;
  /** From the strike until it was done, seconds. */
  readonly struckSeconds: number;
  readonly disturbedSeconds: number;
  /** A folder with pods' logs, summary, counts and events; null when nothing was wrong, or lost that should not be. */
  readonly evidence: string | null;
}

const UP_SECONDS = 6;
/** Run time at which it comes. */
const STRIKE_SECONDS = 10;
/** For so long workers go on without the broker. */
const PATIENT_SECONDS = 20;
/** The longest a run may take beyond its plan. */
const PATIENCE_MS = 150_000;

export interface Load {
  readonly connections: number;
  /** Messages a second of each. */
  readonly rate: number;
}

export async function playEpisode(
  row: Row,
  run: number,
  scene: Scene,
  load: Load,
): Promise<Outcome> {
  const { stack } = scene;
  const folder = mkdtempSync(join(tmpdir(), "onrush-k8s-episode-"));
  const told = { row: row.name, broker: stack.options.broker, run };
  let logs: PodLogs | null = null;
  let isFine = false;
  try {
    if (row.prepare !== undefined) await turn(row, scene, row.prepare);
    await stack.restore();
    logs = new PodLogs(stack.kubectl, join(folder, "pods.log"));
    const id = await stack.coordinator.submit(
      scenario(stack.targetUrl, {
        ...{ ...load, upSeconds: UP_SECONDS, seconds: row.seconds, seed: run },
      }),
      stack.options.workers,
    );
    const startedAt = await stack.coordinator.startOf(id);
    await delay(Math.max(0, startedAt + STRIKE_SECONDS * 1000 - Date.now()));
    const struckAt = performance.now();
    await turn(row, scene, row.strike);
    const struckSeconds = Math.round((performance.now() - struckAt) / 100) / 10;
    const leftMs = startedAt + row.seconds * 1000 - Date.now();
    const summary = await stack.coordinator.summaryOf(id, Math.max(0, leftMs) + PATIENCE_MS);
    const counts = await stack.settledCounts();
    const mayLose =
      row.loses === "always" || (row.loses === "late" && struckSeconds > PATIENT_SECONDS);
    const outcome = { ...told, struckSeconds, ...judged(summary, counts, load, mayLose) };
    isFine = outcome.wrong.length === 0 && (row.loses === "always" || outcome.lostWorkers === 0);
    if (!isFine) await keep(folder, { summary, counts, events: await eventsOf(stack, id) });
    return { ...outcome, evidence: isFine ? null : folder };
  } catch (error) {
    const wrong = [error instanceof Error ? error.message : String(error)];
    const none = { reasons: [], notes: [], lostWorkers: 0, closedByCause: {} };
    const unknown = { verdict: "none", exact: false, struckSeconds: 0, disturbedSeconds: 0 };
    return { ...told, wrong, ...none, ...unknown, evidence: folder };
  } finally {
    await logs?.end();
    if (isFine) rmSync(folder, { recursive: true });
  }
}

async function turn(row: Row, scene: Scene, act: Row["strike"]): Promise<void> {
  if (row.closesNodes) await scene.nodes.alone(() => act(scene));
  else await act(scene);
}

function judged(summary: Summary, counts: TargetCounts, load: Load, mayLose: boolean) {
  const { connections, messages, overrun, lostWorkers, validity } = summary;
  const pairs: readonly (readonly [number, number])[] = [
    [connections.established + overrun.established, counts.accepted],
    [messages.sent + overrun.sent, counts.messagesIn],
    [messages.received + overrun.received, counts.messagesOut],
  ];
  return {
    verdict: summary.verdict,
    reasons: validity.reasons,
    notes: validity.notes,
    wrong: [
      ...wrongNumbers(summary, counts, { loses: mayLose && lostWorkers.length > 0 }),
      ...unlabelled(summary, load),
    ],
    exact: pairs.every(([reported, counted]) => reported === counted),
    lostWorkers: lostWorkers.length,
    closedByCause: connections.closedByCause,
    disturbedSeconds: validity.disturbedSeconds,
  };
}

/** What was opened more often than planned, and not by those who took over from a lost worker, was moved, and says so. */
function unlabelled({ connections, lostWorkers }: Summary, load: Load): string[] {
  if (lostWorkers.length > 0) return [];
  const again = connections.attempted - load.connections;
  const moved = connections.closedByCause["migrated"] ?? 0;
  return again === moved ? [] : [`${again} opened again, ${moved} labelled migrated`];
}

async function eventsOf(stack: Stack, run: string): Promise<unknown> {
  return stack.coordinator.eventsOf(run).catch((error: unknown) => String(error));
}

async function keep(folder: string, evidence: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, value] of Object.entries(evidence)) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(value, null, 1));
  }
}

export interface Plan extends Load {
  readonly upSeconds: number;
  readonly seconds: number;
  readonly seed: number;
}

/** Up, and held to the end. */
export function scenario(target: string, plan: Plan): object {
  const { connections, rate, upSeconds, seconds, seed } = plan;
  return {
    ...{ version: 1, name: "kubernetes", target, seed },
    load: [
      { phase: "up", ramp: "linear", to: connections, over: `${upSeconds}s` },
      { phase: "hold", hold: `${seconds - upSeconds}s` },
    ],
    messages: {
      rate: `${rate}/s`,
      mix: [
        {
          name: "echo",
          send: { binary: { size: 64, fill: "random" } },
          reply: { match: "echo", within: "5s" },
        },
      ],
    },
    integrity: { stamp: true },
  };
}
