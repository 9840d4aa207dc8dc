/** So many workers, where the run would take one: no fault, but what some faults of a scenario, and some of the generator, need. Listed in registry.ts. */
import { z } from "zod";
import type { GeneratorFault } from "./fault.ts";

export const manyWorkers: GeneratorFault<number> = {
  shape: z.int().positive(),
  launch: (workers) => ({ workers }),
};
