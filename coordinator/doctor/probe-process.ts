/**
 * Starts a probe process of the worker (by its path) and asks it about the targets of a scenario. Called by
 * target-check.ts. Invariant: no probe outlives the answer or the wait for it, and the coordinator itself opens no
 * socket to a target.
 */
import { fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { tiedFork } from "../../shared/lifeline.ts";
import type { Timers } from "../../shared/time/timer.ts";
import type { ProbeReport, ProbeRequest } from "../../shared/wire/probe.ts";

/** An attempt takes 10 s at most, its pings and its end 3 s more, and the process has to start. */
const ANSWER_MS = 20_000;

export interface ProbeOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly timers: Timers;
}

/** @throws Error when the process ends without an answer, or gives none in time */
export function probeTargets(request: ProbeRequest, options: ProbeOptions): Promise<ProbeReport> {
  const entry = new URL(`../../worker/probe/main${extname(import.meta.url)}`, import.meta.url);
  const child = fork(fileURLToPath(entry), {
    serialization: "advanced",
    env: { ...options.env },
    ...tiedFork(),
    // stdout of this process is for results.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  return new Promise<ProbeReport>((resolve, reject) => {
    const cancel = options.timers.after(ANSWER_MS, () => {
      child.kill("SIGKILL");
      reject(new Error(`the probe gave no answer within ${ANSWER_MS / 1000} s`));
    });
    child.once("message", (report: ProbeReport) => {
      cancel();
      resolve(report);
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      cancel();
      reject(new Error(`the probe ended without an answer (${signal ?? `exit code ${code}`})`));
    });
    child.send(request, (error) => {
      if (error !== null) reject(error);
    });
  });
}
