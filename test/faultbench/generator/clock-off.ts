/**
 * The wall clock of one of two workers is off by so many milliseconds from the start; its monotonic clock is not. Listed in registry.ts. The
 * system has one wall clock for all processes, so the runtime of that worker is given another one.
 */
import { z } from "zod";
import type { GeneratorFault } from "./fault.ts";

const WORKER = "worker-2";

export const clockOff: GeneratorFault<number> = {
  shape: z.number(),
  launch(byMs) {
    const set = `const now=Date.now;Date.now=()=>now()+(${byMs})`;
    const code = `if(process.env.ONRUSH_WORKER_ID==="${WORKER}"){${set}}`;
    const option = `--import=data:text/javascript,${encodeURIComponent(code)}`;
    return { workers: 2, env: { NODE_OPTIONS: option } };
  },
};
