/**
 * The program of a checking process. Started by check-process.ts. The work is done by a thread in it, so that this thread
 * hears when its parent has gone, and the memory of the work has a limit that leaves a message.
 * Invariant: it ends with its parent, and with the first check that takes too much memory.
 */
import { Worker as Thread } from "node:worker_threads";
import { OUT_OF_MEMORY, threadLimits } from "./process-terms.ts";

const thread = new Thread(new URL("./thread.js", import.meta.url), {
  name: "check",
  resourceLimits: threadLimits(Number(process.argv[2])),
});
thread.on("message", (said: object) => process.send?.(said));
thread.on("error", (error: Error & { readonly code?: string }) => {
  const tooMuch = error.code === "ERR_WORKER_OUT_OF_MEMORY";
  const last = tooMuch ? OUT_OF_MEMORY : { kind: "bug", stack: error.stack ?? error.message };
  process.send?.(last, () => process.exit(1));
});
process.on("message", (asked) => thread.postMessage(asked));
process.on("disconnect", () => process.exit(0));
