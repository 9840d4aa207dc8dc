/**
 * Workers may open only so many more files than they have open: a limit that is too low for the run, which shows when it is reached.
 * Listed in registry.ts. Invariant: the hard limit stays as it is.
 */
import { readdirSync } from "node:fs";
import { z } from "zod";
import type { GeneratorFault } from "./fault.ts";
import { missingProgram, runProgram, workersOf } from "./workers.ts";

export const openFiles: GeneratorFault<number> = {
  shape: z.int().nonnegative(),
  missing: () => missingProgram("prlimit", ["--nofile"]),
  begin(spare, { mark }) {
    for (const { pid } of workersOf(mark)) {
      const limit = readdirSync(`/proc/${pid}/fd`).length + spare;
      runProgram(["prlimit", "--pid", String(pid), `--nofile=${limit}:`]);
    }
  },
};
