/**
 * Faults of the generator: what keeps its worker processes from doing their work. Called by live-run.ts. Invariant: only
 * processes of this benchmark are stopped or ended, by their ids, and whoever was stopped goes on.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { tied } from "../../shared/lifeline.ts";
import { stopProcess } from "./servers/server.ts";

/** Processes that want all of the processor. @returns what ends them */
export function startBurners(count: number): () => Promise<void> {
  const loop = "for (;;);";
  const burners: ChildProcess[] = Array.from({ length: count }, () =>
    spawn(...tied(process.execPath, ["-e", loop]), { stdio: "ignore" }),
  );
  return async () => void (await Promise.all(burners.map((burner) => stopProcess(burner))));
}

/** Stops the workers of a run for so long every so often, as a garbage collector or a busy host does. @returns what ends it */
export function pauseWorkers(
  run: ChildProcess,
  { everyMs, forMs }: { readonly everyMs: number; readonly forMs: number },
): () => Promise<void> {
  let stopped: readonly number[] = [];
  let goOn: NodeJS.Timeout | undefined;
  const resume = () => {
    for (const pid of stopped) signal(pid, "SIGCONT");
    stopped = [];
  };
  const again = setInterval(() => {
    stopped = workersOf(run.pid ?? 0);
    for (const pid of stopped) signal(pid, "SIGSTOP");
    goOn = setTimeout(resume, forMs);
  }, everyMs);
  return async () => {
    clearInterval(again);
    clearTimeout(goOn);
    resume();
  };
}

/** Kills one of the workers of a run. @throws Error when there is none */
export function killWorker(run: ChildProcess): void {
  const [first] = workersOf(run.pid ?? 0);
  if (first === undefined) throw new Error("there is no worker to kill");
  process.kill(first, "SIGKILL");
}

/** Child processes whose program is a worker's, in every generation. */
function workersOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => {
    const isWorker = commandOf(child).includes("worker/main.js");
    return [...(isWorker ? [child] : []), ...workersOf(child)];
  });
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8")
        .split(" ")
        .filter((text) => text !== "")
        .map(Number),
    );
  } catch {
    return [];
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function signal(pid: number, name: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
