/**
 * An engine as its host sees it: a thread that takes commands and reports. The real one runs the program given by path;
 * simulations bring their own. Used by engine-host.ts.
 */
import { Worker as Thread } from "node:worker_threads";
import type { EngineCommand, EngineData, EngineReport } from "../engine/port.ts";

export interface EngineThread {
  post(command: EngineCommand): void;
  /** Ends it at once. Resolves when it is gone. */
  terminate(): Promise<unknown>;
}

export interface EngineListener {
  readonly onReport: (report: EngineReport) => void;
  /** It is gone, or of no more use. May be called more than once. */
  readonly onEnd: (problem: string) => void;
}

/** Starts engine number `index` of a worker. */
export type StartEngine = (index: number, listener: EngineListener) => EngineThread;

export interface EngineThreadOptions {
  /** MiB of its heap at most; one that needs more ends and is reported. null: as the runtime has it. */
  readonly heapMb?: number | null;
  /** Threads that are started at once, for the first run: they load their program while the worker joins. */
  readonly ahead?: number;
}

/** @param entry the engine thread's program */
export function engineThreads(
  entry: URL,
  data: EngineData,
  { heapMb = null, ahead = 0 }: EngineThreadOptions = {},
): StartEngine {
  const resourceLimits = heapMb === null ? {} : { maxOldGenerationSizeMb: heapMb };
  const start = (index: number) =>
    new Thread(entry, { name: `engine-${index}`, workerData: data, resourceLimits });
  const waiting: Thread[] = [];
  for (let index = 0; index < ahead; index++) {
    const thread = start(index);
    // One that ends before it is wanted is replaced by one that can say why.
    const drop = () => {
      if (waiting.includes(thread)) waiting.splice(waiting.indexOf(thread), 1);
    };
    thread.on("error", drop);
    thread.on("exit", drop);
    waiting.push(thread);
  }
  return (index, { onReport, onEnd }) => {
    const thread = waiting.shift() ?? start(index);
    thread.on("message", onReport);
    thread.on("error", (error) => onEnd(`died: ${error.message}`));
    thread.on("exit", (code) => onEnd(`exited with code ${code}`));
    return {
      post: (command) => thread.postMessage(command),
      terminate: () => thread.terminate(),
    };
  };
}
