/**
 * Starts the process that has the one connection of a probe (by its path), and hands on what it reports. Called by the
 * probe command. Invariant: it outlives neither the probe nor this process.
 */
import { fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { tiedFork } from "../../shared/lifeline.ts";
import type { TraceEvent, TraceRequest } from "../../shared/wire/trace.ts";

export type TraceEnd = Extract<TraceEvent, { type: "over" }>;

export interface TraceOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly onEvent: (event: TraceEvent) => void;
  /** Aborted: the connection is closed before its time. */
  readonly stop: AbortSignal;
}

/** @throws Error when the process ends without having said that it is over */
export function follow(request: TraceRequest, options: TraceOptions): Promise<TraceEnd> {
  const entry = new URL(`../../worker/trace/main${extname(import.meta.url)}`, import.meta.url);
  const child = fork(fileURLToPath(entry), {
    serialization: "advanced",
    env: { ...options.env },
    ...tiedFork(),
    // stdout of this process is for results; Ctrl-C is this process's to answer.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    detached: true,
  });
  options.stop.addEventListener("abort", () => child.connected && child.send("stop"));
  return new Promise<TraceEnd>((resolve, reject) => {
    child.on("message", (event: TraceEvent) => {
      if (event.type === "over") resolve(event);
      else options.onEvent(event);
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      reject(new Error(`the probe ended without an answer (${signal ?? `exit code ${code}`})`));
    });
    child.send(request, (error) => {
      if (error !== null) reject(error);
    });
  });
}
