/**
 * `npm run demo`: starts the bundled target, runs 10,000 connections against it with the `onrush` command, and
 * compares the report with what the target counted itself. A program of its own; it is no part of a run.
 * Invariant: no process outlives it, and a count that differs fails it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { ExitCode } from "../../shared/errors.ts";
import { tied } from "../../shared/lifeline.ts";
import { outliveReaders } from "../../shared/log.ts";
import { openFilesLimit } from "../../shared/open-files.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { sleep, systemTimers } from "../../shared/time/timer.ts";
import type { Summary } from "../report/summary-schema.ts";
import { entryOf } from "./become.ts";
import { readConfig } from "./config.ts";
import { makeContext } from "./context.ts";
import { runProgram } from "./program.ts";
import { showSummary } from "./result.ts";
import { compareCounts, comparisonText, type TargetCounts } from "./terminal/comparison.ts";
import { writtenFiles } from "./written.ts";

const SCENARIO = "examples/demo-10k.yaml";
const CONNECTIONS = 10_000;
/** Files a target process keeps for itself, generously. */
const TARGET_FILES = 512;
const START_MS = 20_000;
/** For the target to see the last connections go. */
const SETTLE_MS = 5000;

outliveReaders();
const context = makeContext(readConfig());
process.chdir(fileURLToPath(new URL("../../../", import.meta.url)));
process.exitCode = await demo();

async function demo(): Promise<number> {
  const target = startTarget();
  try {
    const { url, statsUrl } = await announcement(target);
    context.stderr.write(`target: ${url}\n`);
    const args = ["run", SCENARIO, "-e", `ONRUSH_TARGET=${url}`, "--json"];
    const { exitCode, output } = await runOnrush(args);
    // Without a result the run has said why on stderr.
    if (output === "") return exitCode;
    const summary = JSON.parse(output) as Summary;
    const directory = join("runs", summary.run);
    showSummary({ summary }, { summary: "compact" }, context, [
      ...writtenFiles(directory, [], context),
      ["next", `onrush report ${directory} --summary full`],
    ]);
    const rows = compareCounts(summary, await settledCounts(statsUrl));
    context.stdout.write(comparisonText(rows, context.outStyle));
    const differs = rows.some(({ same }) => !same);
    return differs && exitCode === ExitCode.passed ? ExitCode.untrusted : exitCode;
  } finally {
    await stop(target);
  }
}

/** In a group of its own: Ctrl-C is for the run, and the target must live until the run has drained. */
function startTarget(): ChildProcess {
  const perProcess = Math.max(1, openFilesLimit() - TARGET_FILES);
  const processes = Math.ceil(CONNECTIONS / perProcess);
  const args = [entryOf("target"), "--port", "0", "--processes", String(processes)];
  return spawn(...tied(process.execPath, args), {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    detached: true,
  });
}

/** The target's first line says where it listens. */
function announcement(target: ChildProcess): Promise<{ url: string; statsUrl: string }> {
  return new Promise((resolve, reject) => {
    const cancel = systemTimers.after(START_MS, () => {
      reject(new Error(`the target did not start within ${START_MS / 1000} s`));
    });
    target.once("exit", (code) => reject(new Error(`the target ended with ${code}`)));
    if (target.stdout === null) return;
    createInterface(target.stdout).once("line", (line) => {
      cancel();
      resolve(JSON.parse(line) as { url: string; statsUrl: string });
    });
  });
}

/** The command, in this process; its result is kept for the comparison. */
async function runOnrush(
  args: readonly string[],
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const chunks: Buffer[] = [];
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  }) as NodeJS.WriteStream;
  const exitCode = await runProgram(args, { ...context, stdout });
  return { exitCode, output: Buffer.concat(chunks).toString() };
}

/** The target's counts once no connection is open any more, or after SETTLE_MS. */
async function settledCounts(statsUrl: string): Promise<TargetCounts> {
  const deadlineUs = systemClock.monotonicUs() + SETTLE_MS * 1000;
  for (;;) {
    const counts = (await (await fetch(statsUrl)).json()) as TargetCounts;
    if (counts.open === 0 || systemClock.monotonicUs() > deadlineUs) return counts;
    await sleep(systemTimers, 100);
  }
}

async function stop(target: ChildProcess): Promise<void> {
  if (target.exitCode !== null || target.signalCode !== null) return;
  const gone = new Promise((resolve) => target.once("exit", resolve));
  target.kill("SIGTERM");
  const cancel = systemTimers.after(SETTLE_MS, () => target.kill("SIGKILL"));
  await gone;
  cancel();
}
