/**
 * Faults of the generator: what keeps its worker processes from doing their work. Called by live-run.ts. Invariant: only
 * processes of this benchmark are stopped or ended, found by the mark of their run (Linux), and whoever was stopped goes on.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { tied } from "../../shared/lifeline.ts";
import { type Found, marked, signal } from "../support/process-tree.ts";
import { stopProcess } from "../support/stop-process.ts";

/** Processes that want all of the processor. @returns what ends them */
export function startBurners(count: number): () => Promise<void> {
  const loop = "for (;;);";
  const burners: ChildProcess[] = Array.from({ length: count }, () =>
    spawn(...tied(process.execPath, ["-e", loop]), { stdio: "ignore" }),
  );
  return async () => void (await Promise.all(burners.map((burner) => stopProcess(burner))));
}

/**
 * Stops the workers of a run for so long every so often, as a garbage collector or a busy host does.
 * @returns what ends it
 * @throws Error when there are none
 */
export function pauseWorkers(
  mark: string,
  { everyMs, forMs }: { readonly everyMs: number; readonly forMs: number },
): () => Promise<void> {
  if (workersOf(mark).length === 0) throw new Error("there is no worker to stop");
  let stopped: readonly Found[] = [];
  let goOn: NodeJS.Timeout | undefined;
  const resume = () => {
    for (const worker of stopped) signal(worker, "SIGCONT");
    stopped = [];
  };
  const again = setInterval(() => {
    stopped = workersOf(mark);
    for (const worker of stopped) signal(worker, "SIGSTOP");
    goOn = setTimeout(resume, forMs);
  }, everyMs);
  return async () => {
    clearInterval(again);
    clearTimeout(goOn);
    resume();
  };
}

/** Kills one of the workers of a run. @throws Error when there is none */
export function killWorker(mark: string): void {
  const [first] = workersOf(mark);
  if (first === undefined) throw new Error("there is no worker to kill");
  signal(first, "SIGKILL");
}

function workersOf(mark: string): Found[] {
  return marked(mark).filter(({ command }) => command.includes("worker/main.js"));
}
