/** A program of Node's that a test waits for, and all that it said. */
import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { tied } from "../../shared/lifeline.ts";

export interface Ran {
  /** null: a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param program the file to run */
export async function runToEnd(
  program: string,
  args: readonly string[],
  options: Pick<SpawnOptions, "cwd" | "timeout"> = {},
): Promise<Ran> {
  const child = spawn(...tied(process.execPath, [program, ...args]), {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stdout, stderr };
}
