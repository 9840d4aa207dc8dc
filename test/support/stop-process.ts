/** How a test or a benchmark ends a program that it has started: asked first, and killed when it does not heed that. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

const STOP_MS = 5_000;

/** Resolves when it has ended. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(killer);
}
