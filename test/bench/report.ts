/**
 * `npm run bench:report`: how long `onrush report` takes for a run of one hour, and what it takes of memory. The journal
 * is made with the frame encoder: 8 workers, 400 replies a second and worker, 28,800 frames. Prints the command's own
 * wall time, its peak resident memory (asked of the kernel when it ends) and the size of report.html.
 * Exits 1 when the command fails, or goes beyond what docs/reports.md promises.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../shared/time/clock.ts";
import { writeHour } from "../unit/report/hour-run.ts";
import { emit } from "./emit.ts";

const SIZE = { workers: 8, replies: 200 } as const;
const MOST_MS = 10_000;
const MOST_RSS_BYTES = 1e9;
const MOST_PAGE_BYTES = 2e6;
const onrushBin = fileURLToPath(new URL("../../coordinator/cli/main.js", import.meta.url));
/** Loaded before the command: says its peak memory, in kilobytes, when it ends. */
const SAY_RSS = `data:text/javascript,process.on("exit",()=>process.stderr.write("rss "+process.resourceUsage().maxRSS))`;

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "onrush-bench-"));
  try {
    await writeHour(directory, SIZE);
    const sinceUs = systemClock.monotonicUs();
    const { stderr, status } = spawnSync(
      process.execPath,
      ["--import", SAY_RSS, onrushBin, "report", directory, "--summary", "none"],
      { encoding: "utf8" },
    );
    const renderMs = Math.round((systemClock.monotonicUs() - sinceUs) / 1000);
    const rssBytes = Number(/rss (\d+)/.exec(stderr)?.[1] ?? Number.NaN) * 1024;
    const pageBytes = statSync(join(directory, "report.html")).size;
    const journalBytes = statSync(join(directory, "journal")).size;
    emit({ bench: "report-hour", ...SIZE, journalBytes, renderMs, rssBytes, pageBytes, status });
    const kept = renderMs < MOST_MS && rssBytes < MOST_RSS_BYTES && pageBytes < MOST_PAGE_BYTES;
    if (status !== 99 || !kept) process.exitCode = 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
