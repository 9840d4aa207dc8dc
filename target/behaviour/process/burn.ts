/** Work on the event loop that has nothing to do with messages, such as a report made every so often. */
import { z } from "zod";
import { processBehaviour } from "./process-behaviour.ts";

export const burn = processBehaviour(
  {
    name: "burn",
    shape: { forMs: z.number().min(1).max(60_000).default(100) },
    counts: ["burns"],
    doc: "every `everyMs` the process is busy with all of a processor for `forMs` (100)",
    example: { everyMs: 10, forMs: 1 },
  },
  ({ forMs }, hands) => {
    hands.burn(forMs);
    hands.count("burns");
  },
);
