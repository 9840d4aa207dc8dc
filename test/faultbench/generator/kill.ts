/** One of two workers is killed. Listed in registry.ts. */
import { z } from "zod";
import { signal } from "../../support/process-tree.ts";
import type { GeneratorFault } from "./fault.ts";
import { workersOf } from "./workers.ts";

export const kill: GeneratorFault<true> = {
  shape: z.literal(true),
  launch: () => ({ workers: 2 }),
  begin(_, { mark }) {
    const [first] = workersOf(mark);
    if (first !== undefined) signal(first, "SIGKILL");
  },
};
