/**
 * `npm run bench:analysis`: how long the analysis of an hour of 100 workers takes, and what it takes of memory. The journal is made with the
 * frame encoder: 360,000 frames. Prints what reading it takes, and what all that is computed from it takes: judgements, findings,
 * the summary. Exits 1 when the analysis takes over 15 s, or the process over 1 GB.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rebuildRun } from "../../coordinator/report/rebuild.ts";
import { buildSummary } from "../../coordinator/report/summary.ts";
import { runPath } from "../../coordinator/store/run-directory.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { writeHour } from "../unit/report/hour-run.ts";
import { emit } from "./emit.ts";

const SIZE = { workers: 100, replies: 20 } as const;
const MOST_MS = 15_000;
const MOST_RSS_BYTES = 1e9;

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "onrush-bench-"));
  try {
    await writeHour(directory, SIZE);
    const fromUs = systemClock.monotonicUs();
    const { fold } = await rebuildRun(directory);
    const readUs = systemClock.monotonicUs();
    const { findings } = buildSummary(fold);
    const doneUs = systemClock.monotonicUs();
    const readMs = Math.round((readUs - fromUs) / 1000);
    const analysisMs = Math.round((doneUs - readUs) / 1000);
    // Writing the journal is part of this process: its peak is a bound.
    const rssBytes = process.resourceUsage().maxRSS * 1024;
    const journalBytes = statSync(runPath.journal(directory)).size;
    const counts = { findings: findings.length, journalBytes };
    emit({ bench: "analysis-hour", ...SIZE, ...counts, readMs, analysisMs, rssBytes });
    if (analysisMs > MOST_MS || rssBytes > MOST_RSS_BYTES) process.exitCode = 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
