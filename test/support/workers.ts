/** Workers of a cluster that a test kills. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tied } from "../../shared/lifeline.ts";
import { onrushEntry } from "./programs.ts";

export interface ClusterWorker extends AsyncDisposable {
  /** kill -9 of the worker itself; the command that started it ends with it. */
  kill(): Promise<void>;
  /** SIGTERM, and the exit code. */
  leave(): Promise<number | null>;
}

export function startClusterWorker(
  bus: string,
  id: string,
  env: Readonly<Record<string, string>> = {},
): ClusterWorker {
  const args = ["worker", "--bus", bus, "--engines", "1", "--capacity", "2000", "--id", id];
  const child = spawn(...tied(process.execPath, [onrushEntry, ...args]), {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...env },
  });
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = once(child, "exit");
    child.kill(signal);
    const [code] = (await ended) as [number | null];
    return code;
  };
  const leave = () => end("SIGTERM");
  return {
    leave,
    async kill() {
      await end("SIGKILL");
    },
    async [Symbol.asyncDispose]() {
      await leave();
    },
  };
}
