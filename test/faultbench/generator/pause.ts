/**
 * Workers are stopped for so long every so often, as by a garbage collector or a busy host. Listed in registry.ts. Invariant: whoever was
 * stopped goes on.
 */
import { z } from "zod";
import { type Found, signal } from "../../support/process-tree.ts";
import type { GeneratorFault } from "./fault.ts";
import { workersOf } from "./workers.ts";

const shape = z.strictObject({ everyMs: z.number().positive(), forMs: z.number().positive() });

export const pause: GeneratorFault<z.output<typeof shape>> = {
  shape,
  begin({ everyMs, forMs }, { mark, ends }) {
    // They are looked for once: a look takes as long as a short pause.
    const workers = workersOf(mark);
    let stopped: readonly Found[] = [];
    let goOn: NodeJS.Timeout | undefined;
    const resume = () => {
      for (const worker of stopped) signal(worker, "SIGCONT");
      stopped = [];
    };
    const again = setInterval(() => {
      stopped = workers;
      for (const worker of stopped) signal(worker, "SIGSTOP");
      goOn = setTimeout(resume, forMs);
    }, everyMs);
    ends.push(async () => {
      clearInterval(again);
      clearTimeout(goOn);
      resume();
    });
  },
};
