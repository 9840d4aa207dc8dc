/** Pauses that grow with what was kept, as those of a garbage collector do when memory leaks. */
import { z } from "zod";
import { ms } from "../dials.ts";
import { processBehaviour } from "./process-behaviour.ts";

const MB = 1_000_000;
/** Pauses below this are not worth one. */
const LEAST_MS = 0.1;

export const collect = processBehaviour(
  {
    name: "collect",
    shape: {
      msPerMb: z.number().positive().max(10_000),
      mostMs: ms.default(5000),
    },
    counts: ["collections", "collectionMs"],
    doc: "every `everyMs` the whole process stands still for `msPerMb` times the megabytes it keeps (`memory`), `mostMs` (5 s) at most",
    example: { everyMs: 10, msPerMb: 1 },
  },
  ({ msPerMb, mostMs }, hands) => {
    const forMs = Math.min(mostMs, (msPerMb * hands.keptBytes) / MB);
    if (forMs < LEAST_MS) return;
    hands.standStill(forMs);
    hands.count("collections");
    hands.count("collectionMs", Math.round(forMs));
  },
);
