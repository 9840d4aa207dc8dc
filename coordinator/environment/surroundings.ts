/**
 * What rules of the environment look at: other services, this host, and the workers of the run. Made by environment.ts. Invariant: looking
 * changes nothing; what a worker says of itself is what it said last.
 */
import { statfs } from "node:fs/promises";
import type { Surroundings, WorkerFacts } from "../../shared/scenario/sections/environment/rule.ts";
import { VERSION } from "../../shared/version.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import { askOutside } from "../outside/hands.ts";

/** Of a page of metrics, or an answer in JSON. */
const MAX_PAGE_BYTES = 2 * 1024 * 1024;

/** @param terms of one rule */
export async function surroundingsOf(
  run: ActiveRun,
  terms: { readonly limitUs: number; readonly signal: AbortSignal },
): Promise<Surroundings> {
  return {
    ask: (asked) => askOutside(run, asked, terms, MAX_PAGE_BYTES),
    host: {
      onrush: VERSION,
      node: process.versions.node,
      freeBytes: await freeBytes(run.request.runDirectory),
    },
    workers: workersOf(run),
  };
}

function workersOf({ request: { fleet }, id: run }: ActiveRun): WorkerFacts[] {
  return fleet.sessions
    .filter(({ epoch }) => fleet.runOf(epoch) === run)
    .map(({ info, status }) => ({
      id: info.id,
      openFiles: info.openFilesLimit,
      ports: info.localPorts,
      clockErrorUs: status?.clockErrorUs ?? null,
      onrush: info.version,
      node: info.node.replace(/^v/, ""),
    }));
}

async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    // Nothing can be written where nothing can be read.
    return 0;
  }
}
